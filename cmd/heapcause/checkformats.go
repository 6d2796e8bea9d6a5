package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"heapcause/report/gate"
	"heapcause/report/github"
	"heapcause/report/junit"
	"heapcause/report/markdown"
	"heapcause/report/sarif"
	"heapcause/report/text"
)

// gateFormats are the ways to write what check found.
var gateFormats = []struct {
	name  string
	write func(a *app, w io.Writer, r *gate.Result) error
}{
	{"text", func(a *app, w io.Writer, r *gate.Result) error {
		width, _ := terminal(a.stdout)
		return text.WriteSection(w, r.Section(), text.Options{Color: a.color(), Width: width})
	}},
	{"json", func(_ *app, w io.Writer, r *gate.Result) error { return gate.WriteJSON(w, r) }},
	{"md", func(_ *app, w io.Writer, r *gate.Result) error {
		return markdown.WriteSection(w, r.Section(), markdown.Options{Full: true})
	}},
	{"jira", func(_ *app, w io.Writer, r *gate.Result) error {
		return markdown.WriteSection(w, r.Section(), markdown.Options{Full: true, Jira: true})
	}},
	{"sarif", func(_ *app, w io.Writer, r *gate.Result) error { return sarif.Write(w, r.Report()) }},
	{"junit", func(_ *app, w io.Writer, r *gate.Result) error { return junit.Write(w, r.Report()) }},
	{"github", func(_ *app, w io.Writer, r *gate.Result) error { return github.Write(w, r.Report()) }},
}

func gateFormatNames() (names []string) {
	for _, f := range gateFormats {
		names = append(names, f.name)
	}
	return names
}

// writeGate writes what check found to all outputs.
func (a *app) writeGate(res *gate.Result) error {
	for _, o := range a.outputs() {
		if a.f.format == "" {
			o.format = formatOf(o.path, gateFormatNames())
		}
		i := slices.Index(gateFormatNames(), o.format)
		if i < 0 {
			return errors.New("internal: unknown format " + o.format)
		}
		if err := a.writeTo(o.path, func(w io.Writer) error { return gateFormats[i].write(a, w, res) }); err != nil {
			return err
		}
	}
	return nil
}

// isSavedReport tells a saved report from a dump by how it begins; of standard input nothing is lost.
func (a *app) isSavedReport(path string) bool {
	var head []byte
	switch f, ok := a.stdin.(*os.File); {
	case path != "-":
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() { // a pipe is read but once
			head = headOf(path)
		}
	case ok && term.IsTerminal(int(f.Fd())):
	case ok && fromStart(f):
		head = readHead(f)
	case a.stdin != nil:
		r := bufio.NewReader(a.stdin)
		head, _ = r.Peek(16)
		a.stdin = r
	}
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("{"))
}
