package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/analyze/query"
	"heapcause/graph"
	"heapcause/report"
)

// retainedCommand asks what would be freed.
func (a *app) retainedCommand() *cobra.Command {
	var set, queries string
	var without []string
	c := &cobra.Command{
		Use:   "retained DUMP [--set OBJECTS] [--without Class::field]",
		Short: "Say exactly what would be freed if objects went or a reference were cut",
		Long: `Follows references without the objects of --set and without those of --without, and prints what nothing
holds any more as strongly as before, by class, and what would hold it then. With --references=all members
of the set that nothing reaches are left out.

--without takes Class::field (an instance field or a static, named with the class that declares it; * in
the class stands for any characters), Class::field@0xADDRESS for the field of one object, and soft,
finalizer, weak or phantom for all references of that strength. --set is a query as heapcause query takes it ('SELECT * FROM …'; 'SELECT OBJECTS
expression FROM …' for what an expression yields), @NAME for a saved one, or one of

` + explore.SelectorHelp,
		Example: `  heapcause retained app.hprof --set com.acme.Session
  heapcause retained app.hprof --set 'SELECT * FROM java.util.HashMap m WHERE m.size > 10000'
  heapcause retained app.hprof --without java.util.TaskQueue::queue
  heapcause retained app.hprof --set @finding:1 --without com.acme.Cache::entries -f json`,
		RunE: func(c *cobra.Command, args []string) error {
			if set == "" && len(without) == 0 {
				return &hintError{errors.New("nothing is taken away"), "name objects with --set or references with --without"}
			}
			text, err := setQuery(set, queries)
			if err != nil {
				return queryError(err)
			}
			return a.answer(c.Context(), args[0], func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error) {
				ro := explore.RetainedOptions{Without: without}
				var err error
				switch {
				case text != "":
					ro.Set, err = a.queried(ctx, h, text)
					ro.SetText = "the " + analyze.Plural(int64(len(ro.Set)), "object") + " of the query"
				case set != "":
					ro.Set, ro.SetText, err = explore.ObjectsOf(ctx, h, set, opt)
				}
				if err != nil {
					return nil, err
				}
				return explore.Retained(ctx, h, ro, opt)
			})
		},
	}
	c = a.exploreCommand(c, 0, 0)
	c.Flags().StringVar(&set, "set", "", "the objects that go: a selector, or a query")
	c.Flags().StringVar(&queries, "queries", "", "YAML file of queries by name (default: "+defaultQueries+")")
	c.Flags().StringSliceVar(&without, "without", nil, "references that are cut: Class::field, Class::field@0xADDRESS, soft, finalizer, weak, phantom")
	complete(c, "without", explore.Strengths...)
	return c
}

// setQuery returns the query that a set is given as, "" where it is a selector. Selectors that begin with @ have a colon, names of saved
// queries have none.
func setQuery(set, file string) (string, error) {
	text := set
	if strings.HasPrefix(set, "@") && !strings.Contains(set, ":") {
		var err error
		if text, err = queryText(set, file); err != nil {
			return "", err
		}
	} else if word, _, _ := strings.Cut(strings.TrimSpace(set), " "); !strings.EqualFold(word, "select") {
		return "", nil
	}
	_, err := query.Parse(text) // before the dump is opened
	return text, err
}

// queried returns the objects that a query yields.
func (a *app) queried(ctx context.Context, h *graph.Heap, text string) ([]graph.Object, error) {
	set, err := query.Objects(ctx, h, text, query.Options{Workers: a.f.workers, Reachable: a.f.references == "all"})
	if err != nil {
		return nil, queryError(err)
	}
	return set.Members(), nil
}
