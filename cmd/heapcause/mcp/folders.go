package mcp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// folders are those below which files may be opened.
type folders struct {
	spelled []string // as they were given, absolute
	real    []string // the same without symbolic links
	known   []string // dumps that may be named by their base name
}

// newFolders resolves the folders once: where a link leads later does not matter.
func newFolders(allow, dumps []string) (*folders, error) {
	f := &folders{}
	for _, d := range dumps {
		abs, err := filepath.Abs(d)
		if err != nil {
			return nil, err
		}
		f.known = append(f.known, abs)
		if len(allow) == 0 {
			f.spelled = append(f.spelled, filepath.Dir(abs))
		}
	}
	for _, d := range allow {
		abs, err := filepath.Abs(d)
		if err != nil {
			return nil, err
		}
		if st, err := os.Stat(abs); err != nil || !st.IsDir() {
			return nil, fmt.Errorf("--allow %s: there is no such folder", d)
		}
		f.spelled = append(f.spelled, abs)
	}
	if len(f.spelled) == 0 {
		return nil, errors.New("no dump and no folder was given")
	}
	slices.Sort(f.spelled)
	f.spelled = slices.Compact(f.spelled)
	for _, d := range f.spelled {
		target, err := filepath.EvalSymlinks(d)
		if err != nil {
			return nil, err
		}
		f.real = append(f.real, target)
	}
	return f, nil
}

// resolve finds the file that a call names: a path, absolute or below one of the folders, or the base name of a known dump. "" is the
// first known dump. The path returned has no symbolic links and lies below the folders.
func (f *folders) resolve(name string) (string, error) {
	switch {
	case name == "" && len(f.known) == 0:
		return "", fmt.Errorf("which dump? The tool dumps lists those below %s", strings.Join(f.spelled, ", "))
	case name == "":
		return f.check(f.known[0])
	case strings.ContainsFunc(name, unicode.IsControl) || len(name) > mostText:
		return "", fmt.Errorf("the name of a dump has control characters or is too long: %.60q", name)
	case filepath.IsAbs(name):
		return f.check(name)
	}
	for _, k := range f.known {
		if filepath.Base(k) == name {
			return f.check(k)
		}
	}
	var first error
	for _, d := range f.spelled {
		path, err := f.check(filepath.Join(d, name))
		if err == nil {
			return path, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", first
}

// check refuses what does not lie below the folders before it looks at any file, so that answers tell nothing of other places.
func (f *folders) check(path string) (string, error) {
	path = filepath.Clean(path)
	if !below(f.spelled, path) && !below(f.real, path) {
		return "", f.outside(path)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("%s: there is no such file; the tool dumps lists what there is", path)
	}
	if !below(f.real, target) {
		return "", f.outside(path)
	}
	st, err := os.Stat(target)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: cannot be read", path)
	case !st.Mode().IsRegular():
		return "", fmt.Errorf("%s: is no file", path)
	}
	return target, nil
}

func (f *folders) outside(path string) error {
	return fmt.Errorf("%s: lies outside of the folders that this server may open dumps in: %s", path, strings.Join(f.spelled, ", "))
}

// below reports whether a path lies in one of the folders or in one of theirs.
func below(dirs []string, path string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool {
		rel, err := filepath.Rel(d, path)
		return err == nil && filepath.IsLocal(rel)
	})
}
