package jdbc

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// connectionKind describes the connections of a driver.
type connectionKind struct {
	driver    string
	class     string
	closed    []string // path to a boolean or a number: not zero means closed
	openIfSet string   // instead: a reference that is null once the connection is closed
	internal  string   // field: the driver made it for itself
	url       []string // path to the text
	stack     string   // field: where it was opened, a Throwable
}

// Drivers whose flag no real dump confirms are left out: what is not known to be open is not told to leak.
var connectionKinds = []*connectionKind{
	{driver: "PostgreSQL", class: "org.postgresql.jdbc.PgConnection", closed: []string{"queryExecutor", "closed"}, url: []string{"creatingURL"}, stack: "openStackTrace"},
	{driver: "H2", class: "org.h2.jdbc.JdbcConnection", openIfSet: "session", url: []string{"url"}},
	{driver: "HSQLDB", class: "org.hsqldb.jdbc.JDBCConnection", closed: []string{"isClosed"}, internal: "isInternal"},
	{driver: "SQLite", class: "org.sqlite.SQLiteConnection", closed: []string{"db", "closed", "value"}, url: []string{"db", "url"}},
}

// driverConnection is a connection of a driver.
type driverConnection struct {
	object graph.Object
	kind   *connectionKind
}

// connectionScan collects the connections of the known drivers.
var connectionScan = &analyze.Scan{Name: "jdbc connections", Start: func(b *analyze.Binder) analyze.Scanner {
	s := &analyze.Rows[driverConnection]{Wanted: make([]bool, b.NumClasses()), Object: func(c driverConnection) graph.Object { return c.object }}
	kinds := make([]*connectionKind, b.NumClasses())
	found := false
	for _, k := range connectionKinds {
		first := k.openIfSet
		if first == "" {
			first = k.closed[0]
		}
		for _, base := range b.ClassesByName(k.class) {
			if _, ok := b.FindField(base, first); !ok {
				b.Unknown(k.class, first)
				continue
			}
			for c := range kinds {
				if b.IsA(graph.Class(c), base) {
					kinds[c], s.Wanted[c], found = k, true, true
				}
			}
		}
	}
	if !found {
		return nil
	}
	s.Read = func(v *graph.View) driverConnection { return driverConnection{v.Object, kinds[v.Class]} }
	return s
}}

// state is unknown where the connection's flag is not there.
func (c *driverConnection) open(r *jdk.Reader) (open, known bool) {
	k := c.kind
	if k.internal != "" && r.Bool(c.object, k.internal) {
		return false, true
	}
	if k.openIfSet != "" {
		return !r.Null(c.object, k.openIfSet), r.Has(c.object, k.openIfSet)
	}
	flag, known := r.Int(c.object, k.closed...)
	return flag == 0, known
}

// Bounds of looking at connections.
const (
	maxConnections = 20_000 // more are told by their number
	maxReferrers   = 50_000 // of one connection: it has as many statements
)

// pooled reports whether a pool has a connection.
func (p pass) pooled(c graph.Object) bool {
	h := p.Heap
	if h.InDegree(c) > maxReferrers {
		return true // nobody looked: it is not told of
	}
	for _, u := range h.In(c, nil) {
		if ofPool(h.ClassName(u)) {
			return true
		}
	}
	return false
}
