package sessions

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// session is an HTTP session of one of the containers.
type session struct {
	object     graph.Object
	manager    graph.Object // Tomcat: the Manager; Jetty: the SessionHandler
	attributes graph.Object // a map
	data       graph.Object // Jetty: the SessionData, which has what follows
	created    int64        // milliseconds since 1970
	accessed   int64        // likewise, last
	limit      int64        // milliseconds it may be idle; 0 and below: for ever
	invalid    bool
}

func sessionObject(s session) graph.Object { return s.object }

// tomcatScan collects the sessions of Tomcat.
var tomcatScan = &analyze.Scan{Name: "Tomcat sessions", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "org.apache.catalina.session.StandardSession"
	var f [6]graph.Field
	for i, name := range []string{"manager", "attributes", "creationTime", "thisAccessedTime", "maxInactiveInterval", "isValid"} {
		var ok bool
		if f[i], ok = b.Need(class, name); !ok {
			return nil
		}
	}
	return &analyze.Rows[session]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) session {
			return session{
				object: v.Object, manager: v.Ref(f[0]), attributes: v.Ref(f[1]), data: graph.NoObject,
				created: v.Int(f[2]), accessed: v.Int(f[3]), limit: v.Int(f[4]) * 1000, invalid: !v.Bool(f[5]),
			}
		},
		Object: sessionObject,
	}
}}

// jettyScan collects the sessions of Jetty 9.4 to 11, without what their data have.
var jettyScan = &analyze.Scan{Name: "Jetty sessions", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "org.eclipse.jetty.server.session.Session"
	data, ok1 := b.Need(class, "_sessionData")
	handler, ok2 := b.Need(class, "_handler")
	if !ok1 || !ok2 {
		return nil
	}
	return &analyze.Rows[session]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) session {
			return session{object: v.Object, manager: v.Ref(handler), data: v.Ref(data), attributes: graph.NoObject}
		},
		Object: sessionObject,
	}
}}

// dataScan collects the data of Jetty's sessions: as sessions, whose objects are the data.
var dataScan = &analyze.Scan{Name: "Jetty session data", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "org.eclipse.jetty.server.session.SessionData"
	var f [4]graph.Field
	for i, name := range []string{"_attributes", "_created", "_accessed", "_maxInactiveMs"} {
		var ok bool
		if f[i], ok = b.Need(class, name); !ok {
			return nil
		}
	}
	return &analyze.Rows[session]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) session {
			return session{object: v.Object, attributes: v.Ref(f[0]), created: v.Int(f[1]), accessed: v.Int(f[2]), limit: v.Int(f[3])}
		},
		Object: sessionObject,
	}
}}

// all returns the sessions that are held, in address order.
func (p pass) all() []session {
	out := append([]session{}, analyze.Result[[]session](p.Pass, tomcatScan)...)
	data := analyze.Result[[]session](p.Pass, dataScan)
	for _, s := range analyze.Result[[]session](p.Pass, jettyScan) {
		if d := analyze.RowOf(data, s.data, sessionObject); d != nil {
			s.attributes, s.created, s.accessed, s.limit = d.attributes, d.created, d.accessed, d.limit
			out = append(out, s)
		}
	}
	kept := out[:0]
	for _, s := range out {
		if p.Heap.Strength(s.object) == graph.Strong || p.Incomplete() {
			kept = append(kept, s)
		}
	}
	return kept
}
