package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// dominatorsOptions are the flags of dominators that ask for a part of the tree.
type dominatorsOptions struct {
	explore.DominatorOptions
	min, of, skip string
	bigDrops      bool
}

func (a *app) dominatorsCommand() *cobra.Command {
	var o dominatorsOptions
	c := &cobra.Command{
		Use:   "dominators DUMP [OBJECT]",
		Short: "Show the dominator tree, of all or below an object; immediate dominators of a class; big drops",
		Long: `Prints the objects at the top of the dominator tree, the greatest retained size first. With OBJECT,
--depth, --by or --min it prints the tree below an object, or all of it: what it dominates, what that
dominates, and so on. A chain of objects of one class is one line. OBJECT is one of

` + explore.SelectorHelp + `

--of CLASS groups the objects of a class by what dominates them immediately; dominators whose class
matches the regular expression --skip are climbed over. --big-drops lists objects that retain much more
than the largest object below them: where things pile up.

With --all it prints every object in ascending address order: address, address of its class object,
shallow and retained size, and the address of its immediate dominator, "root" for the virtual root. With
--references=all only reachable objects are printed then.`,
		Example: `  heapcause dominators app.hprof --top 20
  heapcause dominators app.hprof 'java.util.TaskQueue#1' --depth 4
  heapcause dominators app.hprof --by package --min 1%
  heapcause dominators app.hprof --of char[] --skip '^java\.'
  heapcause dominators app.hprof --big-drops
  heapcause dominators app.hprof --all -f tsv > objects.tsv`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && !o.asked(c) && a.listFormat() {
				return a.dominators(c.Context(), args[0])
			}
			return a.dominatorTree(c.Context(), args, &o)
		},
	}
	c = a.exploreCommand(c, 0, 1)
	f := c.Flags()
	f.Lookup("top").Usage = "objects, or nodes below each node, to print; 0 prints all"
	f.BoolVar(&a.f.all, "all", false, "print every object of the dump")
	f.IntVar(&o.Depth, "depth", explore.DefaultDepth, "levels of the tree")
	f.StringVar(&o.By, "by", "", "merge what a node dominates by class, package or loader")
	f.StringVar(&o.min, "min", "", "leave out what retains less: a size, or a percentage of the tree's root (big drops: 1%)")
	f.StringVar(&o.of, "of", "", "a class, or other objects: what dominates them immediately")
	f.StringVar(&o.skip, "skip", "", "classes of dominators that are climbed over, as a regular expression (with --of)")
	f.BoolVar(&o.bigDrops, "big-drops", false, "objects that retain much more than the largest object below them")
	complete(c, "by", "class", "package", "loader")
	return c
}

