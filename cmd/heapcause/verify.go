package main

import (
	"fmt"
	"io"
	"os"

	"heapcause/graph"
)

// readHistogram reads a class histogram that a JVM printed.
func readHistogram(path string) (map[string]graph.ClassCount, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--verify-against: %w", fileError(path, err))
	}
	defer func() { _ = in.Close() }()
	jvm, err := graph.ParseHistogram(in)
	if err != nil {
		return nil, &hintError{named(path, err), "make one with `jcmd PID GC.class_histogram > FILE` (-all where the dump was made with -all)"}
	}
	return jvm, nil
}

// verify compares a histogram with the JVM's own. Other counts are other moments, not failures; other bytes are.
func (a *app) verify(h *graph.Histogram, jvm map[string]graph.ClassCount) error {
	v := h.Verify(jvm)
	err := a.write(func(w io.Writer) error {
		for _, d := range v.Counts {
			fmt.Fprintf(w, "count  %s: %d in the dump, %d in the histogram%s\n", clean(d.Name), d.Dump.Instances, d.JVM.Instances, reason(d))
		}
		for _, d := range v.Bytes {
			fmt.Fprintf(w, "bytes  %s: %d in the dump, %d in the histogram, %d instances%s\n", clean(d.Name), d.Dump.Bytes, d.JVM.Bytes, d.Dump.Instances, reason(d))
		}
		_, err := fmt.Fprintf(w, "%d classes equal, %d with other counts, %d with other bytes (%d bytes off)\nsizes: %s\n", v.Equal, len(v.Counts), len(v.Bytes), v.Off, h.Layout)
		return err
	})
	if err == nil && v.Off > 0 {
		return fmt.Errorf("%w: sizes differ by %d bytes from the JVM's histogram", errGate, v.Off)
	}
	return err
}

func reason(d graph.Difference) string {
	if d.Exempt == "" {
		return ""
	}
	return " (" + d.Exempt + ")"
}
