package main

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/term"

	"heapcause/report"
	"heapcause/report/delimited"
	"heapcause/report/text"
)

// checkOutput refuses an output file that could not be written, before the work begins.
func checkOutput(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	path, direct := target(path)
	dir := filepath.Dir(path)
	switch st, err := os.Stat(dir); {
	case err != nil:
		return &hintError{fmt.Errorf("-o %s: the folder %s does not exist", path, dir), "create it first"}
	case !st.IsDir():
		return &hintError{fmt.Errorf("-o %s: %s is no folder", path, dir), "name a file in a folder"}
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return &hintError{fmt.Errorf("-o %s: is a folder", path), "name a file in it"}
	}
	if direct {
		return nil
	}
	tmp, err := besides(path)
	if err != nil {
		return &hintError{fmt.Errorf("-o %s: %w", path, err), "the file is written beside its place and renamed: the folder must allow that"}
	}
	_ = tmp.Close()
	_ = os.Remove(tmp.Name())
	return nil
}

// target follows links, so that what a link names is replaced and not the link. direct says that it is a device or a pipe: that
// is written to and not replaced.
func target(path string) (file string, direct bool) {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		path = p
	}
	st, err := os.Stat(path)
	return path, err == nil && !st.Mode().IsRegular() && !st.IsDir()
}

// besides makes a temporary file where path is; only its owner may read it.
func besides(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
}

// writableFolder makes the folder that a flag names, and refuses one that cannot be written to.
func writableFolder(flag, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &hintError{fmt.Errorf("--%s %s: %w", flag, dir, err), "name another folder"}
	}
	tmp, err := besides(filepath.Join(dir, flag))
	if err != nil {
		return &hintError{fmt.Errorf("--%s %s: %w", flag, dir, err), "name a folder that this user may write to"}
	}
	_ = tmp.Close()
	_ = os.Remove(tmp.Name())
	return nil
}

// writeDelimited writes a table as csv or tsv.
func writeDelimited(w io.Writer, t *report.Table, format string) error {
	if format == "csv" {
		return delimited.CSV(w, t)
	}
	return delimited.TSV(w, t)
}

// write hands a writer to fn: standard output, or a file that appears under its name only when fn has succeeded. Such files
// are readable by their owner alone, as the JVM's dumps are.
func (a *app) write(fn func(w io.Writer) error) error { return a.writeTo(a.f.output, fn) }

// writeTo is write for one of several outputs.
func (a *app) writeTo(path string, fn func(w io.Writer) error) error {
	var err error
	name := "standard output"
	if path == "" || path == "-" {
		err = fn(a.stdout)
	} else {
		name = "-o " + path
		err = writeFile(path, fn)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return &hintError{fmt.Errorf("%s: %w", name, err), "free some space there, or name a file elsewhere with -o"}
	}
	return fmt.Errorf("%s: %w", name, err)
}

func writeFile(path string, fn func(w io.Writer) error) (err error) {
	path, direct := target(path)
	if direct {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(fn(f), f.Close())
	}
	tmp, err := besides(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if err := fn(tmp); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// screen is a writer that ends at a terminal.
type screen interface{ Size() (width int, ok bool) }

// terminal returns the width of the terminal that w is, and whether it is one.
func terminal(w io.Writer) (width int, ok bool) {
	if s, is := w.(screen); is {
		return s.Size()
	}
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil
}

// color reports whether the report may be coloured.
func (a *app) color() bool {
	_, tty := terminal(a.stdout)
	return tty && (a.f.output == "" || a.f.output == "-") && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// clean replaces control characters: a name from a dump must not steer a terminal or break a table.
func clean(s string) string {
	b := []rune(s)
	for i, r := range b {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			b[i] = '?'
		}
	}
	return string(b)
}

// textWidth is the width of text where there is no terminal.
const textWidth = 100

// fit makes the last column of a text line fit: used are the columns before it.
func (a *app) fit(name string, used int) string {
	width, ok := terminal(a.stdout)
	if !ok || a.f.output != "" && a.f.output != "-" {
		width = textWidth
	}
	return text.Middle(clean(name), max(width-used, 30))
}

// writeJSON writes the output of a command that is no report.
func writeJSON(w io.Writer, v any) error {
	e := stdjson.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
