package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token of a statement is.
type tokenKind int

const (
	operator tokenKind = iota
	word               // a keyword or a bare identifier
	quoted             // an identifier in quotes
	literal            // masked already
	param              // ?, $1, :name, @name
	gone               // removed by a later step
)

type token struct {
	kind  tokenKind
	text  string
	space bool // white space or a comment stands before it
}

func (t token) upper() string { return strings.ToUpper(t.text) }

func (t token) is(keyword string) bool {
	return t.kind == word && strings.EqualFold(t.text, keyword)
}

// sqlScanner cuts a statement into tokens. pos only ever grows.
type sqlScanner struct {
	src    string
	pos    int
	space  bool
	tokens []token
	// lists says for each open bracket whether it holds values, where "a" is
	// a string of MySQL rather than an identifier.
	lists []bool
	// values says that VALUES was read and no other word since.
	values bool
}

func scanSQL(src string) []token {
	s := &sqlScanner{src: src}
	for s.pos < len(s.src) {
		s.next()
	}
	return s.tokens
}

func (s *sqlScanner) emit(kind tokenKind, text string) {
	s.tokens = append(s.tokens, token{kind: kind, text: text, space: s.space})
	s.space = false
}

// rest gives up: what follows cannot be told from the inside of a literal.
func (s *sqlScanner) rest() {
	s.emit(literal, "?")
	s.space = true
	s.emit(literal, "…")
	s.pos = len(s.src)
}

func (s *sqlScanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

func (s *sqlScanner) next() {
	r, size := utf8.DecodeRuneInString(s.src[s.pos:])
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r):
		s.pos += size
		s.space = true
	case r == '-' && s.peek(1) == '-':
		s.lineComment()
	case r == '/' && s.peek(1) == '*':
		s.blockComment()
	case r == '#' && s.hashComments():
		s.lineComment()
	case r == '\'':
		s.str(false)
	case r == '"':
		s.doubleQuoted()
	case r == '`':
		s.quotedName('`')
	case r == '[' && !s.after("ARRAY"):
		s.bracketed()
	case r == '$':
		s.dollar()
	case unicode.IsDigit(r) || r == '.' && isDigit(rune(s.peek(1))) && !s.afterName():
		s.number()
	case r == '#' || isWordStart(r):
		s.word()
	case r == '?':
		s.pos++
		s.emit(param, "?")
	case r == '…':
		s.pos += size
		s.emit(literal, "…")
	case (r == ':' || r == '@') && isWordStart(s.runeAt(s.pos+1)) && s.src[max(s.pos-1, 0)] != ':':
		s.pos++
		s.emit(param, string(r)+s.takeWord())
	default:
		s.operator(r, size)
	}
}

func (s *sqlScanner) runeAt(i int) rune {
	if i >= len(s.src) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s.src[i:])
	return r
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isWordStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isWordPart(r rune) bool {
	return isWordStart(r) || r == '$' || r == '#' || unicode.IsDigit(r) || unicode.IsMark(r)
}

func (s *sqlScanner) lineComment() {
	s.space = true
	if i := strings.IndexAny(s.src[s.pos:], "\r\n"); i >= 0 {
		s.pos += i
		return
	}
	s.pos = len(s.src)
}

// hashComments reports whether # begins a comment of MySQL, rather than an
// operator of PostgreSQL or the name of a temporary table of SQL Server.
func (s *sqlScanner) hashComments() bool {
	switch s.peek(1) {
	case '>', '-', '=', '#':
		return false
	}
	if s.after("FROM") || s.after("JOIN") || s.after("INTO") || s.after("TABLE") || s.after("UPDATE") {
		return !isWordStart(s.runeAt(s.pos + 1))
	}
	return true
}

// blockComment skips a comment; they nest in PostgreSQL.
func (s *sqlScanner) blockComment() {
	s.space = true
	for depth := 0; s.pos < len(s.src); {
		switch {
		case s.peek(0) == '/' && s.peek(1) == '*':
			depth++
			s.pos += 2
		case s.peek(0) == '*' && s.peek(1) == '/':
			depth--
			s.pos += 2
			if depth == 0 {
				return
			}
		default:
			s.pos++
		}
	}
}

