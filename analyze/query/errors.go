package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a query and where.
type Error struct {
	Query string
	Pos   int // byte in Query
	Msg   string
	Hint  string // what to do, "" when nothing comes to mind
}

// Error is the message, the line of the query, and a caret under the place.
func (e *Error) Error() string {
	pos := min(e.Pos, len(e.Query))
	from := strings.LastIndexByte(e.Query[:pos], '\n') + 1
	line, _, _ := strings.Cut(e.Query[from:], "\n")
	before := utf8.RuneCountInString(e.Query[from:pos])
	line, caret := window(line, before)
	at := fmt.Sprintf("column %d", before+1)
	if n := strings.Count(e.Query[:from], "\n"); n > 0 {
		at = fmt.Sprintf("line %d, %s", n+1, at)
	}
	return fmt.Sprintf("query: %s: %s\n  %s\n  %s^", at, e.Msg, line, strings.Repeat(" ", caret))
}

// maxLine is how much of a long line an error shows.
const maxLine = 96

// window cuts a long line around a place and removes what would steer a terminal.
func window(line string, at int) (string, int) {
	rs := []rune(line)
	for i, r := range rs {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			rs[i] = ' '
		}
	}
	if len(rs) > maxLine {
		lo := max(0, min(at-maxLine/2, len(rs)-maxLine))
		rs, at = rs[lo:min(len(rs), lo+maxLine)], at-lo
	}
	return string(rs), at
}

func errorAt(pos int, format string, args ...any) *Error {
	return &Error{Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// hinted adds what to do.
func (e *Error) hinted(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}
