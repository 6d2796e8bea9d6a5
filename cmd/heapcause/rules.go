package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/rules"
	"heapcause/analyze/userrules"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules [NAME]",
		Short: "List the rules, or explain one",
		Long: `Lists the rules with the worst severity that each may claim, or explains one: what it means, how it is
recognised, and what to do. Rules in YAML come from the folder ` + ownRules + ` where there is one,
and from those of --rules-dir; docs/rules-yaml.md describes the language.`,
		Example: `  heapcause rules
  heapcause rules timer-queue-backlog
  heapcause rules test my-rule.yaml app.hprof`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				all, err := a.registry()
				if err != nil {
					return nil, cobra.ShellCompDirectiveError
				}
				for _, r := range all {
					names = append(names, r.Name+"\t"+r.Title)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := a.registry()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return a.write(func(w io.Writer) error { return listRules(w, all) })
			}
			r, err := ruleNamed(all, args[0])
			if err != nil {
				return err
			}
			return a.write(func(w io.Writer) error { return explainRule(w, r) })
		},
	}
	a.rulesDirFlag(c)
	c.AddCommand(a.rulesTestCommand(), a.rulesValidateCommand())
	return c
}

// ownRules is the folder of a project's rules, below the working directory.
const ownRules = ".heapcause/rules"

func (a *app) rulesDirFlag(c *cobra.Command) {
	c.Flags().StringArrayVar(&a.f.rulesDirs, "rules-dir", nil, "folder of rules in YAML besides "+ownRules+", may be repeated (see docs/rules-yaml.md)")
	_ = c.RegisterFlagCompletionFunc("rules-dir", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
}

// registry returns all rules, the user's with them.
func (a *app) registry() ([]*analyze.Rule, error) {
	var dirs []string
	if st, err := os.Stat(ownRules); err == nil && st.IsDir() {
		dirs = append(dirs, ownRules)
	}
	for _, d := range a.f.rulesDirs {
		if st, err := os.Stat(d); err != nil || !st.IsDir() {
			return nil, &hintError{fmt.Errorf("--rules-dir %s: there is no such folder", d), "it is a folder of *.yaml files"}
		}
		if !slices.Contains(dirs, filepath.Clean(d)) {
			dirs = append(dirs, filepath.Clean(d))
		}
	}
	user, err := userrules.Load(dirs...)
	if err != nil {
		return nil, &hintError{err, yamlHint}
	}
	all, err := rules.With(user)
	if err != nil {
		return nil, &hintError{err, yamlHint}
	}
	return all, nil
}

const yamlHint = "docs/rules-yaml.md describes rules in YAML"

// ruleNamed returns the one rule of that name.
func ruleNamed(all []*analyze.Rule, name string) (*analyze.Rule, error) {
	selected, err := rules.SelectFrom(all, name, false)
	if err == nil && (len(selected) != 1 || selected[0].Name != name) {
		err = fmt.Errorf("%q is not the name of one rule", name)
	}
	if err != nil {
		return nil, &hintError{err, "heapcause rules lists them"}
	}
	return selected[0], nil
}

func listRules(out io.Writer, all []*analyze.Rule) error {
	w := bufio.NewWriter(out)
	for _, r := range all {
		title := clean(r.Title)
		if r.Experimental {
			title += " (experimental: off unless named)"
		}
		if r.Source != "" {
			title += " [" + clean(r.Source) + "]"
		}
		fmt.Fprintf(w, "%-24s %-8s %s\n", r.Name, r.Max, title)
	}
	return w.Flush()
}

const ruleWidth = 100 // columns

func explainRule(out io.Writer, r *analyze.Rule) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: %s\n", r.Name, clean(r.Title))
	fmt.Fprintf(w, "At most %s.", r.Max)
	if r.Source != "" {
		fmt.Fprintf(w, " Written in YAML: %s.", clean(r.Source))
	}
	if r.Experimental {
		fmt.Fprint(w, " Experimental: off unless named.")
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "\n%s\n", paragraphs(r.Doc))
	if len(r.Thresholds) > 0 {
		fmt.Fprintf(w, "\nThresholds (--set %s.NAME=NUMBER):\n", r.Name)
		for _, t := range r.Thresholds {
			line := fmt.Sprintf("%s = %s %s: %s", t.Name, strconv.FormatFloat(t.Default, 'f', -1, 64), t.Unit, clean(t.Doc))
			fmt.Fprintf(w, "  %s\n", strings.Join(fill(line, ruleWidth-4), "\n    "))
		}
	}
	return w.Flush()
}