// str reads a string in single quotes, with ” as its escape. Where escapes is
// set, \' is another; where it is not, \' means one thing in standard SQL and
// another in MySQL, so nothing behind it can be trusted.
func (s *sqlScanner) str(escapes bool) {
	slashes := 0
	for i := s.pos + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '\\':
			slashes++
			continue
		case c == '\'' && slashes%2 == 1 && !escapes:
			s.rest()
			return
		case c == '\'' && slashes%2 == 0:
			if i+1 < len(s.src) && s.src[i+1] == '\'' {
				i++
				break
			}
			s.pos = i + 1
			s.emit(literal, "?")
			return
		}
		slashes = 0
	}
	s.rest()
}

// alternative reads Oracle's q'[…]' from its quote on.
func (s *sqlScanner) alternative() {
	open, size := utf8.DecodeRuneInString(s.src[s.pos+1:])
	end := string(open) + "'"
	if i := strings.IndexRune("[{(<", open); i >= 0 {
		end = "]})>"[i:i+1] + "'"
	}
	from := s.pos + 1 + size
	i := -1
	if from < len(s.src) {
		i = strings.Index(s.src[from:], end)
	}
	if i < 0 {
		s.rest()
		return
	}
	s.pos = from + i + len(end)
	s.emit(literal, "?")
}

// doubleQuoted keeps "a" as an identifier where it can only be one, or where
// it reads and stands like one; elsewhere it may be a string of MySQL.
func (s *sqlScanner) doubleQuoted() {
	end := closing(s.src, s.pos+1, '"')
	if end < 0 {
		s.rest()
		return
	}
	body := s.src[s.pos+1 : end]
	if strings.Contains(body, `\`) {
		s.rest()
		return
	}
	qualified := s.peekAt(end+1) == '.' || len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].text == "."
	if !looksLikeName(body) || !qualified && s.valueExpected() {
		s.emit(literal, "?")
	} else {
		s.emit(quoted, s.src[s.pos:end+1])
	}
	s.pos = end + 1
}

func (s *sqlScanner) peekAt(i int) byte {
	if i < len(s.src) {
		return s.src[i]
	}
	return 0
}

// closing finds the quote that ends what begins at from, doubled ones aside.
func closing(src string, from int, quote byte) int {
	for i := from; i < len(src); i++ {
		if src[i] != quote {
			continue
		}
		if i+1 < len(src) && src[i+1] == quote {
			i++
			continue
		}
		return i
	}
	return -1
}

// maxName is the length in bytes up to which a quoted text can be a name.
const maxName = 64

// looksLikeName reports whether a quoted text could be an ordinary identifier.
func looksLikeName(s string) bool {
	if s == "" || len(s) > maxName || isDigit(rune(s[0])) {
		return false
	}
	for _, r := range s {
		if !isWordPart(r) {
			return false
		}
	}
	return true
}

// valueExpected reports whether a value rather than a name stands here.
func (s *sqlScanner) valueExpected() bool {
	if n := len(s.lists); n > 0 && s.lists[n-1] {
		return true
	}
	if len(s.tokens) == 0 {
		return true
	}
	last := s.tokens[len(s.tokens)-1]
	switch last.kind {
	case operator:
		return !strings.Contains("(,.*", last.text)
	case word:
		return stringWords[last.upper()]
	}
	return false
}

var stringWords = wordSet(`LIKE ILIKE RLIKE REGEXP SIMILAR BETWEEN AND OR ESCAPE PASSWORD THEN ELSE WHEN RETURN LIMIT OFFSET AGAINST SEPARATOR`)

// quotedName reads an identifier that quote ends.
func (s *sqlScanner) quotedName(quote byte) {
	end := closing(s.src, s.pos+1, quote)
	if end < 0 {
		s.rest()
		return
	}
	s.emitName(end)
}

// emitName emits the quoted name that ends at end, masked if it reads like none.
func (s *sqlScanner) emitName(end int) {
	if looksLikeName(s.src[s.pos+1 : end]) {
		s.emit(quoted, s.src[s.pos:end+1])
	} else {
		s.emit(literal, "?")
	}
	s.pos = end + 1
}

// bracketed reads [name] of SQL Server; other brackets are operators.
func (s *sqlScanner) bracketed() {
	near := s.src[:min(len(s.src), s.pos+maxName+2)]
	end := closing(near, s.pos+1, ']')
	if end > 0 && looksLikeName(s.src[s.pos+1:end]) {
		s.emitName(end)
		return
	}
	s.operator('[', 1)
}
