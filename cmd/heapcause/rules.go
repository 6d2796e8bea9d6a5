package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/rules"
)

func (a *app) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules [NAME]",
		Short: "List the rules, or explain one",
		Long: `Lists the rules with the worst severity that each may claim, or explains one: what it means, how it is
recognised, and what to do.`,
		Example: `  heapcause rules
  heapcause rules timer-queue-backlog`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				for _, r := range rules.All() {
					names = append(names, r.Name+"\t"+r.Title)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.write(listRules)
			}
			r, err := ruleNamed(args[0])
			if err != nil {
				return err
			}
			return a.write(func(w io.Writer) error { return explainRule(w, r) })
		},
	}
}

// ruleNamed returns the one rule of that name.
func ruleNamed(name string) (*analyze.Rule, error) {
	selected, err := rules.Select(name, false)
	if err == nil && (len(selected) != 1 || selected[0].Name != name) {
		err = fmt.Errorf("%q is not the name of one rule", name)
	}
	if err != nil {
		return nil, &hintError{err, "heapcause rules lists them"}
	}
	return selected[0], nil
}

func listRules(out io.Writer) error {
	w := bufio.NewWriter(out)
	for _, r := range rules.All() {
		title := r.Title
		if r.Experimental {
			title += " (experimental: off unless named)"
		}
		fmt.Fprintf(w, "%-24s %-8s %s\n", r.Name, r.Max, title)
	}
	return w.Flush()
}

const ruleWidth = 100 // columns

func explainRule(out io.Writer, r *analyze.Rule) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: %s\n", r.Name, r.Title)
	fmt.Fprintf(w, "At most %s.", r.Max)
	if r.Experimental {
		fmt.Fprint(w, " Experimental: off unless named.")
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "\n%s\n", paragraphs(r.Doc))
	if len(r.Thresholds) > 0 {
		fmt.Fprintf(w, "\nThresholds (--set %s.NAME=NUMBER):\n", r.Name)
		for _, t := range r.Thresholds {
			fmt.Fprintf(w, "  %s = %s %s: %s\n", t.Name, strconv.FormatFloat(t.Default, 'f', -1, 64), t.Unit, t.Doc)
		}
	}
	return w.Flush()
}
