package mcp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/report"
	"heapcause/report/compare"
)

// Bounds of looking for dumps.
const (
	mostListed  = 1000
	mostVisited = 20_000
	mostDumps   = 20 // that are compared
)

// DumpsIn are the arguments of dumps.
type DumpsIn struct{ Paged }

func (s *Server) dumpsTool() error {
	return add(s, tool{"dumps", "List dumps", "The heap dumps that can be opened: files of the folders that this server was started for.", nil},
		func(ctx context.Context, q *question, _ *DumpsIn) (string, []report.Section, error) {
			q.says("mcp", "--help")
			out, err := s.listed(ctx)
			return "", []report.Section{out}, err
		}, func(in *DumpsIn) *Paged { return &in.Paged })
}

// listed looks through the folders, not behind links.
func (s *Server) listed(ctx context.Context) (report.Section, error) {
	t := report.Table{Name: "dumps", Title: "Dumps and saved reports", Columns: report.Rows[string]{"path", "bytes", "open"}}
	open, seen, visited := s.heaps.paths(), map[string]bool{}, 0
	for _, dir := range s.folders.real {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if visited++; visited > mostVisited || ctx.Err() != nil {
				return fs.SkipAll
			}
			if err != nil || !e.Type().IsRegular() || !isDump(e.Name()) && !slices.Contains(s.folders.known, path) || seen[path] {
				return nil
			}
			seen[path] = true
			info, err := e.Info()
			switch {
			case err != nil:
			case len(t.Rows) == mostListed:
				t.Omitted++
			default:
				word := "no"
				if open[path] {
					word = "yes"
				}
				t.Rows = append(t.Rows, report.Rows[report.Value]{report.Name(path), report.Bytes(info.Size()), report.Name(word)})
			}
			return nil
		})
		if err != nil {
			return report.Section{}, err
		}
	}
	out := report.Section{Name: "dumps", Title: "Dumps", Summary: analyze.Plural(int64(len(t.Rows))+t.Omitted, "file") + " below " + list(s.folders.spelled) + ".", Tables: report.Rows[report.Table]{t}}
	if visited > mostVisited {
		out.Notes = append(out.Notes, fmt.Sprintf("Looked at %d files; there are more.", mostVisited))
	}
	return out, ctx.Err()
}

// isDump tells dumps by their names.
func isDump(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".zst")
	return slices.Contains([]string{".hprof", ".bin", ".dump", ".hprof.json"}, filepath.Ext(name)) || strings.HasSuffix(name, ".hprof.json")
}

// compareTables are those of an answer, with how they are called.
var compareTables = [][2]string{
	{"steps", "Dumps"},
	{"paths", "Paths that grew in every step"},
	{"findings", "Findings"},
	{"classes", "Classes by growth"},
	{"packages", "Packages by growth"},
	{"loaders", "Class loaders by growth"},
	{"figures", "Figures"},
}

func (s *Server) compareTool() error {
	return add(s, tool{"compare", "Compare dumps", "What grew over two or more dumps or saved JSON reports: paths from GC roots that grew in every step, findings, classes, packages. " +
		"Analyses each dump: takes long on large ones.", nil},
		func(ctx context.Context, q *question, in *CompareIn) (string, []report.Section, error) {
			if len(in.Dumps) < 2 || len(in.Dumps) > mostDumps {
				return "", nil, fmt.Errorf("dumps: from 2 to %d are wanted", mostDumps)
			}
			words := []string{"compare"}
			for _, name := range in.Dumps {
				path, err := s.folders.resolve(name)
				if err != nil {
					return "", nil, err
				}
				words = append(words, path)
			}
			reports, err := s.compares.of(ctx, words[1:], func(path string) (*report.Report, error) { return s.opt.Report(ctx, path, q.progress) })
			if err != nil {
				return "", nil, err
			}
			for i, r := range reports {
				if r.Settings.ShowValues && !s.opt.ShowValues {
					return "", nil, fmt.Errorf("%s: this report shows contents of its dump, and the server was not started with --show-values", words[1+i])
				}
			}
			q.says(append(words, q.top())...)
			out, err := s.compared(reports, q.rows())
			return "", []report.Section{out}, err
		}, func(in *CompareIn) *Paged { return &in.Paged })
}

func (s *Server) compared(reports []*report.Report, rows int) (report.Section, error) {
	c, err := compare.Compare(reports, compare.Options{Top: rows, Tool: report.Tool{Name: "heapcause", Version: s.opt.Version}})
	if err != nil {
		return report.Section{}, err
	}
	out := report.Section{Name: "compare", Title: "Growth", Summary: "No path grew in every step.", Notes: c.Notes}
	if len(c.Paths.Rows) > 0 {
		p := &c.Paths.Rows[0]
		out.Summary = fmt.Sprintf("The path that grew most, by %s: %s.", compare.Difference(p.Growth), compare.PathText(p.Path))
	}
	out.Facts = append(out.Facts, analyze.Fact("growth of the strongly reachable heap", report.Name(compare.Difference(c.GrowthOfHeap()))))
	for _, n := range compareTables {
		t, err := c.Table(n[0])
		if err != nil {
			return out, err
		}
		if len(t.Rows) > 0 {
			t.Name, t.Title = n[0], n[1]
			out.Tables = append(out.Tables, *t)
		}
	}
	return out, nil
}

var errNoDump = errors.New("name a dump: heapcause://report?dump=PATH")
