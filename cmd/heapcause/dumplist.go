package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"heapcause/graph/index"
)

// folderPatterns are the names of dumps in folders, in words.
const folderPatterns = "*.hprof, *.hprof.gz, *.hprof.zst, numbered ones such as *.hprof.1, and *.bin that begin as dumps do"

// listedDump is a dump of a list: as given, or as found in a folder. What cannot be looked at has an error and keeps its place.
type listedDump struct {
	path string
	err  error
	size int64       // of a regular file
	info fs.FileInfo // nil for standard input and where there is an error

	print *uint64 // its fingerprint, once that was asked for
}

// dumpList is what arguments of several dumps and folders come to.
type dumpList struct {
	dumps    []listedDump // by path, standard input first
	repeated [][2]string  // dumps left out, each with the one that it is the same as
}

// listDumps lists dumps and those of all folders below folders (see folderPatterns; hidden files and folders are left out), each
// once: a file that is listed by two names, or of which there is a copy, stands in the list under the first of them.
func listDumps(ctx context.Context, args []string) (dumpList, error) {
	var all []listedDump
	for _, arg := range args {
		if arg == "-" {
			all = append(all, listedDump{path: arg})
			continue
		}
		st, err := os.Stat(arg)
		switch {
		case err != nil:
			all = append(all, listedDump{path: arg, err: fileError(arg, err)})
		case st.IsDir():
			all = append(all, dumpsBelow(arg)...)
		default:
			all = append(all, listed(arg, st))
		}
	}
	slices.SortStableFunc(all, func(a, b listedDump) int {
		return cmp.Or(cmp.Compare(order(a.path), order(b.path)), cmp.Compare(a.path, b.path))
	})
	return once(ctx, all)
}

// order puts standard input first.
func order(path string) int {
	if path == "-" {
		return 0
	}
	return 1
}

func listed(path string, st fs.FileInfo) listedDump {
	d := listedDump{path: path, info: st}
	if st.Mode().IsRegular() {
		d.size = st.Size()
	}
	return d
}

// dumpsBelow lists the dumps below a folder; what cannot be read there is listed with its error, and so is a folder without any.
func dumpsBelow(dir string) []listedDump {
	var out []listedDump
	_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		file := filepath.Join(dir, filepath.FromSlash(name))
		switch {
		case name == "." && err == nil:
			return nil
		case err != nil:
			var p *fs.PathError
			if errors.As(err, &p) {
				err = p.Err
			}
			out = append(out, listedDump{path: file, err: fmt.Errorf("%s: %w", file, err)})
			return fs.SkipDir
		case strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !e.IsDir() && calledDump(e.Name()):
			out = append(out, inFolder(file)...)
		}
		return nil
	})
	if len(out) == 0 {
		return []listedDump{{path: dir, err: &hintError{fmt.Errorf("%s: no heap dump in this folder or below it", dir), "dumps are called " + folderPatterns}}}
	}
	return out
}

// calledDump reports whether a file has the name of a dump.
func calledDump(name string) bool {
	return slices.ContainsFunc(dumpPatterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// inFolder is a file of a folder, where it is a file that can be a dump.
func inFolder(file string) []listedDump {
	st, err := os.Stat(file) // of what a link leads to
	switch {
	case err != nil:
		return []listedDump{{path: file, err: fileError(file, err)}}
	case !st.Mode().IsRegular(), strings.HasSuffix(file, ".bin") && !bytes.HasPrefix(headOf(file), []byte("JAVA PROFILE ")):
		return nil
	}
	return []listedDump{listed(file, st)}
}

// once leaves out what is listed before under another name, or with the same content.
func once(ctx context.Context, all []listedDump) (out dumpList, err error) {
	bySize := map[int64][]*listedDump{}
next:
	for i := range all {
		d := &all[i]
		for _, o := range bySize[d.size] {
			same, err := o.same(ctx, d)
			if err != nil {
				return out, err
			}
			if same {
				out.repeated = append(out.repeated, [2]string{d.path, o.path})
				continue next
			}
		}
		bySize[d.size] = append(bySize[d.size], d)
		out.dumps = append(out.dumps, *d)
	}
	return out, nil
}

// same reports whether two of one size are the same dump. Their bytes are compared only where their fingerprints agree.
func (d *listedDump) same(ctx context.Context, o *listedDump) (bool, error) {
	switch {
	case d.path == o.path:
		return true, nil
	case d.info == nil || o.info == nil:
		return false, nil
	case os.SameFile(d.info, o.info):
		return true, nil
	case d.size == 0 || !d.fingerprint() || !o.fingerprint() || *d.print != *o.print:
		return false, nil
	}
	return sameContent(ctx, d.path, o.path)
}

// fingerprint finds d.print; it is false where the file cannot be read, which whoever opens it will say.
func (d *listedDump) fingerprint() bool {
	if d.print == nil {
		key, err := index.KeyOf(d.path, "")
		if err != nil {
			return false
		}
		d.print = &key.Fingerprint
	}
	return true
}

// sameContent compares two files of one size; one that cannot be read is another.
func sameContent(ctx context.Context, a, b string) (bool, error) {
	f, err := os.Open(a)
	if err != nil {
		return false, nil //nolint:nilerror // whoever opens the file will say it
	}
	defer func() { _ = f.Close() }()
	g, err := os.Open(b)
	if err != nil {
		return false, nil //nolint:nilerror // as above
	}
	defer func() { _ = g.Close() }()
	x, y := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, errA := io.ReadFull(f, x)
		m, errB := io.ReadFull(g, y)
		if n != m || !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return errors.Is(errA, io.EOF) && errors.Is(errB, io.EOF) || errors.Is(errA, io.ErrUnexpectedEOF) && errors.Is(errB, io.ErrUnexpectedEOF), nil
		}
	}
}
