package serve

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/dustin/go-humanize"

	"heapcause/report"
	"heapcause/report/html"
)

// section is one as the template wants it.
type section struct {
	report.Section
	Lists []tree
}

// tree is a tree as lines with their depth.
type tree struct {
	Title string
	Lines []line
	report.List[report.TreeNode]
}

// line is a node, or what was left out below one.
type line struct {
	report.TreeNode
	Depth int // for the eye, bounded
	Level int
}

// maxIndent is how deep lines are indented; the style sheet knows as many.
const maxIndent = 24

func (s *Server) sections(all ...report.Section) []section {
	var out []section
	for _, sec := range all {
		x := section{Section: sec}
		for _, t := range sec.Trees {
			x.Lists = append(x.Lists, tree{t.Title, lines(t.Nodes.Rows), t.Nodes})
		}
		out = append(out, x)
	}
	return out
}

// lines gives nodes their depth. The only child of a node is no deeper: chains stay on the page.
func lines(nodes []report.TreeNode) []line {
	children := make([]int64, len(nodes))
	for i := range nodes {
		if p := nodes[i].Parent; p >= 0 {
			children[p]++
		}
	}
	out := make([]line, len(nodes))
	for i, n := range nodes {
		out[i] = line{TreeNode: n, Level: 1}
		if p := n.Parent; p >= 0 {
			out[i].Depth, out[i].Level = out[p].Depth, out[p].Level+1
			if children[p]+nodes[p].OmittedChildren > 1 {
				out[i].Depth = min(out[p].Depth+1, maxIndent)
			}
		}
	}
	return out
}

var pageTemplate = template.Must(template.New("pages").Funcs(html.Funcs()).Funcs(template.FuncMap{
	"percent": func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) },
	"share": func(n, of int64) string {
		return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1)))
	},
	"linked":  func(any) template.HTML { return "" }, // each server has its own
	"number":  report.Value.Numeric,
	"short":   func(s string) string { return s[:min(len(s), 12)] },
	"add":     func(a, b int) int { return a + b },
	"classes": classColumn,
	"isclass": func(v report.Value) bool { return v.Kind() == "plain" && v.Text().String() != "" },
	"text":    func(v report.Value) string { return v.Short(html.Clean) },
	"comma64": func(n int) string { return humanize.Comma(int64(n)) },
}).Parse(pageText))

// classColumn reports whether a column has names of classes.
func classColumn(columns report.Rows[string], i int) bool {
	return i < len(columns) && (columns[i] == "class" || strings.HasSuffix(columns[i], " class"))
}

var addresses = regexp.MustCompile(`\b0x[0-9a-f]{1,16}\b`)

// linked writes a text with the addresses of objects as links.
func (s *Server) linked(x any) template.HTML {
	text, masked := "", false
	switch x := x.(type) {
	case string:
		text = html.Clean(x)
	case report.Address:
		text = x.String()
	case report.Value:
		text, masked = x.Short(html.Clean), x.IsText() && x.Text().Masked()
	}
	var b strings.Builder
	if masked {
		b.WriteString(`<span class="masked">`)
	}
	at := 0
	for _, m := range addresses.FindAllStringIndex(text, -1) {
		address := text[m[0]:m[1]]
		var a report.Address
		if a.UnmarshalText([]byte(address)) != nil {
			continue
		}
		if _, ok := s.heap.Lookup(uint64(a)); !ok {
			continue
		}
		template.HTMLEscape(&b, []byte(text[at:m[0]]))
		b.WriteString(`<a href="/show?of=` + url.QueryEscape(address) + `">` + template.HTMLEscapeString(address) + `</a>`)
		at = m[1]
	}
	template.HTMLEscape(&b, []byte(text[at:]))
	if masked {
		b.WriteString(`</span>`)
	}
	return template.HTML(b.String())
}
