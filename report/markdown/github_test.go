package markdown_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"heapcause/report"
	"heapcause/report/markdown"
	"heapcause/report/reporttest"
)

// TestGitHubReadsIt has a library that reads GitHub's Markdown read the long and the short form: each table of the report is a table of
// the same size, each path a block of code, and nothing of the dump became markup.
func TestGitHubReadsIt(t *testing.T) {
	library := goldmark.New(goldmark.WithExtensions(extension.GFM))
	for name, r := range map[string]*report.Report{"pg-timer": reporttest.PGTimer(), "full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile()} {
		for _, full := range []bool{false, true} {
			source := []byte(render(t, r, markdown.Options{Full: full}))
			count := map[ast.NodeKind]int{}
			err := ast.Walk(library.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				if !entering {
					return ast.WalkContinue, nil
				}
				count[n.Kind()]++
				if table, ok := n.(*extast.Table); ok {
					for row := table.FirstChild(); row != nil; row = row.NextSibling() {
						if row.ChildCount() != len(table.Alignments) {
							t.Errorf("%s: a row of %d cells in a table of %d columns", name, row.ChildCount(), len(table.Alignments))
						}
					}
				}
				switch n.Kind() {
				case ast.KindHTMLBlock, ast.KindRawHTML, ast.KindLink, ast.KindImage, ast.KindEmphasis, extast.KindStrikethrough, ast.KindBlockquote, ast.KindCodeBlock:
					if e, ok := n.(*ast.Emphasis); !ok || e.Level != 2 { // ** is ours
						t.Errorf("%s (full %v): %s in a %s", name, full, n.Kind(), n.Parent().Kind())
					}
				}
				return ast.WalkContinue, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if full {
				if want := tablesOf(r); count[extast.KindTable] != want {
					t.Errorf("%s: %d tables, want %d", name, count[extast.KindTable], want)
				}
			}
			paths := 0
			for i := range r.Findings {
				if len(r.Findings[i].Path) > 0 {
					paths++
				}
			}
			if full && count[ast.KindFencedCodeBlock] < paths {
				t.Errorf("%s: %d blocks of code, want at least %d", name, count[ast.KindFencedCodeBlock], paths)
			}
			var page bytes.Buffer
			if err := library.Convert(source, &page); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(page.String(), "<script") {
				t.Errorf("%s: a script", name)
			}
		}
	}
}

// tablesOf counts the tables that the full form has.
func tablesOf(r *report.Report) int {
	n := 0
	count := func(ts []report.Table) {
		for i := range ts {
			if len(ts[i].Rows) > 0 {
				n++
			}
		}
	}
	for i := range r.Findings {
		count(r.Findings[i].Tables)
	}
	for i := range r.Sections {
		count(r.Sections[i].Tables)
	}
	for _, rows := range []int{len(r.Consumers.Objects.Rows), len(r.Consumers.Classes.Rows), len(r.Consumers.Packages.Rows), len(r.Threads.Rows)} {
		if rows > 0 {
			n++
		}
	}
	return n
}
