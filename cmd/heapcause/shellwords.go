package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/cmd/heapcause/shell"
)

// ownCommand returns a command of the shell alone, nil for others.
func (s *session) ownCommand(name string) func(args []string, out io.Writer) error {
	switch name {
	case "exit", "quit":
		return s.exit
	case "help", "?":
		return s.help
	case "history":
		return s.listHistory
	case "set":
		return s.set
	}
	return nil
}

// shellAliases are other names of commands.
var shellAliases = map[string]string{"report": "analyze", "findings": "analyze"}

// Where a command of heapcause wants the dump.
var (
	dumpFirst = append([]string{"analyze", "dominators", "find", "histogram", "path", "query", "refs", "retained", "show"}, shortInspections...)
	dumpLast  = []string{"inspect"}
	dumpless  = []string{"rules", "version"}
)

// withDump puts the dump among the arguments of a command.
func (s *session) withDump(root *cobra.Command, args []string) ([]string, error) {
	name := args[0]
	if long, ok := shellAliases[name]; ok {
		name = long
	}
	known := isCommand(root, name)
	switch {
	case known && slices.Contains(dumpFirst, name):
		return append([]string{name, s.open.path}, args[1:]...), nil
	case known && slices.Contains(dumpLast, name):
		return append(append([]string{name}, args[1:]...), s.open.path), nil
	case known && slices.Contains(dumpless, name):
		return append([]string{name}, args[1:]...), nil
	case known:
		return nil, &hintError{fmt.Errorf("%s is no command of the shell", name), "help lists those that are"}
	}
	hint := "help lists the commands; queries begin with SELECT"
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
	}
	return nil, &hintError{fmt.Errorf("unknown command %q", clean(name)), hint}
}

// selects finds a query: all of a line, or what follows the command and its flags.
var selects = regexp.MustCompile(`^(?i:(query\s(?:.*\s)?)?(\(*\s*SELECT\s.*))$`)

// arguments are the words of a line. A query need not stand in quotes; what is before it are flags.
func (s *session) arguments(line string) ([]string, error) {
	line, err := s.open.numbers.Replace(line)
	if err != nil {
		return nil, &hintError{err, "numbers stand before the objects that were shown"}
	}
	query := ""
	if m := selects.FindStringSubmatch(line); m != nil && !strings.ContainsAny(m[1], `'"`) {
		line, query = m[1], strings.TrimRight(m[2], "; \t")
		if line == "" {
			line = "query"
		}
	}
	words, err := shell.Split(line)
	if err != nil {
		return nil, &hintError{err, "quotes come in pairs; a backslash takes the next character as it is"}
	}
	var out []string
	for _, w := range words {
		out = append(out, w.Text)
	}
	if query != "" {
		out = append(out, query)
	}
	if len(out) == 0 {
		out = []string{"help"}
	}
	return out, nil
}

func (s *session) exit([]string, io.Writer) error {
	s.ended = true
	return nil
}

func (s *session) listHistory(_ []string, out io.Writer) error {
	var b bytes.Buffer
	if s.history != nil {
		for i := s.history.Len() - 1; i >= 0; i-- {
			fmt.Fprintln(&b, clean(s.history.At(i)))
		}
	}
	_, err := b.WriteTo(out)
	return err
}

func (s *session) help(args []string, out io.Writer) error {
	root := (&app{stdout: out, stderr: s.app.stderr, open: s.open}).command()
	if len(args) > 0 {
		name := args[0]
		if long, ok := shellAliases[name]; ok {
			name = long
		}
		c, _, err := root.Find([]string{name})
		if err != nil || c == root {
			return &hintError{fmt.Errorf("help %s: there is no such command", clean(name)), "help alone lists them"}
		}
		if err := s.prepare(c); err != nil {
			return err
		}
		fmt.Fprintln(out, "In the shell DUMP is left out.")
		fmt.Fprintln(out)
		return c.Help()
	}
	var b bytes.Buffer
	line := func(name, what string) { fmt.Fprintf(&b, "  %-13s %s\n", name, what) }
	for _, c := range root.Commands() {
		if slices.Contains(dumpFirst, c.Name()) || slices.Contains(dumpLast, c.Name()) || slices.Contains(dumpless, c.Name()) {
			line(c.Name(), c.Short)
		}
	}
	b.WriteString("\n")
	line("SELECT …", "A query, as it is")
	line("$1", "The first object shown, wherever an object is wanted")
	line("report", "The same as analyze")
	line("set", "Show or change what commands begin with: top, show-values, format")
	line("history", "List the commands before")
	line("help COMMAND", "Explain a command")
	line("exit", "End the shell, as Ctrl-D does")
	_, err := b.WriteTo(out)
	return err
}

// set shows or changes a setting.
func (s *session) set(args []string, out io.Writer) error {
	names := []string{"format", "show-values", "top"}
	switch {
	case len(args) == 0:
		for _, n := range names {
			fmt.Fprintf(out, "%-12s %s\n", n, cmp.Or(s.settings[n], "as each command has it"))
		}
		return nil
	case len(args) != 2 || !slices.Contains(names, args[0]):
		return &hintError{fmt.Errorf("set %s: a name and a value are wanted", clean(strings.Join(args, " "))), "set alone shows " + strings.Join(names, ", ")}
	}
	value := args[1]
	switch args[0] {
	case "top":
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			return &hintError{fmt.Errorf("set top %s: is no number of rows", clean(value)), "0 prints all"}
		}
	case "show-values":
		on, ok := map[string]string{"on": "true", "off": "false", "true": "true", "false": "false"}[value]
		if !ok {
			return &hintError{fmt.Errorf("set show-values %s: there is on and off", clean(value)), "off masks the contents of strings"}
		}
		value = on
	case "format":
		if err := oneOf("format", value, sectionFormats...); err != nil {
			return err
		}
	}
	s.settings[args[0]] = value
	return nil
}
