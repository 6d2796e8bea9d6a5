package sessions

import (
	"cmp"
	"slices"
	"time"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// group is the sessions of one manager, which is those of one web application.
type group struct {
	manager  graph.Object
	context  string // its path
	sessions []session
	objects  analyze.ObjectSet
	sizes    []int64 // retained by each, ascending
	retained int64   // by all of them
	endless  int64   // that never expire
	once     int64   // that nobody came back to
	overdue  int64   // idle for longer than they may be
	invalid  int64
	idle     [len(idleBounds) + 1]int64
}

// idleBounds are the upper bounds of the histogram of idle times.
var idleBounds = [...]time.Duration{time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

var idleNames = [len(idleBounds) + 1]string{"below 1 min", "1 to 10 min", "10 to 30 min", "30 to 60 min", "1 to 4 h", "4 to 24 h", "1 to 7 days", "7 days and more"}

// A session without an access later than the request that created it, which takes no longer than onceWithin, was used once, if
// its client has had onceAfter to come back.
const (
	onceWithin = time.Second
	onceAfter  = time.Minute
)

// groups returns the sessions by manager, those that retain most first.
func (p pass) groups() []*group {
	byManager := map[graph.Object]*group{}
	var out []*group
	r := jdk.NewReader(p.Heap)
	for _, s := range p.all() {
		g := byManager[s.manager]
		if g == nil {
			g = &group{manager: s.manager}
			byManager[s.manager] = g
			out = append(out, g)
		}
		g.sessions = append(g.sessions, s)
	}
	for _, g := range out {
		g.context = contextPath(r, g.manager)
		p.count(g)
	}
	slices.SortStableFunc(out, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(a.context, b.context))
	})
	return out
}

// contextPath reads the path of the web application of a manager, "" when it is not known.
func contextPath(r *jdk.Reader, manager graph.Object) string {
	for _, path := range [][]string{{"context", "path"}, {"_context", "this$0", "_contextPath"}} {
		if s, ok := r.Name(manager, 200, path...); ok {
			return s
		}
	}
	return ""
}

func (p pass) count(g *group) {
	objects := make([]graph.Object, 0, len(g.sessions))
	for i := range g.sessions {
		s := &g.sessions[i]
		objects = append(objects, s.object)
		g.sizes = append(g.sizes, p.Heap.Retained(s.object))
		idle := p.idle(s)
		switch {
		case s.invalid:
			g.invalid++
		case s.limit <= 0:
			g.endless++
		case idle > time.Duration(s.limit)*time.Millisecond:
			g.overdue++
		}
		if s.accessed-s.created < onceWithin.Milliseconds() && idle >= onceAfter {
			g.once++
		}
		k := 0
		for k < len(idleBounds) && idle >= idleBounds[k] {
			k++
		}
		g.idle[k]++
	}
	slices.Sort(g.sizes)
	g.objects = analyze.NewSet(objects)
	g.retained = p.Heap.RetainedOf(g.objects)
}

// idle is the time from the last access to the dump, 0 where the dump does not tell its time.
func (p pass) idle(s *session) time.Duration {
	if p.Taken.IsZero() {
		return 0
	}
	const longest = int64(100 * 365 * 24 * time.Hour / time.Millisecond) // damage may say anything
	return time.Duration(min(max(p.Taken.UnixMilli()-s.accessed, 0), longest)) * time.Millisecond
}

// percentile returns the size that so many of a hundred sessions do not exceed.
func (g *group) percentile(n int) int64 { return g.sizes[(len(g.sizes)-1)*n/100] }
