package explore

import (
	"fmt"
	"strings"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// knownForms decode the objects of the named classes and of their subclasses. Fields are those of JDK 5 to 25.
func knownForms() map[string]form {
	m := map[string]form{
		"java.lang.String":        text,
		"java.lang.StringBuilder": builder,
		"java.lang.StringBuffer":  builder,
		"java.lang.Enum":          enum,
		"java.lang.Byte":          number,
		"java.lang.Short":         number,
		"java.lang.Integer":       number,
		"java.lang.Long":          number,
		"java.lang.Character":     number,
		"java.lang.Boolean":       number,
		"java.lang.Float":         number,
		"java.lang.Double":        number,
		"java.lang.Thread":        thread,
		"java.lang.ThreadGroup":   name("name"),
		"java.lang.ClassLoader":   name("name"),
		"java.lang.Throwable":     content("detailMessage"),
		"java.lang.ref.Reference": referent,

		"java.util.concurrent.atomic.AtomicInteger":   number,
		"java.util.concurrent.atomic.AtomicLong":      number,
		"java.util.concurrent.atomic.AtomicBoolean":   flag,
		"java.util.concurrent.atomic.AtomicReference": inner("value"),
		"java.util.concurrent.atomic.LongAdder":       adder,

		"java.util.Optional":       inner("value"),
		"java.util.OptionalInt":    optional,
		"java.util.OptionalLong":   optional,
		"java.util.OptionalDouble": optional,

		"java.util.TimerTask": timerTask,

		"java.util.UUID":             uuid,
		"java.util.Locale":           locale,
		"java.util.regex.Pattern":    content("pattern"),
		"java.nio.charset.Charset":   name("name"),
		"java.io.File":               content("path"),
		"sun.nio.fs.UnixPath":        unixPath,
		"java.net.URI":               uri,
		"java.net.URL":               url,
		"java.net.InetAddress":       inet,
		"java.net.InetSocketAddress": socketAddress,

		"java.lang.reflect.Method":      member,
		"java.lang.reflect.Field":       member,
		"java.lang.reflect.Constructor": member,

		"java.lang.StackTraceElement": frame,
	}
	addNumbers(m)
	addTimes(m)
	return m
}

// number decodes what has its number in a field value.
func number(d *Decoder, o graph.Object) report.Value {
	for _, f := range d.h.Fields(o) {
		if f.Name == "value" {
			return Primitive(f.Type, f.Bits)
		}
	}
	return report.Value{}
}

// flag decodes what has a boolean as an int.
func flag(d *Decoder, o graph.Object) report.Value {
	n, ok := d.r.Int(o, "value")
	if !ok {
		return report.Value{}
	}
	return truth(n != 0)
}

// maxCells of a counter are added up: there are as many as processors.
const maxCells = 1 << 16

func adder(d *Decoder, o graph.Object) report.Value {
	n, ok := d.r.Int(o, "base")
	if !ok {
		return report.Value{}
	}
	i := 0
	d.r.EachElement(d.r.Ref(o, "cells"), func(_ int, cell graph.Object) bool {
		more, _ := d.r.Int(cell, "value")
		n += more
		i++
		return i < maxCells
	})
	return report.Number(n)
}

func enum(d *Decoder, o graph.Object) report.Value {
	s, ok := d.r.Enum(o)
	if !ok {
		return report.Value{}
	}
	return report.Name(s)
}

// content decodes the String in a field, which is content of the dump.
func content(field string) form {
	return func(d *Decoder, o graph.Object) report.Value {
		if at := d.r.Ref(o, field); at != graph.NoObject {
			return text(d, at)
		}
		return report.Value{}
	}
}

// maxName is how many UTF-16 units of a name are decoded.
const maxName = 500

// name decodes the String in a field, which is a name.
func name(field string) form {
	return func(d *Decoder, o graph.Object) report.Value {
		s, ok := d.r.Text(o, maxName, field)
		if !ok || s == "" {
			return report.Value{}
		}
		return report.Name(s)
	}
}

// inner decodes the object in a field, one step deep.
func inner(field string) form {
	return func(d *Decoder, o graph.Object) report.Value {
		if !d.r.Has(o, field) {
			return report.Value{}
		}
		return d.within(d.r.Ref(o, field))
	}
}

// within decodes an object that another one wraps. What wraps one itself is shown by its name: rings must end.
func (d *Decoder) within(o graph.Object) report.Value {
	if o == graph.NoObject {
		return report.Name("null")
	}
	if !d.nested {
		d.nested = true
		v := d.decoded(o)
		d.nested = false
		if v.Kind() != report.KindNone {
			return v
		}
	}
	return report.Name(Name(d.h, o))
}

func referent(d *Decoder, o graph.Object) report.Value {
	at := d.r.Ref(o, "referent")
	if at == graph.NoObject {
		return report.Name("cleared")
	}
	return report.Name("→ " + Name(d.h, at))
}

func optional(d *Decoder, o graph.Object) report.Value {
	if !d.r.Bool(o, "isPresent") && !d.r.Bool(o, "present") {
		return report.Name("empty")
	}
	return number(d, o)
}

// thread decodes a thread: its name and state.
func thread(d *Decoder, o graph.Object) report.Value {
	if d.states == nil {
		d.states = jdk.NewThreadStates(d.h)
	}
	s := fmt.Sprintf("%q", jdk.ThreadName(d.h, o))
	t := d.states.Of(d.c, o)
	if t.State != "" {
		s += " " + t.State
	}
	if t.Virtual {
		s += ", virtual"
	}
	return report.Name(s)
}

// builder decodes a StringBuilder or StringBuffer: a byte[] with a coder, or a char[].
func builder(d *Decoder, o graph.Object) report.Value {
	n, ok := d.r.Int(o, "count")
	array := d.r.Ref(o, "value")
	if !ok || n < 0 || array == graph.NoObject || !d.h.Class(d.h.ClassOf(array)).IsArray {
		return report.Value{}
	}
	wide, _ := d.r.Int(o, "coder")
	s, ok := d.chars(array, min(n, MaxText+1), wide != 0)
	if !ok {
		return report.Value{}
	}
	return d.content(s, n)
}

// statement decodes a JDBC statement of a known driver: whether it is open, and its SQL.
func statement(d *Decoder, o graph.Object) report.Value {
	s, ok := d.jdbc().Read(o)
	if !ok {
		return report.Value{}
	}
	state := report.Name("closed")
	if s.Open {
		state = report.Name("open")
	}
	if s.SQL == "" {
		return state
	}
	return join(": ", []report.Value{state, report.Content(d.policy.SQL(s.SQL))})
}

// timerStates are those of java.util.TimerTask.
var timerStates = []string{"VIRGIN", "SCHEDULED", "EXECUTED", "CANCELLED"}

// timerTask decodes the task of a java.util.Timer: its state, and when it is due.
func timerTask(d *Decoder, o graph.Object) report.Value {
	n, ok := d.r.Int(o, "state")
	if !ok || n < 0 || n >= int64(len(timerStates)) {
		return report.Value{}
	}
	state := report.Name(timerStates[n])
	due := d.millis(o, "nextExecutionTime")
	if due.Kind() != report.KindTime || due.Int() == 0 {
		return state
	}
	return join(", due ", []report.Value{state, due})
}

func uuid(d *Decoder, o graph.Object) report.Value {
	high, ok := d.r.Int(o, "mostSigBits")
	low, _ := d.r.Int(o, "leastSigBits")
	if !ok {
		return report.Value{}
	}
	h, l := uint64(high), uint64(low)
	return report.Content(d.policy.Value(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", h>>32, h>>16&0xffff, h&0xffff, l>>48, l&(1<<48-1))))
}

func locale(d *Decoder, o graph.Object) report.Value {
	base := d.r.Ref(o, "baseLocale")
	if base == graph.NoObject {
		base = o
	}
	language, ok := d.r.Text(base, maxName, "language")
	if !ok {
		return report.Value{}
	}
	for _, part := range []string{"region", "country"} {
		if s, _ := d.r.Text(base, maxName, part); s != "" {
			language += "_" + s
			break
		}
	}
	return report.Name(language)
}

// unixPath decodes a path, which keeps its bytes.
func unixPath(d *Decoder, o graph.Object) report.Value {
	array := d.r.Ref(o, "path")
	if array == graph.NoObject || !d.c.Load(array) || d.c.Body() == nil {
		return report.Value{}
	}
	return report.Content(d.policy.Value(string(d.c.Body())))
}

func uri(d *Decoder, o graph.Object) report.Value {
	if s, ok := d.r.Text(o, MaxText, "string"); ok {
		return report.Content(d.policy.URL(s))
	}
	scheme, _ := d.r.Text(o, maxName, "scheme")
	part, ok := d.r.Text(o, MaxText, "schemeSpecificPart")
	if !ok {
		return report.Value{}
	}
	return report.Content(d.policy.URL(scheme + ":" + part))
}

func url(d *Decoder, o graph.Object) report.Value {
	protocol, ok := d.r.Text(o, maxName, "protocol")
	if !ok {
		return report.Value{}
	}
	authority, has := d.r.Text(o, MaxText, "authority")
	if has && authority != "" {
		authority = "//" + authority
	}
	file, _ := d.r.Text(o, MaxText, "file")
	return report.Content(d.policy.URL(protocol + ":" + authority + file))
}

// inet decodes an IPv4 address; others have their host name, if any.
func inet(d *Decoder, o graph.Object) report.Value {
	s, ok := d.inet(o)
	if !ok {
		return report.Value{}
	}
	return report.Content(d.policy.Value(s))
}

func (d *Decoder) inet(o graph.Object) (string, bool) {
	at := d.r.Ref(o, "holder")
	if at == graph.NoObject {
		at = o // before JDK 7u40
	}
	host, named := d.r.Text(at, maxName, "hostName")
	n, ok := d.r.Int(at, "address")
	if !ok || !strings.Contains(d.h.ClassName(o), "Inet4") {
		return host, named
	}
	ip := fmt.Sprintf("%d.%d.%d.%d", uint8(n>>24), uint8(n>>16), uint8(n>>8), uint8(n))
	if host != "" {
		return host + "/" + ip, true
	}
	return ip, true
}

func socketAddress(d *Decoder, o graph.Object) report.Value {
	at := d.r.Ref(o, "holder")
	if at == graph.NoObject {
		at = o
	}
	port, ok := d.r.Int(at, "port")
	if !ok {
		return report.Value{}
	}
	host, _ := d.r.Text(at, maxName, "hostname")
	if addr := d.r.Ref(at, "addr"); host == "" && addr != graph.NoObject {
		host, _ = d.inet(addr)
	}
	return report.Content(d.policy.Value(fmt.Sprintf("%s:%d", host, port)))
}

// member decodes a method, field or constructor: Class.name.
func member(d *Decoder, o graph.Object) report.Value {
	at := d.r.Ref(o, "clazz")
	c, ok := d.h.AsClass(at)
	if at == graph.NoObject || !ok {
		return report.Value{}
	}
	s := d.h.Class(c).Name
	if n, _ := d.r.Text(o, maxName, "name"); n != "" {
		s += "." + n
	}
	return report.Name(s)
}

func frame(d *Decoder, o graph.Object) report.Value {
	f := d.r.Frame(o)
	if f.Class == "" {
		return report.Value{}
	}
	return report.Name(f.String())
}
