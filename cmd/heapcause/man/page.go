package man

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Stamp is what the pages say of the program they belong to.
type Stamp struct {
	Version string
	Date    string // YYYY-MM-DD, "" when nobody knows
}

// Write writes pages of root and the commands below it into dir: heapcause.1, heapcause-analyze.1 and so on. It returns how many.
func Write(root *cobra.Command, dir string, stamp Stamp) (int, error) {
	n := 0
	for _, c := range commands(root) {
		if err := os.WriteFile(filepath.Join(dir, name(c)+".1"), page(c, stamp), 0o644); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// commands returns c and all commands below it that users are told of.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range told(c) {
		all = append(all, commands(sub)...)
	}
	return all
}

func told(c *cobra.Command) []*cobra.Command {
	var subs []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			subs = append(subs, sub)
		}
	}
	return subs
}

// name is that of a page: the words of the command, joined.
func name(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// page returns the source of one command's page.
func page(c *cobra.Command, stamp Stamp) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %s 1 \"%s\" \"heapcause %s\" \"heapcause manual\"\n", code(strings.ToUpper(name(c))), stamp.Date, code(stamp.Version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", code(name(c)), prose(lowerFirst(c.Short)))
	b.WriteString(".SH SYNOPSIS\n")
	synopsis(&b, c)
	b.WriteString(".SH DESCRIPTION\n")
	paragraphs(&b, c.Long, c.Short+".")
	subcommands(&b, c)
	options(&b, c)
	if c.Example != "" {
		b.WriteString(".SH EXAMPLES\n")
		verbatim(&b, strings.Split(strings.TrimRight(c.Example, "\n"), "\n"))
	}
	if !c.HasParent() {
		b.WriteString(ending)
	}
	seeAlso(&b, c)
	return b.Bytes()
}

func synopsis(b *bytes.Buffer, c *cobra.Command) {
	words := strings.TrimSpace(strings.TrimPrefix(c.UseLine(), c.CommandPath()))
	fmt.Fprintf(b, ".B %s\n", code(c.CommandPath()))
	if words != "" {
		fmt.Fprintln(b, line(code(words)))
	}
}

func subcommands(b *bytes.Buffer, c *cobra.Command) {
	subs := told(c)
	if len(subs) == 0 {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, sub := range subs {
		fmt.Fprintf(b, ".TP\n.B %s\n%s.\n", code(sub.Name()), line(prose(sub.Short)))
	}
}

func options(b *bytes.Buffer, c *cobra.Command) {
	if !c.HasAvailableFlags() {
		return
	}
	b.WriteString(".SH OPTIONS\n")
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
		}
		fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", code(f.Name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", code(value))
		}
		if !zero(f.DefValue) {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, "\n%s\n", line(prose(usage)))
	})
}

// zero reports whether a default goes without saying.
func zero(value string) bool {
	switch value {
	case "", "0", "false", "[]", "0s":
		return true
	}
	return false
}

func seeAlso(b *bytes.Buffer, c *cobra.Command) {
	var pages []string
	if c.HasParent() {
		pages = append(pages, name(c.Parent()))
	}
	for _, sub := range told(c) {
		pages = append(pages, name(sub))
	}
	if len(pages) == 0 {
		return
	}
	b.WriteString(".SH SEE ALSO\n")
	for i, p := range pages {
		comma := ","
		if i == len(pages)-1 {
			comma = ""
		}
		fmt.Fprintf(b, ".BR %s (1)%s\n", code(p), comma)
	}
}

// ending is what the page of the whole program has besides its help text.
const ending = `.SH EXIT STATUS
.TP
.B 0
Done, and no gate is broken.
.TP
.B 1
A gate is broken.
.TP
.B 2
The work could not be done.
.SH ENVIRONMENT
.TP
.B TMPDIR
Folder for temporary files, unless \fB\-\-temp\-dir\fR names another.
.TP
.B XDG_CACHE_HOME
Indexes are kept in its folder \fIheapcause\fR, by default in \fI~/.cache/heapcause\fR.
.TP
.B CI
No index is kept where it is set, unless \fB\-\-index\fR asks for one.
.TP
.B NO_COLOR
No colours where it is set.
`
