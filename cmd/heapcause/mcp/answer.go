package mcp

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"heapcause/report"
	"heapcause/report/tables"
)

// Answer is what every tool answers with.
type Answer struct {
	Dump     string                      `json:"dump,omitempty"` // path of the dump
	Command  string                      `json:"command"`        // that prints the same in a shell
	Sections report.Rows[report.Section] `json:"sections"`
	More     report.Rows[More]           `json:"more"`
	Masked   bool                        `json:"masked"` // contents of the dump are masked
}

// More says where the rows of a table or tree continue that were left out.
type More struct {
	Table  string `json:"table"`
	Left   int64  `json:"left"`             // rows behind those shown
	Cursor string `json:"cursor,omitempty"` // for the same call once more; "" where a larger limit shows them
}

// cursor names a row of a table: "table:40". Those of trees have a "tree" between, since a tree's later rows are shown as a table.
type cursor struct {
	table  string
	tree   bool
	offset int
}

func parseCursor(s string) (c cursor, err error) {
	if s == "" {
		return c, nil
	}
	i := strings.LastIndexByte(s, ':')
	if i < 1 {
		return c, badCursor(s)
	}
	c.table = s[:i]
	if c.offset, err = strconv.Atoi(s[i+1:]); err != nil || c.offset < 0 || c.offset > mostOffset {
		return c, badCursor(s)
	}
	c.table, c.tree = strings.CutSuffix(c.table, ":tree")
	return c, nil
}

func badCursor(s string) error {
	return fmt.Errorf("cursor %.60q: is none that an answer gave", s)
}

func (c cursor) String() string {
	if c.tree {
		return fmt.Sprintf("%s:tree:%d", c.table, c.offset)
	}
	return fmt.Sprintf("%s:%d", c.table, c.offset)
}

// rows is how many rows of each table have to be there for a page. A tree is the same tree only when as much of it was asked for.
func (c cursor) rows(limit int) int {
	if c.tree {
		return limit
	}
	return c.offset + limit
}

// page keeps the rows that a call asks for: of one table from the cursor on, or the first of each.
func (c cursor) page(sections []report.Section, limit int) ([]report.Section, error) {
	if c.table == "" {
		for i := range sections {
			s := &sections[i]
			for j := range s.Tables {
				cutTable(&s.Tables[j], limit)
			}
		}
		return sections, nil
	}
	for i := range sections {
		s := &sections[i]
		t := s.Table(c.table)
		if c.tree {
			t = tables.OfSection(s, c.table)
		}
		if t == nil {
			continue
		}
		page := *t
		page.Rows = page.Rows[min(c.offset, len(page.Rows)):]
		cutTable(&page, limit)
		return []report.Section{{Name: s.Name, Title: s.Title, Summary: fmt.Sprintf("From row %d of %s.", c.offset+1, c.table), Tables: report.Rows[report.Table]{page}}}, nil
	}
	return nil, badCursor(c.String())
}

// cutTable keeps the first n rows. Sizes of what is left out are not known by column.
func cutTable(t *report.Table, n int) {
	if left := len(t.Rows) - n; left > 0 {
		t.Rows = t.Rows[:n:n]
		t.Omitted, t.OmittedBytes = t.Omitted+int64(left), 0
	}
}

func cutTree(t *report.Tree, n int) {
	if left := len(t.Nodes.Rows) - n; left > 0 {
		t.Nodes.Rows = t.Nodes.Rows[:n:n]
		t.Nodes.Omitted, t.Nodes.OmittedBytes = t.Nodes.Omitted+int64(left), 0
	}
}

// fit cuts the answer until its JSON has no more than most bytes: rows of the largest table or tree first, then remarks and figures.
func (a *Answer) fit(c cursor, most int) {
	whole := make([]int, 0, 4) // rows of the trees as they were made: only those can be paged
	for i := range a.Sections {
		for j := range a.Sections[i].Trees {
			whole = append(whole, len(a.Sections[i].Trees[j].Nodes.Rows))
		}
	}
	for a.more(c, whole); size(a) > most; a.more(c, whole) {
		if !a.cutLargest() && !a.cutRest() {
			return
		}
	}
}

// more notes where tables continue.
func (a *Answer) more(c cursor, whole []int) {
	a.More = nil
	for i := range a.Sections {
		s := &a.Sections[i]
		for j := range s.Tables {
			t := &s.Tables[j]
			next := cursor{table: t.Name, offset: len(t.Rows)}
			if c.table == t.Name {
				next.tree, next.offset = c.tree, c.offset+len(t.Rows)
			}
			a.continues(t.Name, next, t.Omitted, t.Name != "" && !(c.tree && len(t.Rows) == 0))
		}
		for j := range s.Trees {
			t := &s.Trees[j]
			a.continues(t.Name, cursor{t.Name, true, len(t.Nodes.Rows)}, t.Nodes.Omitted, len(t.Nodes.Rows) < whole[0])
			whole = whole[1:]
		}
	}
}

func (a *Answer) continues(table string, next cursor, left int64, paged bool) {
	if left <= 0 {
		return
	}
	m := More{Table: table, Left: left}
	if paged && next.offset <= mostOffset {
		m.Cursor = next.String()
	}
	a.More = append(a.More, m)
}

// cutLargest drops an eighth of the rows of the largest table or tree.
func (a *Answer) cutLargest() bool {
	largest, cut := 0, func() {}
	for i := range a.Sections {
		s := &a.Sections[i]
		for j := range s.Tables {
			t := &s.Tables[j]
			if n := size(t.Rows); len(t.Rows) > 0 && n > largest {
				largest, cut = n, func() { cutTable(t, len(t.Rows)-(len(t.Rows)+7)/8) }
			}
		}
		for j := range s.Trees {
			t := &s.Trees[j]
			if n := size(t.Nodes.Rows); len(t.Nodes.Rows) > 0 && n > largest {
				largest, cut = n, func() { cutTree(t, len(t.Nodes.Rows)-(len(t.Nodes.Rows)+7)/8) }
			}
		}
	}
	cut()
	return largest > 0
}

// cutRest drops the last remark, figure or section; at the end it shortens texts.
func (a *Answer) cutRest() bool {
	if len(a.Sections) == 0 {
		return false
	}
	s := &a.Sections[len(a.Sections)-1]
	switch {
	case len(s.Notes) > 0:
		s.Notes = s.Notes[:len(s.Notes)-1]
	case len(s.Facts) > 0:
		s.Facts = s.Facts[:len(s.Facts)-1]
	case len(s.Tables)+len(s.Trees) > 0:
		s.Tables, s.Trees = nil, nil
	case len(a.Sections) > 1:
		a.Sections = a.Sections[:len(a.Sections)-1]
	case len(s.Summary)+len(s.Title) > 400:
		s.Summary, s.Title = short(s.Summary), short(s.Title)
	default:
		return false
	}
	return true
}

// short keeps the beginning of a text.
func short(s string) string {
	if len(s) <= 200 {
		return s
	}
	return strings.ToValidUTF8(s[:196], "") + "…"
}

func size(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(b)
}
