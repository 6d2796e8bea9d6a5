package shell

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"
)

// Pager writes to a terminal, and stops where the screen is full: what is longer goes through the program that PAGER names, else
// less where it is there, else it waits for a key. Close it when all is written.
type Pager struct {
	in, out *os.File
	program string // "" waits for a key
	height  int
	width   int
	held    bytes.Buffer // until it is longer than the screen
	lines   int
	full    bool // the screen has been
	quit    bool
	cmd     *exec.Cmd
	pipe    io.WriteCloser
}

// NewPager pages output for the terminal out, whose keys are in. on is false where nothing is to be held back.
func NewPager(in, out *os.File, on bool) *Pager {
	p := &Pager{in: in, out: out, program: pagerProgram()}
	if w, h, err := term.GetSize(int(out.Fd())); err == nil && on && h > 2 && p.program != "cat" {
		p.width, p.height = w, h
	}
	return p
}

func pagerProgram() string {
	if p, set := os.LookupEnv("PAGER"); set {
		if p == "" {
			return "cat"
		}
		return p
	}
	if _, err := exec.LookPath("less"); err == nil {
		return "less"
	}
	return ""
}

// Size is the width of the terminal.
func (p *Pager) Size() (width int, ok bool) {
	w, _, err := term.GetSize(int(p.out.Fd()))
	return w, err == nil
}

// Write holds output until there is more than fits the screen. It fails with EPIPE when the reader has seen enough.
func (p *Pager) Write(b []byte) (int, error) {
	switch {
	case p.quit:
		return 0, syscall.EPIPE
	case p.height == 0:
		return p.out.Write(b)
	case p.pipe != nil:
		return p.pipe.Write(b)
	case p.full || p.program == "":
		return p.byScreens(b)
	}
	p.held.Write(b)
	p.lines += bytes.Count(b, []byte("\n"))
	if p.lines < p.height {
		return len(b), nil
	}
	return len(b), p.start()
}

// start hands what was held to the program, and all that follows.
func (p *Pager) start() error {
	c := exec.Command("sh", "-c", p.program)
	c.Stdout, c.Stderr = p.out, os.Stderr
	c.Env = os.Environ()
	if _, set := os.LookupEnv("LESS"); !set {
		c.Env = append(c.Env, "LESS=FRX")
	}
	pipe, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	held := p.held.Bytes()
	if err != nil { // no such program: keys will do
		p.full, p.lines = true, 0
		_, err = p.byScreens(held)
		return err
	}
	p.cmd, p.pipe = c, pipe
	_, err = pipe.Write(held)
	return err
}

const more = "-- more: space for the next screen, q to stop --"

// byScreens writes line by line and waits for a key when the screen is full.
func (p *Pager) byScreens(b []byte) (int, error) {
	if !p.full {
		p.full, p.lines = true, 0
	}
	written := 0
	for line := range bytes.Lines(b) {
		if p.lines >= p.height-1 {
			if !p.goOn() {
				p.quit = true
				return written, syscall.EPIPE
			}
			p.lines = 0
		}
		n, err := p.out.Write(line)
		written += n
		if err != nil {
			return written, err
		}
		if bytes.HasSuffix(line, []byte("\n")) {
			p.lines++
		}
	}
	return written, nil
}

func (p *Pager) goOn() bool {
	state, err := term.MakeRaw(int(p.in.Fd()))
	if err != nil {
		return true
	}
	_, _ = io.WriteString(p.out, more)
	var key [1]byte
	n, err := p.in.Read(key[:])
	_, _ = io.WriteString(p.out, "\r\x1b[K")
	_ = term.Restore(int(p.in.Fd()), state)
	return n == 1 && err == nil && key[0] != 'q' && key[0] != 'Q' && key[0] != ctrlC
}

// Close writes what is still held, and waits until the program ends.
func (p *Pager) Close() error {
	if p.pipe != nil {
		_ = p.pipe.Close()
		return p.cmd.Wait()
	}
	if p.program != "" && !p.full {
		_, err := p.out.Write(p.held.Bytes())
		return err
	}
	return nil
}
