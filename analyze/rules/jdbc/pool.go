package jdbc

import (
	"strings"
	"time"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// poolKind describes one connection pool: its class, and how its state is read. Names are those of the jars.
type poolKind struct {
	name   string
	class  string   // of the pool
	needs  []string // fields that class must have, or its version is unknown
	borrow string   // Class.method that a thread which waits for a connection is in
	read   func(*poolReader, *pool)
	fix    []string // how the pool finds leaks, and how it is sized
}

var poolKinds = []*poolKind{
	{
		name: "HikariCP", class: "com.zaxxer.hikari.pool.HikariPool", needs: []string{"connectionBag", "config"},
		borrow: "com.zaxxer.hikari.pool.HikariPool.getConnection", read: (*poolReader).hikari,
		fix: []string{
			"Set leakDetectionThreshold (milliseconds, 2,000 at least): HikariCP then logs the stack of whoever keeps a connection longer.",
			"Raise maximumPoolSize only where the database has the cores for it; set connectionTimeout so that requests fail instead of waiting.",
		},
	},
	dbcp2("Apache DBCP 2", "org.apache.commons.pool2.impl.", "org.apache.commons.dbcp2."),
	dbcp2("Tomcat DBCP 2", "org.apache.tomcat.dbcp.pool2.impl.", "org.apache.tomcat.dbcp.dbcp2."),
	{
		name: "c3p0", class: "com.mchange.v2.resourcepool.BasicResourcePool", needs: []string{"managed", "unused", "max"},
		borrow: "com.mchange.v2.resourcepool.BasicResourcePool.checkoutResource", read: (*poolReader).c3p0,
		fix: []string{
			"Set unreturnedConnectionTimeout (seconds) and debugUnreturnedConnectionStackTraces=true: c3p0 then takes such connections back and logs who borrowed them.",
			"Raise maxPoolSize only where the database has the cores for it; set checkoutTimeout so that requests fail instead of waiting.",
		},
	},
	{
		name: "Tomcat JDBC", class: "org.apache.tomcat.jdbc.pool.ConnectionPool", needs: []string{"busy", "poolProperties"},
		borrow: "org.apache.tomcat.jdbc.pool.ConnectionPool.borrowConnection", read: (*poolReader).tomcat,
		fix: []string{
			"Set removeAbandoned=true, removeAbandonedTimeout (seconds) and logAbandoned=true: the pool then takes such connections back and logs who borrowed them.",
			"Raise maxActive only where the database has the cores for it; set maxWait so that requests fail instead of waiting.",
		},
	},
}

// dbcp2 is DBCP 2 under the name of its packages: Tomcat has a copy.
func dbcp2(name, pool2, dbcp string) *poolKind {
	return &poolKind{
		name: name, class: pool2 + "GenericObjectPool", needs: []string{"allObjects", "maxTotal"},
		borrow: pool2 + "GenericObjectPool.borrowObject",
		read:   func(r *poolReader, p *pool) { r.dbcp2(p, dbcp) },
		fix: []string{
			"Set removeAbandonedOnBorrow=true, removeAbandonedTimeout (seconds) and logAbandoned=true: the pool then takes such connections back and logs who borrowed them.",
			"Raise maxTotal only where the database has the cores for it; set maxWaitMillis so that requests fail instead of waiting.",
		},
	}
}

// pool is a connection pool of a dump.
type pool struct {
	kind    *poolKind
	object  graph.Object
	name    string // as it was configured, content of the dump
	url     string // of the database, content of the dump
	max     int64
	idle    int64
	waiting int64
	busy    []*borrowed // in the order of the pool's list
	alien   bool        // a pool of something else than connections, or closed
	unknown string      // what makes its version unknown
	detects bool        // it is set up to tell of leaks
	stacks  []leakStack // recorded for connections whose handle is gone: of which connection, the dump does not tell
}

// borrowed is a connection that is out of its pool.
type borrowed struct {
	entry    graph.Object   // what the pool keeps of it
	physical graph.Object   // the driver's connection
	handles  []graph.Object // what the application got, or stands for it
	skip     []graph.Object // of the pool: how they hold the handles does not count
	since    time.Time      // zero when the pool does not tell
	stack    []jdk.TraceFrame
	by       string // the thread that borrowed it, as the pool recorded it
	holder   holderOfHandle
}

// leakStack is a recorded borrowing.
type leakStack struct {
	thread string
	stack  []jdk.TraceFrame
}

// leaked reports whether nothing but the pool refers to the connection.
func (b *borrowed) leaked() bool { return b.holder.kind == handleLeaked }

// Bounds of reading pools.
const (
	maxBorrowed = 10_000 // connections of one pool
	maxQueue    = 10_000 // tasks and waiters that are walked
)

// poolScan collects the pools.
var poolScan = &analyze.Scan{Name: "connection pools", Start: func(b *analyze.Binder) analyze.Scanner {
	wanted := make([]bool, b.NumClasses())
	found := false
	for _, k := range poolKinds {
		known := true
		for _, f := range k.needs {
			if !declares(b.Heap, k.class, f) {
				b.Unknown(k.class, f)
				known = false
			}
		}
		for c, is := range b.Subclasses(k.class) {
			if is && known {
				wanted[c], found = true, true
			}
		}
	}
	if !found {
		return nil
	}
	return &analyze.Rows[graph.Object]{Wanted: wanted, Read: func(v *graph.View) graph.Object { return v.Object }, Object: analyze.Same[graph.Object]}
}}

// declares reports whether a class of that name, or a superclass, has the field.
func declares(h *graph.Heap, class, field string) bool {
	for _, c := range h.ClassesByName(class) {
		if _, ok := h.FindField(c, field); ok {
			return true
		}
	}
	return false
}

// poolsOf returns the pools of connections, in address order, each with what is borrowed and by whom.
func (p pass) poolsOf() []*pool {
	return analyze.Shared(p.Pass, "connection pools", func() []*pool {
		r := &poolReader{Reader: jdk.NewReader(p.Heap), p: p}
		var out []*pool
		for _, o := range analyze.Result[[]graph.Object](p.Pass, poolScan) {
			if p.Heap.Strength(o) > graph.Soft && !p.Incomplete() {
				continue
			}
			for _, k := range poolKinds {
				if !p.IsA(o, k.class) {
					continue
				}
				q := &pool{kind: k, object: o}
				if k.read(r, q); !q.alien {
					out = append(out, q)
				}
			}
		}
		p.findHolders(out)
		return out
	})
}

// poolPackages are those of connection pools and of what drivers have for them. What is of them is no holder by itself.
var poolPackages = []string{
	"com.zaxxer.hikari.", "org.apache.commons.dbcp", "org.apache.commons.pool", "org.apache.tomcat.dbcp.", "org.apache.tomcat.jdbc.pool.",
	"com.mchange.v2.", "com.alibaba.druid.", "io.agroal.", "com.jolbox.bonecp.", "org.vibur.dbcp.", "oracle.ucp.", "bitronix.tm.", "com.atomikos.",
	"org.jboss.jca.", "weblogic.jdbc.", "com.ibm.ws.rsadapter.", "org.h2.jdbcx.", "org.postgresql.ds.", "org.postgresql.xa.", "org.hsqldb.jdbc.pool.",
	"com.mysql.cj.jdbc.MysqlPooledConnection", "org.mariadb.jdbc.MariaDbPoolConnection", "org.mariadb.jdbc.MariaDbPooledConnection", "org.mariadb.jdbc.internal.util.pool.",
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// ofPool reports whether a class belongs to a connection pool.
func ofPool(class string) bool { return hasPrefix(class, poolPackages) }

// driverPackages are those of JDBC drivers: frames of theirs say nothing of the application.
var driverPackages = []string{
	"org.postgresql.", "com.mysql.", "org.mariadb.jdbc.", "com.microsoft.sqlserver.", "oracle.jdbc.", "org.h2.", "org.hsqldb.", "org.sqlite.", "net.sourceforge.jtds.",
	"org.springframework.jdbc.", "org.hibernate.",
}

// ofApplication reports whether a class is neither of the platform nor of a driver or pool.
func ofApplication(class string) bool {
	return class != "" && !analyze.Platform(class) && !ofPool(class) && !hasPrefix(class, driverPackages)
}
