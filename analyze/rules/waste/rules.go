package waste

import (
	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/graph"
	"heapcause/report"
)

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{BufferSlack, DuplicateStrings, ObjectOverhead}
}

// pass is what the functions of these rules share.
type pass struct {
	*analyze.Pass
	found   *content.Found
	holders *content.Holders
}

// Thresholds that the rules have in common: what is less is found in every heap.
var (
	wasteShare = &analyze.Threshold{Name: "share", Default: 0.05, Unit: "share", Doc: "of the strongly reachable bytes: less is found in every heap"}
	wasteBytes = &analyze.Threshold{Name: "bytes", Default: 1 << 20, Unit: "bytes", Doc: "less is not worth a change, however small the heap"}
	wasteWarn  = &analyze.Threshold{Name: "warning", Default: 0.10, Unit: "share", Doc: "of the strongly reachable bytes: a warning from there on"}
)

// wasteful judges what is wasted; false where it is too little to be told.
func (p pass) wasteful(bytes int64) (report.Severity, bool) {
	share := p.Share(bytes)
	switch {
	case bytes < p.Count(wasteBytes) || share < p.Value(wasteShare):
		return "", false
	case share >= p.Value(wasteWarn):
		return report.Warning, true
	}
	return report.Info, true
}

// maxAsked objects are asked for a claim.
const maxAsked = 50

// claimed returns the finding that explains most of some objects.
func (p pass) claimed(os []graph.Object) *report.Finding {
	step := max(len(os)/maxAsked, 1)
	asked := 0
	count := map[*report.Finding]int{}
	for i := 0; i < len(os); i += step {
		asked++
		if c := p.Claimed(os[i]); c != nil {
			if count[c.Finding]++; 2*count[c.Finding] > len(os)/step {
				return c.Finding
			}
		}
	}
	return nil
}

// finish reports a finding of objects that are spread over the heap, or joins the one that explains most of them. Only a warning
// is claimed: a rule that joins it must not lose its voice.
func (p pass) finish(f report.Finding, first graph.Object, objects []graph.Object, labels ...string) {
	if c := p.claimed(objects); c != nil {
		p.Join(c, f.Title+".", f.Facts...)
		return
	}
	path := p.Holding(first, nil)
	p.Sign(&f, path, labels...)
	f.Path = p.Steps(path)
	r := p.Report(f)
	if r.Severity != report.Info {
		p.Claim(analyze.Claim{Finding: r, Point: p.pile(first, f.Retained), Members: analyze.NewSet(objects)})
	}
}

// pile returns the nearest dominator of an object that retains the better part of the waste.
func (p pass) pile(o graph.Object, wasted int64) graph.Object {
	for range maxClimb {
		if o == graph.NoObject || p.Heap.Retained(o) >= wasted/2 {
			return o
		}
		o = p.Heap.Idom(o)
	}
	return graph.NoObject
}

// maxClimb bounds the way up the dominator tree.
const maxClimb = 10000
