package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
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
	if a.f.topObjects > 0 {
		k = min(k, a.f.topObjects)
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
		rest := int64(0) // all of them retain the whole heap
		for _, t := range h.Totals() {
			rest += t.Bytes
		}
		for _, o := range top {
			rest -= h.Retained(o)
		}
		fmt.Fprintf(w, "%16s %12s %12s  and %s more that nothing dominates\n", humanize.Comma(rest), "", "", humanize.Comma(n))
	}
}
