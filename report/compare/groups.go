package compare

import (
	"cmp"
	"regexp"
	"slices"

	"heapcause/report"
)

// What the JVM appends to names: it changes from run to run.
var (
	address  = regexp.MustCompile(`( @ |[+/.])0x[0-9a-f]+`)
	lambda   = regexp.MustCompile(`\$\$Lambda(\$[0-9]+)?`)
	numbered = regexp.MustCompile(`(\$Proxy|GeneratedMethodAccessor|GeneratedConstructorAccessor)[0-9]+`)
)

// stable removes it, so that rows of several runs meet.
func stable(name string) string {
	name = lambda.ReplaceAllString(name, "$$$$Lambda")
	return numbered.ReplaceAllString(address.ReplaceAllString(name, ""), "$1")
}

// row is a class, package or loader in one report.
type row struct {
	name, loader                 string
	instances, shallow, retained int64
}

func (c *Comparison) groups(reports []*report.Report, top int) {
	c.Classes = grow(reports, top, func(r *report.Report) (rows []row, cut bool, least int64) {
		seen := map[[2]string]bool{}
		for _, l := range []report.List[report.ClassRow]{r.Consumers.Classes, r.Histogram} { // each cut by another order
			for _, x := range l.Rows {
				if k := [2]string{x.Name, x.Loader}; !seen[k] {
					seen[k] = true
					rows = append(rows, row{x.Name, x.Loader, x.Instances, x.Shallow, x.Retained})
				}
			}
		}
		return rows, r.Consumers.Classes.Omitted > 0, lastOf(r.Consumers.Classes.Rows, func(x report.ClassRow) int64 { return x.Retained })
	})
	c.Packages = grow(reports, top, func(r *report.Report) (rows []row, cut bool, least int64) {
		l := &r.Consumers.Packages
		for _, x := range l.Rows {
			rows = append(rows, row{x.Name, "", x.Instances, x.Shallow, x.Retained})
		}
		return rows, l.Omitted > 0, lastOf(l.Rows, func(x report.PackageRow) int64 { return x.Retained })
	})
	c.Loaders = grow(reports, top, func(r *report.Report) (rows []row, cut bool, least int64) {
		l := &r.Consumers.Loaders
		for _, x := range l.Rows {
			rows = append(rows, row{x.Class, x.Name, x.Instances, x.Shallow, x.Retained})
		}
		return rows, l.Omitted > 0, lastOf(l.Rows, func(x report.LoaderRow) int64 { return x.Retained })
	})
}

// lastOf is what the last row of a list retains: no row behind it has more.
func lastOf[T any](rows []T, retained func(T) int64) int64 {
	if len(rows) == 0 {
		return 0
	}
	return retained(rows[len(rows)-1])
}

// grow lines rows up by name and computes their growth.
func grow(reports []*report.Report, top int, of func(*report.Report) (rows []row, cut bool, least int64)) report.List[GroupGrowth] {
	type key struct{ name, loader string }
	by := map[key]*GroupGrowth{}
	var keys []key
	absent := make([]GroupPoint, len(reports))
	for i, r := range reports {
		rows, cut, least := of(r)
		absent[i] = GroupPoint{Listed: !cut}
		if cut {
			absent[i].AtMost = least
		}
		for _, x := range rows {
			k := key{stable(x.name), stable(x.loader)}
			g := by[k]
			if g == nil {
				g = &GroupGrowth{Name: k.name, Loader: k.loader, Points: make([]GroupPoint, len(reports))}
				by[k] = g
				keys = append(keys, k)
			}
			p := &g.Points[i]
			p.Listed = true
			p.Instances += x.instances
			p.Shallow += x.shallow
			p.Retained += x.retained
		}
	}
	var out []GroupGrowth
	for _, k := range keys {
		g := by[k]
		for i := range g.Points {
			if !g.Points[i].Listed {
				g.Points[i] = absent[i]
			}
		}
		if g.measure(); g.Retained != 0 || g.Shallow != 0 || g.Instances != 0 {
			out = append(out, *g)
		}
	}
	slices.SortFunc(out, func(a, b GroupGrowth) int {
		return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(b.Shallow, a.Shallow), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Loader, b.Loader))
	})
	return report.Cap(out, top, nil)
}

// measure computes the growth. The last point that is not known is taken for what the last known one had; the first for the most
// that it can have been.
func (g *GroupGrowth) measure() {
	g.Exact = !slices.ContainsFunc(g.Points, func(p GroupPoint) bool { return !p.Listed })
	if g.Exact {
		g.Steady = steady(series(g.Points, func(p GroupPoint) int64 { return p.Retained }), 1)
	}
	last := len(g.Points) - 1
	for last > 0 && !g.Points[last].Listed {
		last--
	}
	a, b := g.Points[0], g.Points[last]
	if !b.Listed || last == 0 {
		return
	}
	if !a.Listed {
		g.Retained = max(b.Retained-a.AtMost, 0)
		return
	}
	g.Retained, g.Shallow, g.Instances = b.Retained-a.Retained, b.Shallow-a.Shallow, b.Instances-a.Instances
}
