package main

import (
	"context"

	"github.com/spf13/cobra"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// showCommand describes an object.
func (a *app) showCommand() *cobra.Command {
	raw := false
	c := &cobra.Command{
		Use:   "show DUMP OBJECT",
		Short: "Show an object: its fields, what it stands for, who holds it and what it holds",
		Long: `Prints what an object is: its fields with the classes that declare them and their values decoded, its sizes, how it is held,
who refers to it by which field, and what it dominates. OBJECT is one of

` + explore.SelectorHelp + `

Contents of strings are masked unless --show-values is given.`,
		Example: `  heapcause show app.hprof 0x7f00a1b2c8
  heapcause show app.hprof 'java.util.Timer#1'
  heapcause show app.hprof @static:com.acme.Cache.entries --show-values
  heapcause show app.hprof @thread:main -f json`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.answer(c.Context(), args[0], func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error) {
				s, err := explore.Resolve(ctx, h, args[1], opt)
				if err != nil {
					return nil, err
				}
				section, err := explore.Show(ctx, h, &s, explore.ShowOptions{Options: opt, Raw: raw})
				return []report.Section{section}, err
			})
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "print the bytes of the object's record too, masked unless --show-values is given")
	return a.exploreCommand(c, 1, 1)
}
