package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"heapcause/report"
)

// minObject is the size of the smallest object in bytes, in any JVM.
const minObject = 8

// row is what is known of the things of one name.
type row map[metric]amount

// rows are classes, packages or loaders by name, with what is known of those that the report leaves out.
type rows struct {
	byName map[string]row
	unseen row // of a name that is not in byName; nil when the report has all
	omits  int64
}

// group returns the rows of a subject.
func (h *heap) group(s subject) *rows {
	if g := h.groups[s]; g != nil {
		return g
	}
	g := &rows{byName: map[string]row{}}
	switch s {
	case ofClass:
		h.classRows(g)
	case ofPackage:
		l := h.Consumers.Packages
		for _, p := range l.Rows {
			g.add(p.Name, row{classes: exactly(p.Classes), instances: exactly(p.Instances), shallow: exactly(p.Shallow), retained: retainedOf(p.Retained, p.Shallow)})
		}
		if l.Omitted > 0 {
			g.omits = l.Omitted
			g.unseen = unseen(lastRetained(l.Rows, func(p report.PackageRow) (int64, int64) { return p.Retained, p.Shallow }), unbounded)
		}
	case ofLoader:
		l := h.Consumers.Loaders
		for _, p := range l.Rows {
			g.add(cmp.Or(p.Name, p.Class), row{classes: exactly(p.Classes), instances: exactly(p.Instances), shallow: exactly(p.Shallow), retained: retainedOf(p.Retained, p.Shallow)})
		}
		if l.Omitted > 0 {
			g.omits = l.Omitted
			g.unseen = unseen(lastRetained(l.Rows, func(p report.LoaderRow) (int64, int64) { return p.Retained, p.Shallow }), unbounded)
			g.shared(func(string) bool { return true }) // loaders share names
		}
	}
	h.groups[s] = g
	return g
}

// classRows collects the classes from the two lists that have them: by what they retain, and by their own size.
func (h *heap) classRows(g *rows) {
	byRetained, byShallow := h.Consumers.Classes, h.Histogram
	all := byRetained.Rows
	switch {
	case byRetained.Omitted == 0:
	case byShallow.Omitted == 0:
		all = byShallow.Rows
	default:
		all = slices.Clone(all)
		for _, c := range byShallow.Rows {
			if !slices.Contains(byRetained.Rows, c) {
				all = append(all, c)
			}
		}
		g.omits = max(byRetained.Total(), byShallow.Total()) - int64(len(all))
	}
	several := map[string]bool{}
	for _, c := range all {
		several[c.Name] = c.Loader != ""
		g.add(c.Name, row{instances: exactly(c.Instances), shallow: exactly(c.Shallow), retained: retainedOf(c.Retained, c.Shallow)})
	}
	if g.omits <= 0 {
		return
	}
	size := int64(unbounded)
	if n := len(byShallow.Rows); n > 0 {
		size = byShallow.Rows[n-1].Shallow
	}
	g.unseen = unseen(lastRetained(byRetained.Rows, func(c report.ClassRow) (int64, int64) { return c.Retained, c.Shallow }), size)
	g.shared(func(name string) bool { return several[name] })
}

// shared widens what is known of names that one of the rows left out may have too.
func (g *rows) shared(is func(name string) bool) {
	for name, r := range g.byName {
		if is(name) {
			for m, u := range g.unseen {
				most := int64(unbounded)
				if u.hi <= unbounded/max(g.omits, 1) {
					most = u.hi * g.omits
				}
				r[m] = r[m].plus(amount{0, most})
			}
		}
	}
}

// retainedOf is what a row says of a retained size: 0 means that it was not computed, unless there is nothing.
func retainedOf(retained, shallow int64) amount {
	if retained < shallow {
		return amount{shallow, unbounded}
	}
	return exactly(retained)
}

// lastRetained is the smallest retained size of a list in that order: what it leaves out retains no more.
func lastRetained[T any](list []T, sizes func(T) (retained, shallow int64)) int64 {
	if len(list) == 0 {
		return unbounded
	}
	retained, shallow := sizes(list[len(list)-1])
	if retained < shallow {
		return unbounded // not computed
	}
	return retained
}

