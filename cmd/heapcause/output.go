package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"
)

// formatOf infers the format from the ending of the output file; text is the default.
func formatOf(output string, formats []string) string {
	ext := strings.TrimPrefix(filepath.Ext(output), ".")
	if ext != "txt" && slices.Contains(formats, ext) {
		return ext
	}
	return "text"
}

// checkOutput refuses an output file that could not be written, before the work begins.
func checkOutput(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	st, err := os.Stat(filepath.Dir(path))
	if err != nil || !st.IsDir() {
		return &hintError{fmt.Errorf("-o %s: the folder %s does not exist", path, filepath.Dir(path)), "create it first"}
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return &hintError{fmt.Errorf("-o %s: is a folder", path), "name a file in it"}
	}
	return nil
}

// write hands a writer to fn: standard output, or a file that appears under its name only when fn has succeeded. Such files
// are readable by their owner alone, as the JVM's dumps are.
func (a *app) write(fn func(w io.Writer) error) (err error) {
	if a.f.output == "" || a.f.output == "-" {
		return fn(a.stdout)
	}
	tmp, err := os.CreateTemp(filepath.Dir(a.f.output), "."+filepath.Base(a.f.output)+".*")
	if err != nil {
		return fmt.Errorf("-o %s: %w", a.f.output, err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if err = fn(tmp); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return fmt.Errorf("-o %s: %w", a.f.output, err)
	}
	if err = os.Rename(tmp.Name(), a.f.output); err != nil {
		return fmt.Errorf("-o %s: %w", a.f.output, err)
	}
	return nil
}

// terminal returns the width of the terminal that w is, and whether it is one.
func terminal(w io.Writer) (width int, ok bool) {
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
	return tty && a.f.output == "" && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
