package userrules

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"heapcause/analyze"
)

// maxFiles of rules are read of one folder.
const maxFiles = 1000

// Shipped returns the rules of heapcause that are written in YAML, by name.
func Shipped() []*analyze.Rule {
	rules, err := loadFolder(shipped, "shipped", "shipped")
	if err != nil {
		panic(err) // a test reads them
	}
	return engine(rules)
}

//go:embed shipped/*.yaml
var shipped embed.FS

// ShippedFile is the text of a shipped rule, "" for others.
func ShippedFile(rule string) string {
	b, err := shipped.ReadFile("shipped/" + rule + ".yaml")
	if err != nil {
		return ""
	}
	return string(b)
}

// Load reads the rules of all *.yaml and *.yml files of folders, by name.
func Load(dirs ...string) ([]*analyze.Rule, error) {
	var all []*Rule
	for _, dir := range dirs {
		rules, err := loadFolder(os.DirFS(dir), ".", dir)
		if err != nil {
			return nil, err
		}
		all = append(all, rules...)
	}
	byName := map[string]*Rule{}
	for _, r := range all {
		if q := byName[r.Name()]; q != nil {
			return nil, fmt.Errorf("%s: rule %s is in %s too", r.File, r.Name(), q.File)
		}
		byName[r.Name()] = r
	}
	return engine(all), nil
}

// engine makes rules for the engine.
func engine(rules []*Rule) []*analyze.Rule {
	var out []*analyze.Rule
	for _, r := range rules {
		out = append(out, r.Rule())
	}
	slices.SortFunc(out, func(a, b *analyze.Rule) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// loadFolder reads the files of a folder, which is called dir in messages; not those of its folders.
func loadFolder(fsys fs.FS, under, dir string) ([]*Rule, error) {
	entries, err := fs.ReadDir(fsys, under)
	if err != nil {
		return nil, err
	}
	var out []*Rule
	var errs []error
	files := 0
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if files++; files > maxFiles {
			return nil, fmt.Errorf("%s: more than %d files of rules", dir, maxFiles)
		}
		f, err := fsys.Open(path.Join(under, e.Name()))
		if err != nil {
			return nil, err
		}
		rules, err := read(f, filepath.Join(dir, e.Name()))
		out, errs = append(out, rules...), append(errs, err)
	}
	return out, errors.Join(errs...)
}

// ParseFile reads the rules of one file.
func ParseFile(name string) ([]*Rule, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return read(f, name)
}

// read parses a file, and closes it.
func read(f fs.File, name string) ([]*Rule, error) {
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return Parse(name, data)
}

// about reports whether a test is about the dump of that name.
func (e *expectation) about(dump string) bool {
	for _, name := range []string{filepath.Base(dump), filepath.ToSlash(dump)} {
		if ok, _ := path.Match(e.dump, name); ok {
			return true
		}
	}
	return false
}
