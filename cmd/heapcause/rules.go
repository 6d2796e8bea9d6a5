package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"heapcause/analyze"
)

func (a *app) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules [NAME]",
		Short: "List the rules, or explain one",
		Example: `  heapcause rules
  heapcause rules timer-queue-backlog`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, r := range analyze.Rules() {
				names = append(names, r.Name+"\t"+r.Title)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, r := range analyze.Rules() {
					fmt.Fprintf(a.stdout, "%-26s %-8s %s\n", r.Name, r.Max, r.Title)
				}
				return nil
			}
			rules, err := analyze.Select(args[0])
			if err != nil || args[0] == "all" || args[0] == "none" || len(rules) != 1 {
				return &hintError{fmt.Errorf("unknown rule %q", args[0]), "heapcause rules lists them"}
			}
			r := rules[0]
			fmt.Fprintf(a.stdout, "%s\n%s (at most %s)\n\n%s\n", r.Name, r.Title, r.Max, r.Doc)
			return nil
		},
	}
}
