package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// findCommand finds objects by what they hold.
func (a *app) findCommand() *cobra.Command {
	var pattern, class string
	var conditions []string
	c := &cobra.Command{
		Use:   "find DUMP --string REGEX | --value FIELD=VALUE",
		Short: "Find strings by their text, or objects by the values of their fields",
		Long: `Reads the dump once and prints what holds a value, with who holds it.

--string REGEX finds strings by a regular expression (RE2) of their text; with --class the objects of that class that refer to one.
--value [Class::]field=VALUE finds objects by a field: primitive, a string, a box, an enum, a date, null or an address. Operators are
=, !=, <, <=, > and >=; several conditions must hold together. Subclasses are searched too.

What is found is matched against the true values; what is printed is masked unless --show-values is given.`,
		Example: `  heapcause find app.hprof --string '^jdbc:' --show-values
  heapcause find app.hprof --string '(?i)password' --class com.acme.Session
  heapcause find app.hprof --value 'java.util.TimerTask::state=3'
  heapcause find app.hprof --value 'size>100000' --class java.util.HashMap`,
		RunE: func(c *cobra.Command, args []string) error {
			opt, err := findOptions(pattern, class, conditions)
			if err != nil {
				return err
			}
			return a.answer(c.Context(), args[0], func(ctx context.Context, h *graph.Heap, shared explore.Options) ([]report.Section, error) {
				opt.Options = shared
				section, err := explore.Find(ctx, h, opt)
				return []report.Section{section}, err
			})
		},
	}
	f := c.Flags()
	f.StringVar(&pattern, "string", "", "find strings whose text this regular expression matches")
	f.StringArrayVar(&conditions, "value", nil, "find objects by a field: [Class::]field=VALUE, may be repeated")
	f.StringVar(&class, "class", "", "only objects of this class and its subclasses")
	return a.exploreCommand(c, 0, 0)
}

func findOptions(pattern, class string, conditions []string) (opt explore.FindOptions, err error) {
	switch {
	case pattern == "" && len(conditions) == 0:
		return opt, &hintError{errors.New("nothing to look for"), "--string REGEX or --value FIELD=VALUE"}
	case pattern != "" && len(conditions) > 0:
		return opt, &hintError{errors.New("--string and --value exclude each other"), "--value 'field=text' compares strings too"}
	}
	opt.Class = class
	if pattern != "" {
		if opt.String, err = regexp.Compile(pattern); err != nil {
			return opt, &hintError{fmt.Errorf("--string %s: %w", pattern, err), "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"}
		}
	}
	for _, s := range conditions {
		condition, err := explore.ParseCondition(s)
		if err != nil {
			return opt, selectorHint(fmt.Errorf("--value: %w", err))
		}
		opt.Conditions = append(opt.Conditions, condition)
	}
	return opt, nil
}
