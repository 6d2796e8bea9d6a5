package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode"

	"heapcause/analyze/query"
	"heapcause/cmd/heapcause/shell"
	"heapcause/graph"
)

// complete returns what may stand before the cursor: in a query what its language allows, else commands, flags and their values,
// classes and static fields.
func (s *session) complete(line string, pos int) (start int, words []string) {
	before := line[:pos]
	if selects.MatchString(before) {
		start = strings.LastIndexFunc(before, func(r rune) bool {
			return r != '_' && r != '$' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) + 1
		at := strings.Index(strings.ToUpper(line), "SELECT")
		return start, presentable(query.Complete(s.open.heap, line[at:], pos-at))
	}
	parts, err := shell.Split(before)
	if err != nil {
		return 0, nil
	}
	prefix, start := "", pos
	if n := len(parts); n > 0 && !strings.HasSuffix(before, " ") {
		prefix, start, parts = parts[n-1].Text, parts[n-1].Start, parts[:n-1]
	}
	if len(parts) == 0 {
		return start, beginning(s.names(), prefix)
	}
	args := make([]string, len(parts))
	for i, w := range parts {
		args[i] = w.Text
	}
	words = beginning(s.byCommand(args, prefix), prefix)
	if slices.Contains([]string{"find", "path", "refs", "retained", "show"}, args[0]) && !strings.HasPrefix(prefix, "-") {
		words = append(words, s.selectors(prefix)...)
	}
	slices.Sort(words)
	return start, presentable(slices.Compact(words))
}

// names are the commands.
func (s *session) names() []string {
	var out []string
	for _, c := range (&app{}).command().Commands() {
		if n := c.Name(); slices.Contains(dumpFirst, n) || slices.Contains(dumpLast, n) || slices.Contains(dumpless, n) {
			out = append(out, n)
		}
	}
	out = append(out, "SELECT", "report", "exit", "help", "history", "set")
	slices.Sort(out)
	return out
}

// byCommand asks a command for what may follow, as the completion of shells does.
func (s *session) byCommand(args []string, prefix string) []string {
	switch args[0] {
	case "set":
		return beginning([]string{"format", "show-values", "top"}, prefix)
	case "help":
		return beginning(s.names(), prefix)
	}
	var out bytes.Buffer
	root := (&app{stdout: &out, stderr: io.Discard}).command()
	if !slices.Contains(dumpLast, args[0]) {
		var err error
		if args, err = s.withDump(root, args); err != nil {
			return nil
		}
	}
	root.SetArgs(slices.Concat([]string{"__complete"}, args, []string{prefix}))
	if root.Execute() != nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; last == ":8" || last == ":16" { // endings of files, folders
		return nil
	}
	var words []string
	for _, l := range lines[:len(lines)-1] {
		w, _, _ := strings.Cut(l, "\t")
		if !slices.Contains(ofShell, strings.TrimLeft(strings.TrimSuffix(w, "="), "-")) {
			words = append(words, w)
		}
	}
	return words
}

// selectors are classes and static fields.
func (s *session) selectors(prefix string) []string {
	kind, rest, _ := strings.Cut(prefix, ":")
	switch {
	case kind == "@static":
		return s.statics(rest)
	case kind == "@class":
		return withPrefix("@class:", s.classes(rest))
	case strings.HasPrefix(prefix, "@"):
		return nil
	}
	return s.classes(prefix)
}

// classes are those whose name begins so, else those whose name without packages does.
func (s *session) classes(prefix string) []string {
	var whole, short []string
	for c := range graph.Class(s.open.heap.NumClasses()) {
		n := s.open.heap.Class(c).Name
		switch {
		case strings.HasPrefix(n, prefix):
			whole = append(whole, n)
		case strings.HasPrefix(strings.ToLower(n[strings.LastIndexByte(n, '.')+1:]), strings.ToLower(prefix)):
			short = append(short, n)
		}
	}
	if len(whole) == 0 {
		return short
	}
	return whole
}

// statics are the static fields of a class where its name is whole, else classes.
func (s *session) statics(prefix string) []string {
	if at := strings.LastIndexByte(prefix, '.'); at > 0 {
		var out []string
		for _, c := range s.open.heap.ClassesByName(prefix[:at]) {
			for _, f := range s.open.heap.Class(c).Statics {
				if strings.HasPrefix(f.Name, prefix[at+1:]) {
					out = append(out, "@static:"+prefix[:at+1]+f.Name)
				}
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	out := withPrefix("@static:", s.classes(prefix))
	for i := range out {
		out[i] += "."
	}
	return out
}

func withPrefix(prefix string, words []string) []string {
	for i := range words {
		words[i] = prefix + words[i]
	}
	return words
}

func beginning(words []string, prefix string) []string {
	var out []string
	for _, w := range words {
		if strings.HasPrefix(strings.ToLower(w), strings.ToLower(prefix)) {
			out = append(out, w)
		}
	}
	return out
}

// maxCompleted is the longest word that is completed.
const maxCompleted = 300

// presentable drops words that would steer the terminal, or would need quotes: a dump may hold any name.
func presentable(words []string) []string {
	return slices.DeleteFunc(words, func(w string) bool {
		return len(w) > maxCompleted || clean(w) != w || strings.ContainsAny(w, " '\"\\")
	})
}
