package main

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/graph"
)

func (a *app) histogramCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "histogram DUMP",
		Short: "Count instances and bytes per class, without building a graph",
		Long: `Reads the dump once and prints instances and shallow bytes per class, the greatest first, with the
exact sizes of the JVM that wrote it. Where the dump is in the order of addresses, as with all of
HotSpot's collectors but ZGC and Shenandoah, memory does not depend on its size.`,
		Example: `  heapcause histogram app.hprof
  heapcause histogram app.hprof --top 0 -f tsv > histogram.tsv
  heapcause histogram app.hprof --verify-against jcmd-class-histogram.txt`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.histogram(c.Context(), args[0]) },
	}
	a.commonFlags(c, "text", "json", "tsv")
	a.sizesFlag(c)
	c.Flags().IntVar(&a.f.topClasses, "top", 40, "classes to print; 0 prints all")
	c.Flags().StringVar(&a.f.verify, "verify-against", "", "compare with this output of jcmd PID GC.class_histogram; exit with 1 when bytes differ")
	return c
}

// histogramJSON is the output of histogram -f json.
type histogramJSON struct {
	Classes    []classJSON   `json:"classes"`
	Omitted    int           `json:"omitted"`
	Instances  int64         `json:"instances"`
	Bytes      int64         `json:"bytes"`
	Sizes      string        `json:"sizes"`
	Incomplete bool          `json:"incomplete"`
	Problems   []problemJSON `json:"problems"`
}

// problemJSON is a damaged or missing stretch; bytes is 0 where nothing is lost, or it is not known.
type problemJSON struct {
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	Text   string `json:"text"`
}

type classJSON struct {
	Name      string `json:"name"`
	Instances int64  `json:"instances"`
	Bytes     int64  `json:"bytes"`
}

func (a *app) histogram(ctx context.Context, path string) error {
	if err := a.check("text", "json", "tsv"); err != nil {
		return err
	}
	if err := a.checkSizes(); err != nil {
		return err
	}
	if err := notNegative(a.f.topClasses, "0 prints all classes"); err != nil {
		return err
	}
	var jvm map[string]graph.ClassCount
	if a.f.verify != "" {
		var err error
		if jvm, err = readHistogram(a.f.verify); err != nil {
			return err
		}
	}
	p := a.progress()
	defer p.clear()
	if a.open.is(path) {
		return a.open.run(func(h *graph.Heap) (func() error, error) {
			return func() error { return a.printHistogram(h.Histogram(), jvm) }, nil
		})
	}
	f, err := a.openDump(ctx, path, p)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	phase := a.timing.phase("counting")
	h, err := graph.CountClasses(ctx, f, a.graphOptions(p))
	phase()
	if err != nil {
		return named(f.Path, err)
	}
	p.clear()
	return a.printHistogram(h, jvm)
}

// printHistogram prints a histogram, or compares it with the JVM's.
func (a *app) printHistogram(h *graph.Histogram, jvm map[string]graph.ClassCount) (err error) {
	warn(a.stderr, h.Total.Objects, h.Problems)
	if jvm != nil {
		err = a.verify(h, jvm)
	} else {
		err = a.write(func(w io.Writer) error { return a.writeHistogram(w, h) })
	}
	if err == nil {
		a.printTiming()
	}
	return err
}

// maxProblems are listed in JSON.
const maxProblems = 100

func (a *app) writeHistogram(out io.Writer, h *graph.Histogram) error {
	rows := h.Classes
	if a.f.topClasses > 0 {
		rows = rows[:min(a.f.topClasses, len(rows))]
	}
	omitted := len(h.Classes) - len(rows)
	w := bufio.NewWriter(out)
	switch a.f.format {
	case "json":
		j := histogramJSON{Classes: make([]classJSON, len(rows)), Omitted: omitted, Instances: h.Total.Objects, Bytes: h.Total.Bytes, Sizes: h.Layout.String(), Incomplete: len(h.Problems) > 0}
		for i, c := range rows {
			j.Classes[i] = classJSON(c)
		}
		j.Problems = make([]problemJSON, min(len(h.Problems), maxProblems))
		for i := range j.Problems {
			p := h.Problems[i]
			j.Problems[i] = problemJSON{p.Offset, p.Bytes, p.What}
		}
		if err := writeJSON(w, j); err != nil {
			return err
		}
	case "tsv":
		fmt.Fprintln(w, "#class\tinstances\tbytes")
		for _, c := range rows {
			fmt.Fprintf(w, "%s\t%d\t%d\n", clean(c.Name), c.Instances, c.Bytes)
		}
	default:
		fmt.Fprintf(w, "%14s %16s  %s\n", "instances", "bytes", "class")
		for _, c := range rows {
			fmt.Fprintf(w, "%14s %16s  %s\n", humanize.Comma(c.Instances), humanize.Comma(c.Bytes), a.fit(c.Name, 33))
		}
		fmt.Fprintf(w, "%14s %16s  total", humanize.Comma(h.Total.Objects), humanize.Comma(h.Total.Bytes))
		if omitted > 0 {
			fmt.Fprintf(w, " (%s more classes: --top 0)", humanize.Comma(int64(omitted)))
		}
		fmt.Fprintf(w, "\n\nsizes: %s\n", h.Layout)
	}
	return w.Flush()
}
