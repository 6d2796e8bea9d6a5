package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Completer returns what may stand in the place of the text from byte start to the cursor at byte pos of a line.
type Completer func(line string, pos int) (start int, words []string)

// Editor reads lines at a terminal. The terminal is raw while a line is edited alone: a command that runs can be interrupted, and
// what it starts, such as a pager, has the keys.
type Editor struct {
	in, out *os.File
	t       *term.Terminal
}

// NewEditor edits lines at a terminal. Words may be completed with the tab key.
func NewEditor(in, out *os.File, prompt string, history *History, complete Completer) *Editor {
	e := &Editor{in: in, out: out}
	e.t = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keys{r: in}, out}, prompt)
	e.t.History = history
	e.t.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		start, words := complete(line, pos)
		return e.completed(line, start, pos, words)
	}
	return e
}

// ReadLine returns the next line; io.EOF when there is none.
func (e *Editor) ReadLine() (string, error) {
	if w, h, err := term.GetSize(int(e.out.Fd())); err == nil && w > 0 && h > 0 {
		_ = e.t.SetSize(w, h)
	}
	state, err := term.MakeRaw(int(e.in.Fd()))
	if err != nil {
		return "", err
	}
	line, err := e.t.ReadLine()
	if errors.Is(err, io.EOF) {
		_, _ = io.WriteString(e.out, "\r\n")
	}
	return line, errors.Join(err, term.Restore(int(e.in.Fd()), state))
}

// completed inserts what all words have in common, or lists them.
func (e *Editor) completed(line string, start, pos int, words []string) (string, int, bool) {
	if len(words) == 0 || start < 0 || start > pos {
		return line, pos, true
	}
	insert := commonPrefix(words)
	if len(words) == 1 && !strings.HasSuffix(insert, ":") && !strings.HasSuffix(insert, ".") && !strings.HasSuffix(insert, "=") {
		insert += " "
	}
	if len(insert) > pos-start {
		return line[:start] + insert + line[pos:], start + len(insert), true
	}
	e.list(words)
	return line, pos, true
}

// maxListed completions are shown.
const maxListed = 40

func (e *Editor) list(words []string) {
	width, _, err := term.GetSize(int(e.out.Fd()))
	if err != nil || width < 20 {
		width = 80
	}
	shown := words[:min(len(words), maxListed)]
	column := 0
	for _, w := range shown {
		column = max(column, len([]rune(w))+2)
	}
	per := max(1, width/column)
	var b strings.Builder
	for i, w := range shown {
		if (i+1)%per == 0 || i == len(shown)-1 {
			b.WriteString(w + "\n")
		} else {
			fmt.Fprintf(&b, "%-*s", column, w)
		}
	}
	if n := len(words) - len(shown); n > 0 {
		fmt.Fprintf(&b, "and %d more\n", n)
	}
	_, _ = io.WriteString(e.t, b.String())
}

// commonPrefix is how all words begin, whatever their case; the letters are those of the first.
func commonPrefix(words []string) string {
	p := []rune(words[0])
	for _, w := range words[1:] {
		q := []rune(w)
		n := 0
		for n < len(p) && n < len(q) && strings.EqualFold(string(p[n]), string(q[n])) {
			n++
		}
		p = p[:n]
	}
	return string(p)
}

// keys turns Ctrl-C, which would end the session, into the keys that clear a line.
type keys struct {
	r       io.Reader
	pending []byte
}

const ctrlC = 3

// cleared are the keys: to the end of the line, delete all before, enter.
const cleared = "\x05\x15\r"

func (k *keys) Read(b []byte) (int, error) {
	if len(k.pending) == 0 {
		var buf [64]byte
		n, err := k.r.Read(buf[:])
		for _, c := range buf[:n] {
			if c == ctrlC {
				k.pending = append(k.pending, cleared...)
			} else {
				k.pending = append(k.pending, c)
			}
		}
		if n == 0 {
			return 0, err
		}
	}
	n := copy(b, k.pending)
	k.pending = k.pending[n:]
	return n, nil
}
