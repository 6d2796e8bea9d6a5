package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"heapcause/graph"
	"heapcause/hprof"
)

// open opens a dump. What is certainly none is refused with a word on what it is. "-" is standard input; like a pipe it is kept
// in a temporary file, as a dump is read more than once.
func (a *app) open(ctx context.Context, path string, p *progress) (*hprof.File, error) {
	if a.f.tempDir == "" {
		a.f.tempDir = defaultTempDir(path)
	}
	if path == "-" {
		if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, &hintError{errors.New("-: standard input is a terminal"), "pipe a dump into it, or name a file"}
		}
		return a.openStream(ctx, a.stdin, "standard input", p)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	switch {
	case st.IsDir():
		return nil, &hintError{fmt.Errorf("%s: is a folder, not a heap dump", path), dumpsIn(path)}
	case !st.Mode().IsRegular():
		fd, err := os.Open(path)
		if err != nil {
			return nil, fileError(path, err)
		}
		defer func() { _ = fd.Close() }()
		if term.IsTerminal(int(fd.Fd())) {
			return nil, &hintError{fmt.Errorf("%s: is a terminal", path), "pipe a dump into it, or name a file"}
		}
		return a.openStream(ctx, fd, path, p)
	}
	if out, err := os.Stat(a.f.output); err == nil && os.SameFile(st, out) {
		return nil, &hintError{fmt.Errorf("-o %s: is the dump itself", a.f.output), "name another file"}
	}
	done := a.timing.phase("opening")
	f, err := hprof.Open(ctx, path, hprof.Options{TempDir: a.f.tempDir, Progress: p.update})
	done()
	if errors.Is(err, hprof.ErrNotHPROF) {
		return nil, &hintError{named(path, err), notHPROFHint(headOf(path))}
	}
	if err != nil {
		return nil, fileError(path, err)
	}
	if f.Temp.Bytes > 0 && a.f.verbose {
		p.say("unpacked %s of %s into a temporary file in %s", humanize.IBytes(uint64(f.Temp.Bytes)), f.Compression, f.Temp.Dir)
	}
	return f, nil
}

// openStream opens a dump that can be read but once, and says where it is kept.
func (a *app) openStream(ctx context.Context, r io.Reader, name string, p *progress) (*hprof.File, error) {
	if r == nil {
		r = strings.NewReader("")
	}
	head := &headKeeper{r: r}
	if file, ok := r.(*os.File); ok && fromStart(file) { // a file after all: heapcause - < app.hprof
		head.head = readHead(file)
	} else {
		r = head
	}
	done := a.timing.phase("opening")
	f, err := hprof.OpenStream(ctx, r, name, hprof.Options{TempDir: a.f.tempDir, Progress: p.update})
	done()
	if errors.Is(err, hprof.ErrNotHPROF) {
		return nil, &hintError{named(name, err), notHPROFHint(head.bytes())}
	}
	if err != nil {
		return nil, named(name, err)
	}
	if f.Temp.Bytes == 0 || a.f.quiet {
		return f, nil
	}
	read, kept := humanize.IBytes(uint64(f.DiskSize)), humanize.IBytes(uint64(f.Temp.Bytes))
	if f.Temp.Bytes == f.DiskSize {
		p.say("read %s from %s into a temporary file in %s", read, name, f.Temp.Dir)
	} else {
		p.say("read %s of %s from %s, unpacked into a temporary file of %s in %s", read, f.Compression, name, kept, f.Temp.Dir)
	}
	return f, nil
}

// fromStart reports whether f is a regular file of which nothing has been read.
func fromStart(f *os.File) bool {
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return false
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return err == nil && at == 0
}

// headKeeper keeps how a stream begins, to tell what it is when it is no dump.
type headKeeper struct {
	r    io.Reader
	mu   sync.Mutex
	head []byte
}

func (k *headKeeper) Read(b []byte) (int, error) {
	n, err := k.r.Read(b)
	k.mu.Lock()
	if room := headBytes - len(k.head); room > 0 {
		k.head = append(k.head, b[:min(n, room)]...)
	}
	k.mu.Unlock()
	return n, err
}

func (k *headKeeper) bytes() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.head)
}

// build opens a dump and builds its graph. done releases both.
func (a *app) build(ctx context.Context, path string, p *progress, noInbound bool) (h *graph.Heap, done func(), err error) {
	f, err := a.open(ctx, path, p)
	if err != nil {
		return nil, nil, err
	}
	refs := graph.DefaultReferences
	if a.f.references == "all" {
		refs = graph.AllReferences
	}
	h, err = graph.Build(ctx, f, graph.Options{
		References: refs, Workers: a.f.workers, TempDir: a.f.tempDir, MaxMemory: a.limitMemory(), NoInbound: noInbound, Progress: p.update,
	})
	if err != nil {
		_ = f.Close()
		return nil, nil, named(f.Path, err)
	}
	a.timing.phases = append(a.timing.phases, h.Timing...)
	return h, func() {
		_ = h.Close()
		_ = f.Close()
	}, nil
}

// fileError says "path: cause" of an error in opening a file.
func fileError(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == path {
		err = fmt.Errorf("%s: %w", path, p.Err)
	}
	var tmp *hprof.TempError
	if err = named(path, err); errors.Is(err, fs.ErrNotExist) && !errors.As(err, &tmp) {
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
