package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/graph"
)

func (a *app) dominatorsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "dominators DUMP",
		Short: "List the largest objects by retained size, or every object with its dominator",
		Long: `Prints the objects at the top of the dominator tree, the greatest retained size first. With --all it
prints every object in ascending address order: address, address of its class object, shallow and
retained size, and the address of its immediate dominator, "root" for the virtual root. With
--references=all only reachable objects are printed.`,
		Example: `  heapcause dominators app.hprof --top 20
  heapcause dominators app.hprof --all -f tsv > objects.tsv`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.dominators(c.Context(), args[0]) },
	}
	a.commonFlags(c, "text", "tsv")
	a.graphFlags(c)
	c.Flags().IntVar(&a.f.topObjects, "top", 20, "objects to print; 0 prints all that nothing dominates")
	c.Flags().BoolVar(&a.f.all, "all", false, "print every object of the dump")
	return c
}

func (a *app) dominators(ctx context.Context, path string) error {
	if err := a.check("text", "tsv"); err != nil {
		return err
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	if err := notNegative(a.f.topObjects, "0 prints all that nothing dominates"); err != nil {
		return err
	}
	if a.f.all && a.f.format != "tsv" {
		return &hintError{fmt.Errorf("--all prints a table for programs"), "add --format tsv"}
	}
	p := a.progress()
	defer p.clear()
	h, done, err := a.build(ctx, path, p, true)
	if err != nil {
		return err
	}
	defer done()
	p.clear()
	warn(a.stderr, h.NumObjects(), h.Problems())
	phase := a.timing.phase("writing")
	err = a.write(func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		var err error
		if a.f.all {
			err = a.everyObject(ctx, b, h)
		} else {
			a.topObjects(b, h)
		}
		if err != nil {
			return err
		}
		return b.Flush()
	})
	phase()
	if err != nil {
		return err
	}
	a.printTiming()
	return nil
}

// everyObject writes a line per object.
func (a *app) everyObject(ctx context.Context, w *bufio.Writer, h *graph.Heap) error {
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
	return nil
}

// topObjects writes the children of the virtual root, the greatest first.
func (a *app) topObjects(w *bufio.Writer, h *graph.Heap) {
	all := h.Dominated(graph.NoObject, nil)
	slices.SortFunc(all, func(x, y graph.Object) int {
		return cmp.Or(cmp.Compare(h.Retained(y), h.Retained(x)), cmp.Compare(x, y))
	})
	top := all
	if a.f.topObjects > 0 {
		top = all[:min(len(all), a.f.topObjects)]
	}
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
			humanize.Comma(h.NumDominated(o)), h.Strength(o), clean(h.Name(o)))
	}
	if n := len(all) - len(top); n > 0 {
		rest := int64(0)
		for _, o := range all[len(top):] {
			rest += h.Retained(o)
		}
		fmt.Fprintf(w, "%16s %12s %12s  and %s more that nothing dominates\n", humanize.Comma(rest), "", "", humanize.Comma(int64(n)))
	}
}