// asked reports whether a part of the tree is asked for, instead of the list of its top.
func (o *dominatorsOptions) asked(c *cobra.Command) bool {
	for _, name := range []string{"depth", "by", "min", "of", "skip", "big-drops"} {
		if c.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// listFormat reports whether the list of the tree's top is printed in the format that is asked for: json and csv are of trees.
func (a *app) listFormat() bool {
	f := cmp.Or(a.f.format, formatOf(a.f.output, sectionFormats))
	return f != "json" && f != "csv"
}

// check validates the flags, and returns the expression of --skip.
func (o *dominatorsOptions) check(args []string) (*regexp.Regexp, error) {
	switch {
	case o.of != "" && o.bigDrops, o.of != "" && len(args) > 1, o.bigDrops && len(args) > 1:
		return nil, &hintError{errors.New("OBJECT, --of and --big-drops exclude each other"), "heapcause dominators --help has examples"}
	case o.skip != "" && o.of == "":
		return nil, &hintError{errors.New("--skip: is for --of"), "add --of CLASS"}
	case o.Depth < 1 || o.Depth > explore.MaxDepth:
		return nil, &hintError{fmt.Errorf("--depth %d: must be from 1 to %d", o.Depth, explore.MaxDepth), fmt.Sprintf("%d is the default", explore.DefaultDepth)}
	case o.By != "":
		if err := oneOf("by", o.By, "class", "package", "loader"); err != nil {
			return nil, err
		}
	}
	if o.min == "" && o.bigDrops {
		o.min = "1%"
	}
	least, err := sizeOrPart("min", o.min)
	if err != nil {
		return nil, err
	}
	o.Bytes, o.Part = least.bytes, least.part
	if o.skip == "" {
		return nil, nil
	}
	skip, err := regexp.Compile(o.skip)
	if err != nil {
		return nil, &hintError{fmt.Errorf("--skip %w", err), "a regular expression of Go (RE2), such as ^java\\."}
	}
	return skip, nil
}

// dominatorTree answers with a part of the tree.
func (a *app) dominatorTree(ctx context.Context, args []string, o *dominatorsOptions) error {
	skip, err := o.check(args)
	if err != nil {
		return err
	}
	if a.f.all {
		return &hintError{errors.New("--all: lists every object, and goes with no part of the tree"), "leave out one or the other"}
	}
	return a.answer(ctx, args[0], func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error) {
		selector := o.of
		if len(args) > 1 {
			selector = args[1]
		}
		var of *explore.Selection
		if selector != "" {
			s, err := explore.Resolve(ctx, h, selector, opt)
			if err != nil {
				return nil, err
			}
			of = &s
		}
		switch {
		case o.bigDrops:
			return explore.BigDrops(ctx, h, o.DominatorOptions, opt)
		case o.of != "":
			return explore.ImmediateDominators(ctx, h, of, skip, opt)
		}
		return explore.Dominators(ctx, h, of, o.DominatorOptions, opt)
	})
}

func (a *app) dominators(ctx context.Context, path string) error {
	if err := a.check(sectionFormats...); err != nil {
		return err
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	if err := notNegative(a.f.top, "0 prints all that nothing dominates"); err != nil {
		return err
	}
	if a.f.all && a.f.format != "tsv" {
		return &hintError{fmt.Errorf("--all prints a table for programs"), "add --format tsv"}
	}
	p := a.progress()
	defer p.clear()
	err := a.withHeap(ctx, path, p, false, func(h *graph.Heap) (func() error, error) {
		var top bytes.Buffer
		if a.f.all { // is printed as it is read
			if err := h.Verify(); err != nil {
				return nil, err
			}
		} else {
			a.topObjects(&top, h)
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			defer a.timing.phase("writing")()
			return a.write(func(w io.Writer) error {
				if !a.f.all {
					_, err := top.WriteTo(w)
					return err
				}
				return a.everyObject(ctx, w, h)
			})
		}, nil
	})
	if err != nil {
		return err
	}
	a.printTiming()
	return nil
}

// everyObject writes a line per object.
func (a *app) everyObject(ctx context.Context, out io.Writer, h *graph.Heap) error {
	w := bufio.NewWriterSize(out, 1<<16)
	fmt.Fprintln(w, "#address\tclass_address\tshallow\tretained\tidom")
	var line []byte
	for o := range graph.Object(h.NumObjects()) {
		if o%65536 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if a.f.references == "all" && h.Strength(o) == graph.Unreachable {
			continue
		}
		line = strconv.AppendUint(line[:0], h.Addr(o), 16)
		line = append(line, '\t')
		line = strconv.AppendUint(line, h.Class(h.ClassOf(o)).Addr, 16)
		line = append(line, '\t')
		line = strconv.AppendInt(line, h.Shallow(o), 10)
		line = append(line, '\t')
		line = strconv.AppendInt(line, h.Retained(o), 10)
		line = append(line, '\t')
		if d := h.Idom(o); d != graph.NoObject {
			line = strconv.AppendUint(line, h.Addr(d), 16)
		} else {
			line = append(line, "root"...)
		}
		line = append(line, '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return w.Flush()
}

// topObjects writes the children of the virtual root, the greatest first.
func (a *app) topObjects(w *bytes.Buffer, h *graph.Heap) {
	all := h.NumDominated(graph.NoObject)
	k := int(all)
	if a.f.top > 0 {
		k = min(k, a.f.top)
	}
	top := h.Largest(k)
	if a.f.format == "tsv" {
		fmt.Fprintln(w, "#address\tclass\tshallow\tretained\tdominated\tstrength")
		for _, o := range top {
			fmt.Fprintf(w, "%x\t%s\t%d\t%d\t%d\t%s\n", h.Addr(o), clean(h.ClassName(o)), h.Shallow(o), h.Retained(o), h.NumDominated(o), h.Strength(o))
		}
		return
	}
	fmt.Fprintf(w, "%16s %12s %12s  %-11s  %s\n", "retained", "shallow", "dominates", "held", "object")
	for _, o := range top {
		fmt.Fprintf(w, "%16s %12s %12s  %-11s  %s\n", humanize.Comma(h.Retained(o)), humanize.Comma(h.Shallow(o)),
			humanize.Comma(h.NumDominated(o)), h.Strength(o), a.fit(h.Name(o), 57))
	}
	if n := all - int64(len(top)); n > 0 {
		rest := h.Total(graph.Unreachable).Bytes // all of them retain the whole heap
		for _, o := range top {
			rest -= h.Retained(o)
		}
		fmt.Fprintf(w, "%16s %12s %12s  and %s more that nothing dominates\n", humanize.Comma(rest), "", "", humanize.Comma(n))
	}
}
