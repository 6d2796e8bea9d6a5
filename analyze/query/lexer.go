package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token is.
type tokenKind uint8

const (
	tokEnd     tokenKind = iota
	tokWord              // a name or keyword
	tokQuoted            // `a name with any characters`
	tokString            // "…"
	tokChar              // 'c', or '…'
	tokInt               // 12, 12L
	tokHex               // 0x1f
	tokFloat             // 1.5, 2e3, 1f
	tokSymbol            // an operator or bracket
	tokUnknown           // what belongs in no query
)

// token is a piece of the query's text.
type token struct {
	kind tokenKind
	text string // without quotes
	pos  int
	end  int
}

// symbols of more than one character; the longest first.
var symbols = []string{"[]", "::", "<=", ">=", "!=", "<>", "||"}

// lex cuts a query into tokens; the last is tokEnd.
func lex(src string) ([]token, *Error) {
	var out []token
	for at := 0; ; {
		next, err := skipBlank(src, at)
		if err != nil {
			return nil, err
		}
		if at = next; at >= len(src) {
			return append(out, token{kind: tokEnd, pos: len(src), end: len(src)}), nil
		}
		t, err := lexOne(src, at)
		if err != nil {
			return nil, err
		}
		if len(out) >= maxTokens {
			return nil, errorAt(at, "the query is too long: more than %d words", maxTokens)
		}
		out = append(out, t)
		at = t.end
	}
}

// skipBlank skips white space and comments.
func skipBlank(src string, at int) (int, *Error) {
	for at < len(src) {
		rest := src[at:]
		switch {
		case strings.HasPrefix(rest, "//"):
			line := strings.IndexAny(rest, "\n\r")
			if line < 0 {
				return len(src), nil
			}
			at += line
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return at, errorAt(at, "the comment does not end").hinted("add */")
			}
			at += 2 + end + 2
		default:
			r, n := utf8.DecodeRuneInString(rest)
			if !unicode.IsSpace(r) {
				return at, nil
			}
			at += n
		}
	}
	return at, nil
}

func lexOne(src string, at int) (token, *Error) {
	rest := src[at:]
	c := rest[0]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case c == '"' || c == '\'' || c == '`':
		return lexQuoted(src, at, c)
	case c >= '0' && c <= '9', c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		return lexNumber(src, at), nil
	case wordStart(r) && !strings.HasPrefix(rest, "${"):
		end := strings.IndexFunc(rest, func(r rune) bool { return !wordPart(r) })
		if end < 0 {
			end = len(rest)
		}
		return token{tokWord, rest[:end], at, at + end}, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			return token{tokSymbol, s, at, at + len(s)}, nil
		}
	}
	if strings.IndexByte("*,.${}@()[]+-/:<>=;%", c) >= 0 {
		return token{tokSymbol, rest[:1], at, at + 1}, nil
	}
	return token{}, errorAt(at, "%q belongs in no query", r)
}

func wordStart(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) }
func wordPart(r rune) bool  { return wordStart(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) }

// lexQuoted reads a string to its closing quote; a doubled quote stands for one. Backslashes are left to regular expressions.
func lexQuoted(src string, at int, quote byte) (token, *Error) {
	var b strings.Builder
	for i := at + 1; i < len(src); i++ {
		switch c := src[i]; {
		case c != quote:
			b.WriteByte(c)
		case i+1 < len(src) && src[i+1] == quote:
			b.WriteByte(c)
			i++
		default:
			kind := map[byte]tokenKind{'"': tokString, '\'': tokChar, '`': tokQuoted}[quote]
			return token{kind, b.String(), at, i + 1}, nil
		}
	}
	return token{}, errorAt(at, "the text does not end").hinted("add a closing %c", quote)
}

// lexNumber reads 12, 12L, 0x1f, 1.5, .5, 1e3, 1.5f, 2D.
func lexNumber(src string, at int) token {
	i := at
	digits := func(ok func(c byte) bool) {
		for i < len(src) && ok(src[i]) {
			i++
		}
	}
	decimal := func(c byte) bool { return c >= '0' && c <= '9' }
	if strings.HasPrefix(src[at:], "0x") || strings.HasPrefix(src[at:], "0X") {
		i += 2
		digits(func(c byte) bool { return decimal(c) || c|0x20 >= 'a' && c|0x20 <= 'f' })
		return token{tokHex, src[at+2 : i], at, i}
	}
	kind := tokInt
	digits(decimal)
	if i < len(src) && src[i] == '.' && (i+1 >= len(src) || !wordStart(rune(src[i+1]))) {
		kind = tokFloat
		i++
		digits(decimal)
	}
	if j := i; j < len(src) && src[j]|0x20 == 'e' {
		j++
		if j < len(src) && (src[j] == '+' || src[j] == '-') {
			j++
		}
		if j < len(src) && decimal(src[j]) {
			kind, i = tokFloat, j
			digits(decimal)
		}
	}
	text := src[at:i]
	if i < len(src) {
		switch c := src[i] | 0x20; {
		case c == 'l' && kind == tokInt:
			i++
		case c == 'f' || c == 'd':
			kind = tokFloat
			i++
		}
	}
	return token{kind, text, at, i}
}
