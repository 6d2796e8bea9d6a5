package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// pathCommand shows what keeps objects.
func (a *app) pathCommand() *cobra.Command {
	var po explore.PathOptions
	var all bool
	c := &cobra.Command{
		Use:   "path DUMP OBJECT",
		Short: "Show what keeps an object: the paths from GC roots to it, or to many objects merged",
		Long: `Prints the shortest path from a GC root to an object, with the fields that it goes by and the frames of
locals; --max and --all print further ones, each from another GC root. For several objects the shortest
path to each is merged with the others, with counts and retained bytes per branch. OBJECT is one of

` + explore.SelectorHelp + `

A path counts references no weaker than what holds the object. With --exclude all references count but
those named: soft, finalizer, weak, phantom, or a field as Class::field, where * in the class stands for
any characters and @0xADDRESS behind the field for one object alone.`,
		Example: `  heapcause path app.hprof 0x7f00a1b2c8
  heapcause path app.hprof 'java.util.Timer#1' --all
  heapcause path app.hprof org.postgresql.jdbc.PgStatement
  heapcause path app.hprof @finding:1 --exclude weak,soft,phantom,java.lang.ref.Finalizer::next`,
		RunE: func(c *cobra.Command, args []string) error {
			if po.Max < 0 {
				return &hintError{fmt.Errorf("--max %d: must not be negative", po.Max), "0 prints the shortest path"}
			}
			if all {
				po.Max = explore.AllPaths
			}
			return a.answer(c.Context(), args[0], func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error) {
				s, err := explore.Resolve(ctx, h, args[1], opt)
				if err != nil {
					return nil, err
				}
				return explore.Paths(ctx, h, &s, po, opt)
			})
		},
	}
	c = a.exploreCommand(c, 1, 1)
	c.Flags().IntVar(&po.Max, "max", explore.DefaultPaths, "paths to print")
	c.Flags().BoolVar(&all, "all", false, fmt.Sprintf("print a path from each GC root, %d at most", explore.AllPaths))
	c.Flags().BoolVar(&po.Merged, "merged", false, "merge the paths of one object's selection too")
	c.Flags().StringSliceVar(&po.Exclude, "exclude", nil, "references that do not count: soft, finalizer, weak, phantom, Class::field")
	complete(c, "exclude", explore.Strengths...)
	return c
}
