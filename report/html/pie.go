package html

import (
	"cmp"
	"strconv"

	"heapcause/report"
)

// pie is a ring of the parts of a whole.
type pie struct {
	Title  string
	Slices []slice
}

// slice is a part of a ring, whose whole way round is 100.
type slice struct {
	Name         string
	Color        string // a class of the style sheet
	Bytes        int64
	Share        float64
	From, Length string
}

// maxSlices of a pie are shown by name.
const maxSlices = 8

// add adds a part of the whole.
func (p *pie) add(name, color string, bytes, whole int64) {
	from := 0.0
	for _, s := range p.Slices {
		from += 100 * s.Share
	}
	share := float64(bytes) / float64(max(whole, 1))
	round := func(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }
	p.Slices = append(p.Slices, slice{clean(name), color, bytes, share, round(-from), round(100 * share)})
}

// reachability is the ring of what holds the heap.
func reachability(parts []part, whole int64) pie {
	p := pie{Title: "What holds the heap"}
	for _, x := range parts {
		p.add(x.Name, "s-"+x.Name, x.Bytes, whole)
	}
	return p
}

// pies are the rings of consumers that do not overlap: the largest objects, and classes by what their instances take themselves.
func pies(r *report.Report) []pie {
	var out []pie
	ring := func(title string, whole int64, n int, at func(i int) (string, int64)) {
		p, named := pie{Title: title}, int64(0)
		for i := range min(n, maxSlices) {
			name, bytes := at(i)
			if bytes <= 0 || bytes > whole-named {
				break // a saved report may hold anything
			}
			p.add(name, "p-"+strconv.Itoa(i), bytes, whole)
			named += bytes
		}
		if len(p.Slices) == 0 {
			return
		}
		if rest := whole - named; rest > 0 {
			p.add("all others", "p-rest", rest, whole)
		}
		out = append(out, p)
	}
	objects, classes := r.Consumers.Objects.Rows, r.Histogram.Rows
	ring("Largest objects, with all that they retain", r.Retention.Strong.Bytes, len(objects), func(i int) (string, int64) {
		return cmp.Or(objects[i].Note, objects[i].Class), objects[i].Retained
	})
	ring("Classes, by the bytes of their instances alone", r.Counts.Bytes, len(classes), func(i int) (string, int64) { return classes[i].Name, classes[i].Shallow })
	return out
}
