package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/hprof"
)

// use is what a command does with a graph. It prints nothing; what it returns prints. Between the two the index that the graph
// may come from is asked whether all was right.
type use func(h *graph.Heap) (emit func() error, err error)

// withHeap runs a command on the graph of a dump: from its index where there is a valid one, else built. inbound says that the
// command needs inbound references.
func (a *app) withHeap(ctx context.Context, path string, p *progress, inbound bool, use use) error {
	if a.open.is(path) {
		return a.open.run(use)
	}
	stream, err := checkDump(path, a.f.output)
	if err != nil {
		return err
	}
	a.chooseTempDir(path)
	var x *dumpIndex
	if !stream {
		if x, err = a.indexOf(path); err != nil {
			return err
		}
	} else if a.f.index == "always" {
		return errStreamIndex
	}
	if x != nil {
		if done, err := a.fromIndex(ctx, x, p, use); done {
			return err
		}
	}
	keep := x != nil && (a.f.index == "always" || x.stale || a.person() && !a.passing || a.exploring && !inCI())
	h, done, err := a.build(ctx, path, p, !inbound && !keep)
	if err != nil {
		return err
	}
	defer done()
	if keep {
		if err := a.keep(ctx, h, x, p); err != nil {
			return err
		}
	}
	emit, err := use(h)
	if err != nil {
		return err
	}
	return emit()
}

// dumpIndex is where the index of a dump is, or would be.
type dumpIndex struct {
	dir, path string
	key       index.Key
	stale     bool // there is one that must not be used: it is replaced
}

// indexOf returns the place of a dump's index, nil when none is wanted or there is no folder for it.
func (a *app) indexOf(path string) (*dumpIndex, error) {
	if a.f.index == "never" {
		return nil, nil
	}
	if a.f.dump > 1 { // the header, by which a dump is known again, is that of the first
		if a.f.index == "always" {
			return nil, &hintError{fmt.Errorf("--index always: an index is kept of the first dump in a file only"), "leave --index or --dump out"}
		}
		return nil, nil
	}
	dir, err := a.indexDir()
	if err != nil {
		if a.f.index == "always" {
			return nil, &hintError{fmt.Errorf("--index always: %w", err), "name a folder with --index-dir"}
		}
		return nil, nil
	}
	key, err := index.KeyOf(path, a.variant())
	if err != nil {
		return nil, fileError(path, err)
	}
	return &dumpIndex{dir: dir, path: filepath.Join(dir, key.Name()), key: key}, nil
}

func (a *app) indexDir() (string, error) {
	if a.f.indexDir != "" {
		return a.f.indexDir, nil
	}
	return index.Folder()
}

// person reports whether somebody sits at the terminal: only then auto leaves a file behind.
func (a *app) person() bool {
	if inCI() {
		return false
	}
	_, tty := terminal(a.stderr)
	return tty
}

// inCI reports whether a build server runs the command.
func inCI() bool {
	ci := os.Getenv("CI")
	return ci != "" && ci != "false"
}

// fromIndex runs a command on the index of the dump. It is not done when there is no valid one, or when it turned out damaged
// before anything was printed.
func (a *app) fromIndex(ctx context.Context, x *dumpIndex, p *progress, use use) (done bool, err error) {
	file, err := index.Open(x.path, &x.key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var h *graph.Heap
	var emit func() error
	if err == nil {
		opened := a.timing.phase("opening the index")
		h, err = a.openIndexed(ctx, x, file, p)
		opened()
		if h != nil {
			defer func() { _, _ = h.File().Close(), h.Close() }()
		}
	}
	if err == nil {
		if emit, err = use(h); h.Err() != nil { // then whatever it said is void
			err = h.Err()
		}
	}
	switch {
	case errors.Is(err, index.ErrUnusable):
		x.stale = true
		p.pause()
		fmt.Fprintf(a.stderr, "heapcause: the index %s is not used: %s\n", x.path, index.Reason(err))
		return false, nil
	case err != nil:
		return true, err
	}
	if a.f.verbose {
		fmt.Fprintf(a.stderr, "heapcause: index used: %s (%s)\n", x.path, humanize.IBytes(uint64(file.Size)))
	}
	if err := emit(); err != nil {
		return true, err
	}
	if err := h.Err(); err != nil {
		_ = os.Remove(x.path)
		return true, &hintError{fmt.Errorf("%s: %s; what was printed is not to be trusted", x.path, index.Reason(err)), "the index has been removed: run the command again"}
	}
	return true, nil
}

// openIndexed opens the dump without reading its records, and its graph from the index.
func (a *app) openIndexed(ctx context.Context, x *dumpIndex, file *index.File, p *progress) (*graph.Heap, error) {
	f, err := a.openFile(ctx, x.key.Dump, hprof.Options{TempDir: a.f.tempDir, HeaderOnly: true}, p)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	h, err := graph.OpenIndex(file, f, a.graphOptions(p))
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return h, nil
}

// errStreamIndex says that an index stands for a file.
var errStreamIndex = &hintError{errors.New("an index is kept of a dump that is a file"), "write the dump to a file and name that"}

// errParts says that no index stands for several files.
var errParts = errors.New("the dump lies in several files")

// writeIndex writes the index of a graph and times it.
func (a *app) writeIndex(ctx context.Context, h *graph.Heap, x *dumpIndex) (size int64, err error) {
	if h.File().Parts > 0 {
		return 0, errParts
	}
	known := len(h.Timing)
	_, size, err = h.WriteIndex(ctx, x.dir, x.key)
	a.timing.phases = append(a.timing.phases, h.Timing[known:]...)
	return size, err
}

// keep writes the index of a graph. That it cannot be kept does not spoil the command.
func (a *app) keep(ctx context.Context, h *graph.Heap, x *dumpIndex, p *progress) error {
	size, err := a.writeIndex(ctx, h, x)
	p.pause()
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		fmt.Fprintf(a.stderr, "heapcause: warning: the index is not kept: %v\n", err)
	case !a.f.quiet:
		fmt.Fprintf(a.stderr, "heapcause: index kept: %s (%s)\n", x.path, humanize.IBytes(uint64(size)))
	}
	return nil
}
