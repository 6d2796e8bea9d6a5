package main

import (
	"bufio"
	"context"
	stdjson "encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/graph"
)

func (a *app) histogramCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "histogram DUMP",
		Short: "Count instances and bytes per class, without building a graph",
		Long: `Reads the dump once and prints instances and shallow bytes per class, the greatest first, with the exact sizes of the JVM that
wrote it. Memory does not depend on the size of the dump.`,
		Example: `  heapcause histogram app.hprof
  heapcause histogram app.hprof --top 0 -f tsv > histogram.tsv`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.histogram(c.Context(), args[0]) },
	}
	a.commonFlags(c, reportFormats...)
	c.Flags().IntVar(&a.f.topClasses, "top", 40, "classes to print; 0 prints all")
	c.Flags().StringVar(&a.f.verify, "verify-against", "", "compare with this output of jcmd PID GC.class_histogram; exit with 1 when bytes differ")
	return c
}

// histogramJSON is the output of histogram -f json.
type histogramJSON struct {
	Classes   []classJSON `json:"classes"`
	Omitted   int         `json:"omitted"`
	Instances int64       `json:"instances"`
	Bytes     int64       `json:"bytes"`
	Sizes     string      `json:"sizes"`
}

type classJSON struct {
	Name      string `json:"name"`
	Instances int64  `json:"instances"`
	Bytes     int64  `json:"bytes"`
}

func (a *app) histogram(ctx context.Context, path string) error {
	if err := a.check(reportFormats...); err != nil {
		return err
	}
	if a.f.topClasses < 0 {
		return &hintError{fmt.Errorf("--top %d: must not be negative", a.f.topClasses), "0 prints all classes"}
	}
	f, err := a.open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	p := a.progress()
	defer p.clear()
	h, err := graph.CountClasses(ctx, f, graph.Options{Workers: a.f.workers, TempDir: a.f.tempDir, Progress: p.update})
	if err != nil {
		return err
	}
	p.clear()
	warnProblems(a.stderr, h.Problems)
	if a.f.verify != "" {
		return a.verifyHistogram(h)
	}
	return a.write(func(w io.Writer) error { return a.writeHistogram(w, h) })
}

func (a *app) writeHistogram(out io.Writer, h *graph.Histogram) error {
	rows := h.Classes
	if a.f.topClasses > 0 {
		rows = rows[:min(a.f.topClasses, len(rows))]
	}
	omitted := len(h.Classes) - len(rows)
	w := bufio.NewWriter(out)
	switch a.f.format {
	case "json":
		j := histogramJSON{Classes: make([]classJSON, len(rows)), Omitted: omitted, Instances: h.Total.Objects, Bytes: h.Total.Bytes, Sizes: h.Layout.String()}
		for i, c := range rows {
			j.Classes[i] = classJSON(c)
		}
		e := stdjson.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(j); err != nil {
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
			fmt.Fprintf(w, "%14s %16s  %s\n", humanize.Comma(c.Instances), humanize.Comma(c.Bytes), clean(c.Name))
		}
		fmt.Fprintf(w, "%14s %16s  total", humanize.Comma(h.Total.Objects), humanize.Comma(h.Total.Bytes))
		if omitted > 0 {
			fmt.Fprintf(w, " (%s more classes: --top 0)", humanize.Comma(int64(omitted)))
		}
		fmt.Fprintf(w, "\n\nsizes: %s\n", h.Layout)
	}
	return w.Flush()
}

// verifyHistogram compares with the JVM's own histogram.
func (a *app) verifyHistogram(h *graph.Histogram) error {
	in, err := os.Open(a.f.verify)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	jvm, err := graph.ParseHistogram(in)
	if err != nil {
		return &hintError{named(a.f.verify, err), "make one with `jcmd PID GC.class_histogram > FILE` (-all where the dump was made with -all)"}
	}
	v := h.Verify(jvm)
	if err := a.write(func(w io.Writer) error {
		for _, d := range v.Counts {
			fmt.Fprintf(w, "count  %s: %d in the dump, %d in the histogram%s\n", clean(d.Name), d.Dump.Instances, d.JVM.Instances, reason(d))
		}
		for _, d := range v.Bytes {
			fmt.Fprintf(w, "bytes  %s: %d in the dump, %d in the histogram, %d instances%s\n", clean(d.Name), d.Dump.Bytes, d.JVM.Bytes, d.Dump.Instances, reason(d))
		}
		_, err := fmt.Fprintf(w, "%d classes equal, %d with other counts, %d with other bytes (%d bytes off)\nsizes: %s\n", v.Equal, len(v.Counts), len(v.Bytes), v.Off, h.Layout)
		return err
	}); err != nil {
		return err
	}
	if v.Off > 0 {
		return fmt.Errorf("%w: sizes differ by %d bytes from the JVM's histogram", errGate, v.Off)
	}
	return nil
}

func reason(d graph.Difference) string {
	if d.Exempt == "" {
		return ""
	}
	return " (" + d.Exempt + ")"
}

// clean replaces control characters: a name from a dump must not steer a terminal or break a table.
func clean(s string) string {
	b := []rune(s)
	for i, r := range b {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			b[i] = '?'
		}
	}
	return string(b)
}
