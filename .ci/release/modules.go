package main

import (
	"cmp"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// module is one that is linked into a binary.
type module struct {
	path, version, sum string
	texts              []legalText
	license            string // SPDX expression of all texts
}

// legalText is a file with a licence or a notice.
type legalText struct{ name, text string }

// permissive are the licences that linked modules may have: all let a binary be given away with no more than their texts.
var permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unlicense", "Zlib"}

var (
	legalName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.\-_].*)?$`)
	patents   = regexp.MustCompile(`(?i)^patents`)
)

// modules returns what a binary says it was linked from, by path, the standard library as std, with the texts of their licences.
func (b *builder) modules(t target, binary string) ([]module, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	goroot, err := output(b.ctx, b.root, goEnv(t), "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	dirs, err := b.packageDirs(t)
	if err != nil {
		return nil, err
	}
	dirs["std"] = []string{goroot}
	all := []module{{path: "std", version: strings.TrimPrefix(info.GoVersion, "go")}}
	for _, d := range info.Deps {
		if d.Replace != nil {
			return nil, fmt.Errorf("%s is replaced: a release is made of published modules alone", d.Path)
		}
		all = append(all, module{path: d.Path, version: d.Version, sum: d.Sum})
	}
	for i := range all {
		if err := all[i].read(dirs[all[i].path]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(x, y module) int { return cmp.Compare(x.path, y.path) })
	return all, nil
}

// packageDirs returns the folders of linked packages and of their parents up to the module's root, by module.
func (b *builder) packageDirs(t target) (map[string][]string, error) {
	const format = "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}\t{{.Dir}}"
	text, err := output(b.ctx, b.root, goEnv(t), "go", "list", "-deps", "-f", format, "./cmd/heapcause")
	if err != nil {
		return nil, err
	}
	dirs := map[string][]string{}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue // of the standard library or of heapcause
		}
		path, root, dir := f[0], f[1], f[2]
		for {
			if !slices.Contains(dirs[path], dir) {
				dirs[path] = append(dirs[path], dir)
			}
			if dir == root || len(dir) < len(root) {
				break
			}
			dir = filepath.Dir(dir)
		}
	}
	for path := range dirs {
		slices.Sort(dirs[path]) // the root first
	}
	return dirs, nil
}

// read collects the legal texts of a module and says under which licences it is.
func (m *module) read(dirs []string) error {
	if len(dirs) == 0 {
		return fmt.Errorf("%s: linked, but go list knows no package of it on %s", m.path, runtime.GOOS)
	}
	var ids []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || !legalName.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(dirs[0], filepath.Join(dir, e.Name()))
			m.texts = append(m.texts, legalText{filepath.ToSlash(name), strings.ReplaceAll(string(text), "\r\n", "\n")})
			if !patents.MatchString(e.Name()) { // grants besides the licence
				ids = append(ids, licences(text)...)
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return errors.New(m.path + ": no licence that is known")
	}
	for _, id := range ids {
		if !slices.Contains(permissive, id) {
			return fmt.Errorf("%s: licence %s is none of %v", m.path, id, permissive)
		}
	}
	m.license = strings.Join(ids, " AND ")
	return nil
}

// licences returns the SPDX identifiers of the licences in a text, none for notices.
func licences(text []byte) []string {
	var ids []string
	for _, match := range licensecheck.Scan(text).Match {
		if !match.IsURL {
			ids = append(ids, match.ID)
		}
	}
	return ids
}
