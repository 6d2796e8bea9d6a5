package main

import (
	"context"

	"github.com/spf13/cobra"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// refsCommand lists references with the names of fields.
func (a *app) refsCommand() *cobra.Command {
	var in, out bool
	var by string
	c := &cobra.Command{
		Use:   "refs DUMP OBJECT|CLASS",
		Short: "List who refers to an object and what it refers to, with the names of the fields",
		Long: `Prints the references to an object (--in), from it (--out), or both, with the fields that hold them. References of several objects,
such as all of a class, are merged by class and field: how many references, how many objects at the other end and their bytes;
--by class does so for one object too. OBJECT and CLASS are among

` + explore.SelectorHelp,
		Example: `  heapcause refs app.hprof 0x7f00a1b2c8 --in
  heapcause refs app.hprof java.lang.ref.Finalizer --out
  heapcause refs app.hprof @static:com.acme.Cache.entries --out --by class -f csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if by != "" {
				if err := oneOf("by", by, "class"); err != nil {
					return err
				}
			}
			return a.answer(c.Context(), args[0], func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error) {
				s, err := explore.Resolve(ctx, h, args[1], opt)
				if err != nil {
					return nil, err
				}
				section, err := explore.Refs(ctx, h, &s, explore.RefsOptions{Options: opt, In: in, Out: out, ByClass: by != ""})
				return []report.Section{section}, err
			})
		},
	}
	f := c.Flags()
	f.BoolVar(&in, "in", false, "inbound references only: who refers to it")
	f.BoolVar(&out, "out", false, "outbound references only: what it refers to")
	f.StringVar(&by, "by", "", "class: merge the references of one object by class and field too")
	complete(c, "by", "class")
	return a.exploreCommand(c, 1, 1)
}
