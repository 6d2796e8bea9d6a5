package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"heapcause/graph"
	"heapcause/hprof"
)

// checkDump refuses what is certainly no dump that can be read, with a word on what it is.
func checkDump(path, output string) error {
	if path == "-" {
		return &hintError{errors.New("-: this version does not read standard input"), "write the dump to a file and name that"}
	}
	st, err := os.Stat(path)
	if err != nil {
		return fileError(path, err)
	}
	switch {
	case st.IsDir():
		return &hintError{fmt.Errorf("%s: is a folder, not a heap dump", path), dumpsIn(path)}
	case !st.Mode().IsRegular():
		return &hintError{fmt.Errorf("%s: is no regular file", path), "a dump is read more than once: write it to a file and name that"}
	}
	if out, err := os.Stat(output); err == nil && os.SameFile(st, out) {
		return &hintError{fmt.Errorf("-o %s: is the dump itself", output), "name another file"}
	}
	return nil
}

// open opens a dump. What is certainly none is refused with a word on what it is.
func (a *app) open(ctx context.Context, path string) (*hprof.File, error) {
	if err := checkDump(path, a.f.output); err != nil {
		return nil, err
	}
	defer a.timing.phase("opening")()
	return a.openWith(ctx, path, hprof.Options{TempDir: a.f.tempDir})
}

func (a *app) openWith(ctx context.Context, path string, opt hprof.Options) (*hprof.File, error) {
	f, err := hprof.Open(ctx, path, opt)
	if errors.Is(err, hprof.ErrNotHPROF) {
		return nil, &hintError{named(path, err), notHPROFHint(path)}
	}
	if err != nil {
		return nil, fileError(path, err)
	}
	return f, nil
}

// build opens a dump and builds its graph. done releases both.
func (a *app) build(ctx context.Context, path string, p *progress, noInbound bool) (h *graph.Heap, done func(), err error) {
	f, err := a.open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	opt := a.graphOptions(p)
	opt.NoInbound = noInbound
	h, err = graph.Build(ctx, f, opt)
	if err != nil {
		_ = f.Close()
		return nil, nil, named(path, err)
	}
	a.timing.phases = append(a.timing.phases, h.Timing...)
	return h, func() {
		_ = h.Close()
		_ = f.Close()
	}, nil
}

func (a *app) graphOptions(p *progress) graph.Options {
	refs := graph.DefaultReferences
	if a.f.references == "all" {
		refs = graph.AllReferences
	}
	return graph.Options{References: refs, Workers: a.f.workers, TempDir: a.f.tempDir, MaxMemory: a.limitMemory(), Progress: p.update}
}

// fileError says "path: cause" of an error in opening a file.
func fileError(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == path {
		err = fmt.Errorf("%s: %w", path, p.Err)
	}
	if err = named(path, err); errors.Is(err, fs.ErrNotExist) {
		return &hintError{err, missingHint(path)}
	}
	return err
}

// named puts the file's name before an error that lacks it.
func named(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// maxWarnings of damaged places are printed one by one.
const maxWarnings = 5

// warn tells of damage on standard error, where a report that goes elsewhere does not show it.
func warn(w io.Writer, objects int64, problems []hprof.Problem) {
	if objects == 0 {
		fmt.Fprintln(w, "heapcause: warning: the dump has no objects: its JVM may have stopped before it wrote any")
	}
	for i, p := range problems {
		if i == maxWarnings {
			fmt.Fprintf(w, "heapcause: warning: and %d more damaged places\n", len(problems)-i)
			return
		}
		fmt.Fprintf(w, "heapcause: warning: incomplete dump: at offset %d: %s\n", p.Offset, p.What)
	}
}
