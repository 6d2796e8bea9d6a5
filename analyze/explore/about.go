package explore

import (
	"time"

	"heapcause/analyze/jdk"
	"heapcause/analyze/rules/jdbc"
	"heapcause/graph"
	"heapcause/report"
)

// about adds facts that objects of some classes have.
func (v *view) about() {
	if c, ok := v.h.AsClass(v.o); ok {
		v.aboutClass(c)
		return
	}
	k := v.h.Class(v.h.ClassOf(v.o))
	if k.IsArray {
		v.fact("length", report.Count(v.h.Length(v.o)))
		return
	}
	if k.Loader != graph.NoObject {
		v.fact("class loader", v.Describe(k.Loader))
	}
	v.aboutThread()
	v.aboutStatement()
	v.aboutCollection()
}

func (v *view) aboutClass(c graph.Class) {
	k := v.h.Class(c)
	if k.Super != graph.NoClass {
		v.fact("superclass", report.Name(v.h.Class(k.Super).Name))
	}
	loader := report.Name("boot loader")
	if k.Loader != graph.NoObject {
		loader = v.Describe(k.Loader)
	}
	v.fact("class loader", loader)
	v.fact("instances", report.Count(k.Instances))
	v.fact("subclasses", report.Count(v.subclasses(c)))
}

func (v *view) subclasses(c graph.Class) (n int64) {
	for i := range v.h.NumClasses() {
		if v.h.Class(graph.Class(i)).Super == c {
			n++
		}
	}
	return n
}

func (v *view) aboutThread() {
	if _, ok := v.h.ThreadOf(v.o); !ok {
		return
	}
	if v.states == nil {
		v.states = jdk.NewThreadStates(v.h)
	}
	s := v.states.Of(v.c, v.o)
	if s.State != "" {
		v.fact("state", report.Name(s.State))
	}
	v.fact("daemon", truth(jdk.IsDaemon(v.h, v.o)))
	if s.Virtual {
		v.fact("virtual", truth(true))
		v.fact("pinned", truth(s.Pinned))
	}
	if s.Blocker != graph.NoObject {
		v.fact("waits for", v.Describe(s.Blocker))
	}
}

// aboutStatement tells the SQL of a JDBC statement and whether it is closed.
func (v *view) aboutStatement() {
	s, ok := v.jdbc().Read(v.o)
	if !ok {
		return
	}
	v.fact("driver", report.Name(s.Driver))
	v.fact("statement", report.Name(map[bool]string{true: "open", false: "closed"}[s.Open]))
	if s.SQL != "" {
		v.fact("SQL", report.Content(v.policy.SQL(s.SQL)))
	}
	if s.TimeoutSeconds > 0 && s.TimeoutSeconds < maxTimeout {
		v.fact("query timeout", report.Duration(time.Duration(s.TimeoutSeconds)*time.Second))
	}
	if s.Connection != graph.NoObject {
		v.fact("connection", v.Describe(s.Connection))
	}
}

// maxTimeout is what fits into a duration, in seconds: forged fields hold anything.
const maxTimeout = 1 << 33

// aboutCollection tells how full a collection is.
func (v *view) aboutCollection() {
	k := v.r.CollectionClass(v.h.ClassOf(v.o))
	if k == nil || !v.c.Load(v.o) {
		return
	}
	r := k.Read(&v.c.View)
	if n, whole := v.Size(v.o); n >= 0 && whole {
		v.fact("elements", report.Count(n))
	}
	if n := k.Capacity(r.Store); n >= 0 && r.Store != graph.NoObject && !k.Wraps() {
		v.fact("capacity", report.Count(n))
	}
}

func (d *Decoder) jdbc() *jdbc.StatementReader {
	if d.statements == nil {
		d.statements = jdbc.NewStatementReader(d.h)
	}
	return d.statements
}
