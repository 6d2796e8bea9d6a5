package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Partition is what one dump has of all data sets. It is safe for concurrent use.
type Partition struct {
	dir, id string
	creator Creator

	mu    sync.Mutex
	wake  *sync.Cond
	err   error // ends all waiting
	files []*part
	sums  []Sum
	made  []string // folders that were not there
}

// Creator is who the files say has written them.
type Creator struct{ Name, Version string }

// part is a file that is to appear.
type part struct {
	file  *os.File
	table string
	path  string // its place
}

// Sum is what a data set has in a partition.
type Sum struct {
	Table string
	Rows  int64
	Bytes int64
	Files int
}

// Error is an error in writing the files, as opposed to reading the dump.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns the partition of a dump in a folder, which is made when it is not there.
func New(dir, id string, by Creator) *Partition {
	p := &Partition{dir: dir, id: id, creator: by}
	p.wake = sync.NewCond(&p.mu)
	return p
}

// folder returns the folder of a data set.
func (p *Partition) folder(table string) string { return filepath.Join(p.dir, table, "dump="+p.id) }

// create makes the next file of a data set.
func (p *Partition) create(table string, number int) (*os.File, error) {
	dir := p.folder(table)
	if err := p.mkdir(dir); err != nil {
		return nil, &Error{err}
	}
	name := fmt.Sprintf("part-%d.parquet", number)
	f, err := os.CreateTemp(dir, "."+name+".*") // only its owner may read it
	if err != nil {
		return nil, &Error{err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files = append(p.files, &part{f, table, filepath.Join(dir, name)})
	return f, nil
}

// mkdir makes a folder and those above it, and notes which were not there.
func (p *Partition) mkdir(dir string) error {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		missing = append(missing, d)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made = append(p.made, missing...)
	return nil
}

// Fail ends all waiting with an error. The first one counts.
func (p *Partition) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	p.wake.Broadcast()
}

// Sums returns what has been written, in the order in which tables were closed.
func (p *Partition) Sums() []Sum { return p.sums }

// Commit puts all files into their places, those of the last table last, and removes files of an earlier export that have no successor.
func (p *Partition) Commit() error {
	for _, f := range p.files {
		if err := f.file.Sync(); err != nil {
			return &Error{err}
		}
		if err := f.file.Close(); err != nil {
			return &Error{err}
		}
	}
	for i, f := range p.files {
		if err := os.Rename(f.file.Name(), f.path); err != nil {
			p.files = p.files[i:]
			return &Error{err}
		}
	}
	for _, s := range p.sums {
		p.removeOld(s)
	}
	p.files, p.made = nil, nil
	return nil
}

// removeOld removes parts of an earlier export beyond those of this one.
func (p *Partition) removeOld(s Sum) {
	dir := p.folder(s.Table)
	old, _ := filepath.Glob(filepath.Join(escape(dir), "part-*.parquet"))
	for _, f := range old {
		var n int
		if _, err := fmt.Sscanf(filepath.Base(f), "part-%d.parquet", &n); err == nil && n >= s.Files {
			_ = os.Remove(f)
		}
	}
}

// escape makes a folder's name stand for itself in a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// Abort removes what Commit has not put into its place, and the folders that were made for it.
func (p *Partition) Abort() {
	for _, f := range p.files {
		_ = f.file.Close()
		_ = os.Remove(f.file.Name())
	}
	slices.SortFunc(p.made, func(a, b string) int { return len(b) - len(a) })
	for _, d := range p.made {
		_ = os.Remove(d) // only when it is empty
	}
	p.files, p.made = nil, nil
}

// IsError reports whether an error is one of writing the files.
func IsError(err error) bool {
	var e *Error
	return errors.As(err, &e)
}