// unseen is what is known of a row that retains and takes no more than so much.
func unseen(most, size int64) row {
	size = min(size, most)
	n := int64(unbounded)
	if size != unbounded {
		n = size / minObject
	}
	return row{instances: {0, n}, shallow: {0, size}, retained: {0, most}, classes: {0, unbounded}}
}

// add adds a row to those of its name. Together several retain at least what the largest does, at most the sum.
func (g *rows) add(name string, r row) {
	have, ok := g.byName[name]
	if !ok {
		g.byName[name] = r
		return
	}
	for m, a := range r {
		sum := have[m].plus(a)
		if m == retained {
			sum.lo = max(have[m].lo, a.lo)
		}
		have[m] = sum
	}
}

// of returns what is known of a name.
func (g *rows) of(name string, m metric) amount {
	if r, ok := g.byName[name]; ok {
		return r[m]
	}
	return g.unseen[m] // exactly 0 where the report has all
}

// rows judges each class, package or loader that a limit is on.
func (c *checker) rows(l *limit) {
	g := c.now.group(l.subject)
	var before *rows
	if l.growth {
		before = c.old.group(l.subject)
	}
	names := map[string]bool{}
	for name := range g.byName {
		if l.pattern.matches(name) {
			names[name] = true
		}
	}
	var list []Verdict
	for _, name := range slices.Sorted(maps.Keys(names)) {
		subject := ""
		if l.glob() {
			subject = l.noun() + " " + name
		}
		list = append(list, l.judge(subject, g.of(name, l.metric), before.was(name, l.metric), c.now.whole()))
	}
	if len(list) == 0 || g.unseen != nil && l.glob() {
		list = append(list, c.unlisted(l, g, before))
	}
	c.Verdicts = append(c.Verdicts, worst(l, list)...)
}

// was is what there was of a name, nil without a baseline.
func (g *rows) was(name string, m metric) *amount {
	if g == nil {
		return nil
	}
	a := g.of(name, m)
	return &a
}

// unlisted judges what matches a limit and is not in the report's lists: nothing, or what they leave out.
func (c *checker) unlisted(l *limit, g, before *rows) Verdict {
	var old *amount
	if before != nil {
		old = &amount{} // the least that there can have been
		if !l.glob() {
			old = before.was(l.of, l.metric)
		}
	}
	v := l.judge("", g.unseen[l.metric], old, c.now.whole())
	switch {
	case g.unseen == nil:
		v.Text = fmt.Sprintf("%s: there is none; the limit is %s", l.what(), l.atMost())
	case v.State == Unknown:
		v.Text = fmt.Sprintf("%s: not among those that the report lists, which leaves out %d; the limit is %s", l.what(), g.omits, l.atMost())
	default:
		v.Text += ", as it is not among those that the report lists"
	}
	return v
}

// worst returns the verdicts to tell of a limit: all that are broken, up to a bound, one that is unknown, else the largest.
func worst(l *limit, list []Verdict) []Verdict {
	by := map[State][]Verdict{}
	for _, v := range list {
		by[v.State] = append(by[v.State], v)
	}
	largest := func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(b.Value.Int(), a.Value.Int()), cmp.Compare(a.Subject, b.Subject))
	}
	for _, vs := range by {
		slices.SortStableFunc(vs, largest)
	}
	out := by[Broken]
	if more := len(out) - maxRows; more > 0 {
		out = out[:maxRows:maxRows]
		out[maxRows-1].Text += fmt.Sprintf("; and %d more that break this limit", more)
	}
	if n := len(by[Unknown]); n > 0 {
		v := by[Unknown][0]
		if n > 1 {
			v.Text += fmt.Sprintf("; and %d more of which the report does not tell", n-1)
		}
		return append(out, v)
	}
	if len(out) > 0 {
		return out
	}
	v := by[OK][0]
	if l.glob() && len(list) > 1 {
		v.Text += fmt.Sprintf("; the largest of %d", len(by[OK]))
	}
	return []Verdict{v}
}
