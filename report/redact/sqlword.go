package redact

import "strings"

// dollar reads $1, or $tag$…$tag$ of PostgreSQL.
func (s *sqlScanner) dollar() {
	i := s.pos + 1
	if isDigit(rune(s.peekAt(i))) {
		for isDigit(rune(s.peekAt(i))) {
			i++
		}
		s.emit(param, s.src[s.pos:i])
		s.pos = i
		return
	}
	for i < len(s.src) && s.src[i] != '$' {
		r := s.runeAt(i)
		if !isWordPart(r) {
			s.operator('$', 1)
			return
		}
		i += len(string(r))
	}
	if i >= len(s.src) {
		s.rest()
		return
	}
	tag := s.src[s.pos : i+1]
	end := strings.Index(s.src[i+1:], tag)
	if end < 0 {
		s.rest()
		return
	}
	s.pos = i + 1 + end + len(tag)
	s.emit(literal, "?")
}

// number reads digits with whatever letters, points and exponents follow:
// 1, 1.5, 1e-3, 0xff, 1_000, and 12abc, which is none but might be contents.
func (s *sqlScanner) number() {
	i := s.pos
	for i < len(s.src) {
		r := s.runeAt(i)
		exponent := (r == '+' || r == '-') && i > s.pos && (s.src[i-1]|0x20) == 'e' && isDigit(rune(s.peekAt(i+1)))
		if r != '.' && !isWordPart(r) && !exponent {
			break
		}
		i += len(string(r))
	}
	s.pos = i
	s.emit(literal, "?")
}

// takeWord moves behind a word and returns it.
func (s *sqlScanner) takeWord() string {
	i := s.pos
	for i < len(s.src) && isWordPart(s.runeAt(i)) {
		i += len(string(s.runeAt(i)))
	}
	w := s.src[s.pos:i]
	s.pos = i
	return w
}

// word reads a keyword, an identifier, or the prefix of a literal.
func (s *sqlScanner) word() {
	w := s.takeWord()
	switch strings.ToUpper(w) {
	case "E":
		if s.peek(0) == '\'' {
			s.str(true)
			return
		}
	case "N", "B", "X", "_UTF8", "_UTF8MB4", "_LATIN1", "_BINARY":
		if s.peek(0) == '\'' {
			s.str(false)
			return
		}
	case "U":
		if s.peek(0) == '&' && s.peek(1) == '\'' {
			s.pos++
			s.str(false)
			return
		}
	case "Q", "NQ":
		if s.peek(0) == '\'' {
			s.alternative()
			return
		}
	case "VALUES":
		s.values = true
		s.emit(word, w)
		return
	}
	if len(s.lists) == 0 {
		s.values = false
	}
	s.emit(word, w)
}

// after reports whether the last token is the keyword.
func (s *sqlScanner) after(keyword string) bool {
	return len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].is(keyword)
}

// afterName reports whether a point here qualifies a name.
func (s *sqlScanner) afterName() bool {
	if s.space || len(s.tokens) == 0 {
		return false
	}
	k := s.tokens[len(s.tokens)-1].kind
	return k == word || k == quoted
}

// operator emits anything else and keeps track of brackets.
func (s *sqlScanner) operator(r rune, size int) {
	text := s.src[s.pos : s.pos+size]
	switch r {
	case '(':
		s.lists = append(s.lists, s.opensValues())
	case ')':
		if len(s.lists) > 0 {
			s.lists = s.lists[:len(s.lists)-1]
		}
	case ':':
		if s.peek(1) == ':' {
			text = "::"
		}
	}
	s.pos += len(text)
	s.emit(operator, text)
}

// opensValues reports whether the bracket here opens a list of values: after
// VALUES, IN or the name of a function, or within such a list.
func (s *sqlScanner) opensValues() bool {
	n := len(s.tokens)
	if s.values || s.after("IN") {
		return true
	}
	if n == 0 || s.tokens[n-1].kind != word || clauseWords[s.tokens[n-1].upper()] {
		return len(s.lists) > 0 && s.lists[len(s.lists)-1] && !(n > 0 && s.tokens[n-1].kind == word)
	}
	// A word before a bracket is a function, or a table with its columns.
	for i := n - 2; i >= max(n-10, 0); i-- {
		t := s.tokens[i]
		if t.text == "." || i > 0 && s.tokens[i-1].text == "." {
			continue
		}
		return !(t.kind == word && tableWords[t.upper()])
	}
	return true
}

var (
	clauseWords = wordSet(`ALL AND ANY AS BY CASE CHECK CONSTRAINT ELSE EXCEPT EXISTS FROM GROUP HAVING INDEX INTERSECT JOIN KEY LATERAL NOT ON OR OVER PRIMARY SELECT SET SOME THEN UNION UNIQUE USING WHEN WHERE`)
	tableWords  = wordSet(`AS COPY EXISTS FROM INDEX INTO JOIN ON RECURSIVE REFERENCES TABLE UPDATE VIEW WITH`)
)
