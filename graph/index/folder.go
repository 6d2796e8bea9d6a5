package index

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const tempSuffix = ".tmp"

// Folder returns the folder of indexes in the user's cache directory.
func Folder() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "heapcause"), nil
}

// Entry is an index in a folder.
type Entry struct {
	Path    string
	Size    int64
	Written time.Time
	Info    Info
	Version int    // of the format, 0 when it is not known
	Problem string // why it would not be used: damaged, foreign, its dump gone or changed; "" when it would
}

// List describes the indexes in a folder by name; one that does not exist has none.
func List(dir string) ([]Entry, error) {
	names, err := namesIn(dir, suffix)
	var out []Entry
	for _, name := range names {
		if e, ok := describe(filepath.Join(dir, name)); ok {
			out = append(out, e)
		}
	}
	return out, err
}

// describe reads the header of one index.
func describe(path string) (Entry, bool) {
	e := Entry{Path: path}
	st, err := os.Lstat(path)
	if err != nil {
		return e, false
	}
	e.Size, e.Written = st.Size(), st.ModTime()
	fd, size, err := openOwn(path)
	if err != nil {
		e.Problem = reason(err)
		return e, true
	}
	defer func() { _ = fd.Close() }()
	b := make([]byte, BlockBytes)
	if _, err := fd.ReadAt(b, 0); err != nil {
		e.Problem = err.Error()
		return e, true
	}
	if string(b[:len(magic)]) == magic && ne.Uint32(b[20:]) == orderMark {
		e.Version = int(ne.Uint32(b[16:]))
	}
	h, err := decodeHeader(b, size)
	if err != nil {
		e.Problem = reason(err)
		return e, true
	}
	e.Info = h.info
	now, err := KeyOf(h.info.Dump, h.info.Variant)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Problem = "the dump is gone"
	case err != nil:
		e.Problem = err.Error()
	default:
		e.Problem = h.info.changed(&now)
	}
	return e, true
}

// reason is the text of an error without "index not usable: ".
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), ErrUnusable.Error()+": ")
}

// Reason says in a few words why an index was not used.
func Reason(err error) string { return reason(err) }

// Clean removes the indexes in a folder that remove chooses, and what dead builders left. It returns what it removed.
func Clean(dir string, remove func(*Entry) bool) ([]Entry, error) {
	removeDead(dir)
	all, err := List(dir)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for i := range all {
		if !remove(&all[i]) {
			continue
		}
		if err := os.Remove(all[i].Path); err != nil {
			return out, err
		}
		out = append(out, all[i])
	}
	return out, nil
}

// removeDead removes temporary files whose builder has died: nobody holds their lock.
func removeDead(dir string) {
	names, _ := namesIn(dir, tempSuffix)
	for _, name := range names {
		if !strings.Contains(name, suffix+".") {
			continue
		}
		path := filepath.Join(dir, name)
		f, err := openFile(path)
		if err != nil {
			continue
		}
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && foreign(st) == "" && lock(f) {
			_ = os.Remove(path)
		}
		_ = f.Close()
	}
}

// namesIn returns the names in a folder that end so, sorted.
func namesIn(dir, ending string) ([]string, error) {
	es, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range es {
		if strings.HasSuffix(e.Name(), ending) && !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return out, err
}

// CheckFolder makes a folder of indexes and reports why none could be written there.
func CheckFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "try"+suffix+".*"+tempSuffix)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
