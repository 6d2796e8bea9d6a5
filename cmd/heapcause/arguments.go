package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// dumpAsCommand turns `heapcause DUMP` into `heapcause analyze DUMP`: the first argument that is neither a flag nor the value
// of one is a dump when it is no command and looks like a file.
func dumpAsCommand(root *cobra.Command, args []string) []string {
	analyze, _, err := root.Find([]string{"analyze"})
	if err != nil {
		return args
	}
	i := firstPositional(analyze.Flags(), args)
	if i == len(args) || isCommand(root, args[i]) || !looksLikeFile(args[i]) {
		return args
	}
	return append([]string{"analyze"}, args...)
}

// firstPositional returns the index of the first argument that is neither a flag nor its value, len(args) if there is none.
func firstPositional(flags *pflag.FlagSet, args []string) int {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return i + 1
		case strings.HasPrefix(a, "--"):
			name, _, inline := strings.Cut(a[2:], "=")
			if f := flags.Lookup(name); f != nil && f.NoOptDefVal == "" && !inline {
				i++
			}
		case strings.HasPrefix(a, "-") && a != "-":
			if shortTakesNext(flags, a[1:]) {
				i++
			}
		default:
			return i
		}
	}
	return len(args)
}

// shortTakesNext reports whether the value of the last of these one-letter flags is the next argument.
func shortTakesNext(flags *pflag.FlagSet, letters string) bool {
	for i := range len(letters) {
		f := flags.ShorthandLookup(letters[i : i+1])
		if f == nil {
			return false
		}
		if f.NoOptDefVal == "" { // the rest of the letters is its value
			return i == len(letters)-1
		}
	}
	return false
}

func isCommand(root *cobra.Command, word string) bool {
	if word == "help" || word == "completion" || strings.HasPrefix(word, cobra.ShellCompRequestCmd) { // made when root runs
		return true
	}
	c, _, err := root.Find([]string{word})
	return err == nil && c != root
}

func looksLikeFile(word string) bool {
	if word == "-" || strings.ContainsAny(word, `./\`) {
		return true
	}
	_, err := os.Stat(word)
	return err == nil
}

// unknownCommand is the error for a word that is no command.
func unknownCommand(root *cobra.Command, word string) error {
	hint := "heapcause --help lists the commands; a dump in this folder is ./" + word
	if near := root.SuggestionsFor(word); len(near) > 0 {
		hint = "did you mean heapcause " + near[0] + "?"
	}
	return &hintError{fmt.Errorf("unknown command %q", word), hint}
}

// oneDump accepts exactly one argument.
func oneDump(c *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return &hintError{fmt.Errorf("%s needs a heap dump", c.Name()), c.UseLine()}
	}
	return &hintError{fmt.Errorf("%s takes one heap dump, not %d", c.Name(), len(args)), c.UseLine()}
}

// dumpEndings are those of dump files.
var dumpEndings = []string{"hprof", "gz", "zst", "bin"}

// completeDumps lets the shell complete one dump file.
func completeDumps(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return dumpEndings, cobra.ShellCompDirectiveFilterFileExt
}
