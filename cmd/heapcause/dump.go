package main

import (
	"cmp"
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

// checkDump refuses what is certainly no dump that can be read, with a word on what it is. It reports whether the dump can be
// read but once: standard input ("-") or a pipe.
func checkDump(path, output string) (stream bool, err error) {
	if path == "-" {
		return true, nil
	}
	st, err := os.Stat(path)
	if err != nil {
		return false, fileError(path, err)
	}
	if st.IsDir() {
		return false, &hintError{fmt.Errorf("%s: is a folder, not a heap dump", path), dumpsIn(path)}
	}
	if out, err := os.Stat(output); err == nil && os.SameFile(st, out) {
		return false, &hintError{fmt.Errorf("-o %s: is the dump itself", output), "name another file"}
	}
	return !st.Mode().IsRegular(), nil
}

// openDump opens a dump. "-" is standard input; like a pipe it is kept in a temporary file, as a dump is read more than once.
func (a *app) openDump(ctx context.Context, path string, p *progress) (*hprof.File, error) {
	stream, err := checkDump(path, a.f.output)
	if err != nil {
		return nil, err
	}
	a.chooseTempDir(path)
	opt := hprof.Options{TempDir: a.f.tempDir, Dump: a.f.dump, Progress: p.update}
	defer a.timing.phase("opening")()
	switch {
	case path == "-":
		if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, &hintError{errors.New("-: standard input is a terminal"), "pipe a dump into it, or name a file"}
		}
		return a.openStream(ctx, a.stdin, "standard input", opt, p)
	case stream:
		fd, err := os.Open(path)
		if err != nil {
			return nil, fileError(path, err)
		}
		defer func() { _ = fd.Close() }()
		if term.IsTerminal(int(fd.Fd())) {
			return nil, &hintError{fmt.Errorf("%s: is a terminal", path), "pipe a dump into it, or name a file"}
		}
		return a.openStream(ctx, fd, path, opt, p)
	}
	return a.openFile(ctx, path, opt, p)
}

// chooseTempDir says where temporary files go, unless the user has.
func (a *app) chooseTempDir(path string) {
	if a.f.tempDir == "" {
		a.f.tempDir = defaultTempDir(path)
	}
}

// openFile opens a dump that is a file.
func (a *app) openFile(ctx context.Context, path string, opt hprof.Options, p *progress) (*hprof.File, error) {
	f, err := hprof.Open(ctx, path, opt)
	if err != nil {
		return nil, cmp.Or(a.refused(path, func() []byte { return headOf(path) }, err), fileError(path, err))
	}
	a.sayDumps(path, f, p)
	if f.Temp.Bytes > 0 && a.f.verbose {
		p.say("unpacked %s of %s into a temporary file in %s", humanize.IBytes(uint64(f.Temp.Bytes)), f.Compression, f.Temp.Dir)
	}
	return f, nil
}

// refused returns the error for what is no dump, or has not that many, and nil for other errors. head returns how it begins.
func (a *app) refused(name string, head func() []byte, err error) error {
	switch {
	case errors.Is(err, hprof.ErrNotHPROF):
		return &hintError{named(name, err), notHPROFHint(name, head())}
	case errors.Is(err, hprof.ErrNoSuchDump):
		return &hintError{fmt.Errorf("--dump %d: %w", a.f.dump, named(name, err)), "leave the option out for the first"}
	}
	return nil
}

// sayDumps says that a file holds several dumps.
func (a *app) sayDumps(name string, f *hprof.File, p *progress) {
	if f.Dumps > 1 {
		p.say("%s: holds %d dumps; this is number %d (--dump chooses)", name, f.Dumps, f.Dump)
	}
}

// openStream opens a dump that can be read but once, and says where it is kept.
func (a *app) openStream(ctx context.Context, r io.Reader, name string, opt hprof.Options, p *progress) (*hprof.File, error) {
	if r == nil {
		r = strings.NewReader("")
	}
	head := &headKeeper{r: r}
	if file, ok := r.(*os.File); ok && fromStart(file) { // a file after all: heapcause - < app.hprof
		head.head = readHead(file)
	} else {
		r = head
	}
	f, err := hprof.OpenStream(ctx, r, name, opt)
	if err != nil {
		return nil, cmp.Or(a.refused(name, head.bytes, err), named(name, err))
	}
	a.sayDumps(name, f, p)
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
	f, err := a.openDump(ctx, path, p)
	if err != nil {
		return nil, nil, err
	}
	opt := a.graphOptions(p)
	opt.NoInbound = noInbound
	h, err = graph.Build(ctx, f, opt)
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

func (a *app) graphOptions(p *progress) graph.Options {
	opt := graph.Options{Workers: a.f.workers, TempDir: a.f.tempDir, MaxMemory: a.limitMemory(), Progress: p.update}
	if a.f.references == "all" {
		opt.References = graph.AllReferences
	}
	if a.f.objectSizes == "computed" {
		opt.Sizes = graph.ComputedSizes
	}
	return opt
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
		bytes := ""
		if p.Bytes > 0 && !strings.Contains(p.What, " bytes") {
			bytes = fmt.Sprintf(" (%d bytes)", p.Bytes)
		}
		fmt.Fprintf(w, "heapcause: warning: incomplete dump: at offset %d: %s%s\n", p.Offset, p.What, bytes)
	}
}
