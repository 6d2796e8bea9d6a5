package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/graph"
	"heapcause/report"
)

var estimateFormats = []string{"text", "json"}

func (a *app) estimateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "estimate DUMP",
		Short: "Say what time, memory and disk space a full analysis will take",
		Long: `Reads the names, the classes and a sample of at most about 64 MiB of the dump, measures how fast this
machine gets through it, and says what time, memory and temporary disk space heapcause analyze will
take. Figures are right within about a factor of 1.5. Memory is what the process holds at its peak,
pages of its temporary files included: the system can take those back.`,
		Example: `  heapcause estimate app.hprof
  heapcause estimate app.hprof -f json --workers 8`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.estimate(c.Context(), args[0]) },
	}
	a.commonFlags(c, estimateFormats...)
	return c
}

// estimateJSON is the output of estimate -f json.
type estimateJSON struct {
	Bytes            int64   `json:"bytes"`
	Objects          int64   `json:"objects"`
	Core             int64   `json:"coreObjects"` // with references of their own
	References       int64   `json:"references"`
	Classes          int64   `json:"classes"`
	Sampled          int64   `json:"sampledBytes"`
	Workers          int     `json:"workers"`
	Seconds          float64 `json:"seconds"`
	CPUSeconds       float64 `json:"cpuSeconds"`
	HistogramSeconds float64 `json:"histogramCpuSeconds"`
	Memory           int64   `json:"memoryBytes"`
	Disk             int64   `json:"diskBytes"`
	MaxMemory        int64   `json:"maxMemoryBytes"`
}

func (a *app) estimate(ctx context.Context, path string) error {
	if err := a.check(estimateFormats...); err != nil {
		return err
	}
	p := a.progress()
	defer p.clear()
	j, err := a.estimated(ctx, path, p)
	if err != nil {
		return err
	}
	err = a.write(func(w io.Writer) error {
		if a.f.format == "json" {
			return writeJSON(w, j)
		}
		return printEstimate(w, j)
	})
	if err != nil {
		return err
	}
	a.printTiming()
	return nil
}

// estimated samples a dump.
func (a *app) estimated(ctx context.Context, path string, p *progress) (estimateJSON, error) {
	f, err := a.openDump(ctx, path, p)
	if err != nil {
		return estimateJSON{}, err
	}
	defer func() { _ = f.Close() }()
	p.clear()
	done := a.timing.phase("sampling")
	e, err := graph.EstimateBuild(ctx, f, graph.Options{Workers: a.f.workers})
	done()
	if err != nil {
		return estimateJSON{}, named(f.Path, err)
	}
	warn(a.stderr, e.Objects, f.Problems)
	return estimateJSON{
		Bytes: f.Size, Objects: e.Objects, Core: e.Core, References: e.References, Classes: e.Classes, Sampled: e.Sampled, Workers: e.Workers,
		Seconds: round(e.Wall), CPUSeconds: round(e.BuildCPU), HistogramSeconds: round(e.ScanCPU), Memory: e.Memory, Disk: e.Disk, MaxMemory: a.maxMemory(),
	}, nil
}

// estimateSection is the estimate as a section of a report.
func estimateSection(e estimateJSON) *report.Section {
	out := &report.Section{Name: "estimate", Title: "What an analysis will take"}
	out.Summary = fmt.Sprintf("About %s, %s of memory and %s of temporary files with %d workers.", duration(e.Seconds), humanize.IBytes(uint64(e.Memory)),
		humanize.IBytes(uint64(e.Disk)), e.Workers)
	if e.MaxMemory > 0 && e.Memory > e.MaxMemory {
		out.Notes = append(out.Notes, fmt.Sprintf("That is more memory than the %s it may use: the dump will be refused. heapcause histogram needs little.", humanize.IBytes(uint64(e.MaxMemory))))
	}
	seconds := func(s float64) report.Value { return report.Duration(time.Duration(s * float64(time.Second))) }
	for _, f := range []report.Fact{
		{Label: "size of the dump", Value: report.Bytes(e.Bytes)},
		{Label: "objects", Value: report.Count(e.Objects)},
		{Label: "references", Value: report.Count(e.References)},
		{Label: "classes", Value: report.Count(e.Classes)},
		{Label: "time", Value: seconds(e.Seconds)},
		{Label: "processor time", Value: seconds(e.CPUSeconds)},
		{Label: "processor time of a histogram", Value: seconds(e.HistogramSeconds)},
		{Label: "memory", Value: report.Bytes(e.Memory)},
		{Label: "memory allowed", Value: report.Bytes(e.MaxMemory)},
		{Label: "temporary files", Value: report.Bytes(e.Disk)},
		{Label: "bytes sampled", Value: report.Bytes(e.Sampled)},
	} {
		out.Facts = append(out.Facts, f)
	}
	return out
}

func printEstimate(w io.Writer, e estimateJSON) error {
	fmt.Fprintf(w, "%s of dump, about %s objects and %s references; %s classes\n", humanize.IBytes(uint64(e.Bytes)), humanize.Comma(e.Objects), humanize.Comma(e.References),
		humanize.Comma(e.Classes))
	fmt.Fprintf(w, "heapcause analyze takes about\n")
	fmt.Fprintf(w, "  time    %10s with %d workers (%s of processor time)\n", duration(e.Seconds), e.Workers, duration(e.CPUSeconds))
	fmt.Fprintf(w, "  memory  %10s", humanize.IBytes(uint64(e.Memory)))
	switch {
	case e.MaxMemory == 0:
		fmt.Fprintln(w)
	case e.Memory > e.MaxMemory:
		fmt.Fprintf(w, ", more than the %s it may use: see --max-memory\n", humanize.IBytes(uint64(e.MaxMemory)))
	default:
		fmt.Fprintf(w, " of the %s it may use\n", humanize.IBytes(uint64(e.MaxMemory)))
	}
	fmt.Fprintf(w, "  disk    %10s of temporary files\n", humanize.IBytes(uint64(e.Disk)))
	_, err := fmt.Fprintf(w, "heapcause histogram takes about %s of processor time\nsampled %s\n", duration(e.HistogramSeconds), humanize.IBytes(uint64(e.Sampled)))
	return err
}

// round gives seconds with two significant places behind the second: more would pretend.
func round(d time.Duration) float64 { return d.Round(10 * time.Millisecond).Seconds() }

// duration formats seconds for people.
func duration(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
