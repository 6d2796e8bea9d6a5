package text

import (
	"fmt"
	"strings"

	"heapcause/report"
)

// maxIndent is how deep branches of a tree are indented; deeper ones say how deep they are.
const maxIndent = 12

// tree writes a node per line: what it retains, then the edge and the object, indented by branch. The only child of a node stands
// below it with an arrow, not farther in, so that chains stay on the page.
func (p *printer) tree(t *report.Tree) {
	rows := t.Nodes.Rows
	if len(rows) == 0 {
		return
	}
	p.line("")
	p.wrapped("   ", t.Title)
	sizes := 0
	children := make([]int64, len(rows))
	for i := range rows {
		sizes = max(sizes, width(bytes(rows[i].Retained)))
		if at := rows[i].Parent; at >= 0 {
			children[at]++
		}
	}
	w := treeWriter{p: p, rows: rows, sizes: sizes, level: make([]int, len(rows))}
	for i := range rows {
		at := rows[i].Parent
		w.leave(at)
		only := at >= 0 && children[at]+rows[at].OmittedChildren == 1
		if at >= 0 {
			w.level[i] = w.level[at]
			if !only {
				w.level[i]++
			}
		}
		w.node(i, only)
		w.open = append(w.open, i)
	}
	w.leave(-1)
	p.more("     ", t.Nodes.Omitted, t.Nodes.OmittedBytes)
}

// treeWriter is a tree that is being written.
type treeWriter struct {
	p     *printer
	rows  []report.TreeNode
	sizes int   // columns of the sizes
	level []int // of each node so far
	open  []int // nodes from the top down to the last one
}

// leave ends the nodes below one, and says which of their children were left out.
func (w *treeWriter) leave(at int) {
	for n := len(w.open) - 1; n >= 0 && w.open[n] != at; n-- {
		last := w.open[n]
		w.open = w.open[:n]
		r := &w.rows[last]
		if r.OmittedChildren > 0 {
			w.line("", w.level[last]+1, fmt.Sprintf("… and %s more with %s", comma(r.OmittedChildren), bytes(r.OmittedBytes)))
		}
	}
}

// treeLine is a node's line in parts. Where it is too long for the page, the label gives way first, then the note, then the class; the
// address is what is copied.
type treeLine struct {
	arrow, label, count, class, address, note, more string
}

func (w *treeWriter) node(i int, only bool) {
	r := &w.rows[i]
	l := treeLine{label: clean(r.Label), class: clean(r.Class), note: clean(r.Note)}
	if only {
		l.arrow = "→ "
	}
	if r.Address == 0 {
		l.count = fmt.Sprintf("%s × ", comma(r.Objects))
	} else {
		l.address = " @ " + r.Address.String()
		if r.Objects > 1 {
			l.more = fmt.Sprintf(" and %s more", comma(r.Objects-1)) + restOfMore
		}
	}
	w.line(bytes(r.Retained), w.level[i], l.text(w.room(w.level[i])))
}

// leastPart is how far a part of a line is cut for the others.
const leastPart = 16

// restOfMore is left out where it would cost the address.
const restOfMore = " like it, each holding the next"

// text puts the line together in so many columns, where its parts can be cut as far.
func (l *treeLine) text(room int) string {
	for _, part := range []*string{&l.label, &l.note, &l.class} {
		if over := width(l.String()) - room; over > 0 && width(*part) > leastPart {
			*part = middle(*part, max(leastPart, width(*part)-over))
		}
	}
	if width(l.String()) > room {
		l.more = strings.TrimSuffix(l.more, restOfMore)
	}
	return l.String()
}

func (l *treeLine) String() string {
	s := l.arrow
	if l.label != "" {
		s += l.label + "  "
	}
	s += l.count + l.class + l.address
	if l.note != "" {
		s += " (" + l.note + ")"
	}
	return s + l.more
}

// room is the columns for the text of a line.
func (w *treeWriter) room(level int) int {
	n := w.p.width - 7 - w.sizes - 2*min(level, maxIndent)
	if level > maxIndent {
		n -= len(fmt.Sprintf("(%d deep) ", level))
	}
	return n
}

func (w *treeWriter) line(size string, level int, s string) {
	indent := 2 * min(level, maxIndent)
	if level > maxIndent {
		s = fmt.Sprintf("(%d deep) %s", level, s)
	}
	w.p.line("     %*s  %*s%s", w.sizes, size, indent, "", middle(s, w.p.width-7-w.sizes-indent))
}
