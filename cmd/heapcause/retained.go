package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// retainedCommand asks what would be freed.
func (a *app) retainedCommand() *cobra.Command {
	var set string
	var without []string
	c := &cobra.Command{
		Use:   "retained DUMP [--set SELECTOR] [--without Class::field]",
		Short: "Say exactly what would be freed if objects went or a reference were cut",
		Long: `Goes through the whole graph without the objects of --set and without the references of --without, and
prints what nothing holds any more as strongly as before, by class, and what would hold it then.

--without takes Class::field (an instance field or a static, named with the class that declares it; * in
the class stands for any characters), Class::field@0xADDRESS for the field of one object, and soft,
finalizer, weak or phantom for all references of that strength. --set is one of

` + explore.SelectorHelp,
		Example: `  heapcause retained app.hprof --set com.acme.Session
  heapcause retained app.hprof --without java.util.TaskQueue::queue
  heapcause retained app.hprof --set @finding:1 --without com.acme.Cache::entries -f json`,
		RunE: func(c *cobra.Command, args []string) error {
			if set == "" && len(without) == 0 {
				return &hintError{errors.New("nothing is taken away"), "name objects with --set or references with --without"}
			}
			return a.answer(c.Context(), args[0], func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error) {
				ro := explore.RetainedOptions{Without: without}
				if set != "" {
					var err error
					if ro.Set, ro.SetText, err = explore.ObjectsOf(ctx, h, set, opt); err != nil {
						return nil, err
					}
				}
				return explore.Retained(ctx, h, ro, opt)
			})
		},
	}
	c = a.exploreCommand(c, 0, 0)
	c.Flags().StringVar(&set, "set", "", "the objects that go")
	c.Flags().StringSliceVar(&without, "without", nil, "references that are cut: Class::field, Class::field@0xADDRESS, soft, finalizer, weak, phantom")
	complete(c, "without", explore.Strengths...)
	return c
}
