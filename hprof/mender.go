package hprof

import "errors"

// mender is what a cursor that mends has besides.
type mender struct {
	known    *Known
	probe    *prober
	problems []Problem

	s       int // bytes of an identifier
	lastID  ID  // class looked up last
	last    knownClass
	lost    bool  // what is at next is no record
	checked int64 // the record there is all right
	trusted int64 // so are those that begin before it
}

// Mend makes the cursor skip what is damaged: on a place that cannot be a record it goes on at the next plausible one, and notes
// the stretch between as a Problem. See chainLength for the rules. It also sets Rec.Index.
func (c *Cursor) Mend(k *Known) {
	c.m = &mender{known: k, probe: newProber(c.f, k), s: c.idSize}
	c.m.probe.beside = c
}

// Problems returns the stretches that were skipped since the last call.
func (c *Cursor) Problems() []Problem {
	if c.m == nil {
		return nil
	}
	p := c.m.problems
	c.m.problems = nil
	return p
}

func (m *mender) start(s Segment) {
	end := s.Offset + s.Length
	m.probe.reset(s.Offset, end, end+s.Missing)
	m.lastID, m.last = 0, knownClass{-1, notKnown}
	m.lost, m.checked, m.trusted = false, -1, 0
	m.problems = nil
}

// quick is Next where the record is one of nearly all and lies in the window: an instance of a known class, as long as that
// says, which needs no look at what follows, or an array of primitives before a plain record.
func (c *Cursor) quick(m *mender) bool {
	at := c.next - c.base
	if uint64(at)+peekBytes > uint64(c.hi) || m.lost {
		return false
	}
	b := c.buf[at:c.hi]
	r := &c.Rec
	s := c.idSize
	var n, body int
	switch Tag(b[0]) {
	case InstanceDump:
		n = 9 + 2*s
		class := readID(b[5+s:], s)
		m.class(class)
		count := be.Uint32(b[5+2*s:])
		if body = int(count); int64(count) != m.last.bytes || n+body > len(b) {
			return false
		}
		r.Tag, r.Class, r.Index, r.Count = InstanceDump, class, m.last.index, count
	case PrimitiveArray:
		n = 10 + s
		e := Type(b[9+s]) & 15
		size := int(typeSize[e])
		count := be.Uint32(b[5+s:])
		rest := int64(n) + int64(count)*int64(size)
		if size == 0 || e != Type(b[9+s]) || rest+peekBytes > int64(len(b)) || !m.known.serial(be.Uint32(b[1+s:])) || !m.plain(b[rest:], c.end-c.next-rest) {
			return false
		}
		body = int(rest) - n
		r.Tag, r.Class, r.Index, r.Count, r.Elem = PrimitiveArray, 0, -1, count, e
	default:
		return false
	}
	r.Offset, r.ID, r.Bytes = c.next, readID(b[1:], s), int64(body)
	r.Body = b[n : n+body]
	c.lo = int(at)
	c.next += int64(n + body)
	if r.Tag == PrimitiveArray {
		m.checked = c.next
	}
	return true
}

// mend is Next for all other records. One whose length nothing else confirms is handed out only when what follows it is a record
// too.
func (c *Cursor) mend() bool {
	m := c.m
	for {
		if m.lost && !c.resync() {
			return false
		}
		if c.next != m.checked && c.next < c.end && !c.sound() {
			m.lost = true
			continue
		}
		if !c.decode() {
			if c.err == nil || c.unreadable() || m.cut(c) {
				return false
			}
			c.err, m.lost = nil, true // a class dump greater than the window
			continue
		}
		if c.certain() || c.next == c.end {
			return true
		}
		if c.sound() {
			m.checked = c.next
			return true
		}
		if at, end, ok := m.swallowed(c); ok {
			m.report(c.Rec.Offset, at-c.Rec.Offset, m.probe.why(c.Rec.Offset)+", but records begin inside it")
			c.next, m.checked, m.trusted = at, at, end
			continue
		}
		m.lost = true
		return true
	}
}

// certain finds the class of the record at hand and reports whether its length is beyond doubt.
func (c *Cursor) certain() bool {
	m, r := c.m, &c.Rec
	r.Index = -1
	switch r.Tag {
	case InstanceDump:
		m.class(r.Class)
		r.Index = m.last.index
		return m.last.bytes == r.Bytes
	case ObjectArray:
		m.class(r.Class)
		r.Index = m.last.index
	case PrimitiveArray:
	default:
		return r.Tag.IsRoot()
	}
	return false
}

// sound reports whether the place at next may be read as a record.
func (c *Cursor) sound() bool {
	at := c.next - c.base
	if at >= 0 && at+peekBytes <= int64(c.hi) && c.m.plain(c.buf[at:c.hi], c.end-c.next) || c.next < c.m.trusted {
		return true
	}
	end, ok := c.m.probe.sound(c.next)
	c.m.trusted = max(c.m.trusted, end)
	return ok
}

// plain decides quickly about the record that begins at b, left bytes before the end of the stretch: true if it is all right.
func (m *mender) plain(b []byte, left int64) bool {
	s := m.s
	switch t := Tag(b[0]); t {
	case InstanceDump:
		m.class(readID(b[5+s:], s))
		return int64(be.Uint32(b[5+2*s:])) == m.last.bytes
	case ObjectArray:
		m.class(readID(b[9+s:], s))
		return m.last.bytes == noInstance && int64(9+2*s)+int64(be.Uint32(b[5+s:]))*int64(s) <= left
	case PrimitiveArray:
		e := Type(b[9+s])
		return e <= Long && typeSize[e] != 0 && m.known.serial(be.Uint32(b[1+s:])) &&
			int64(10+s)+int64(be.Uint32(b[5+s:]))*int64(typeSize[e]) <= left
	default:
		return t.IsRoot() && m.known.object(readID(b[1:], s))
	}
}

// readID decodes an identifier of s bytes.
func readID(b []byte, s int) ID {
	if s == 8 {
		return be.Uint64(b)
	}
	return ID(be.Uint32(b))
}

// class finds a class.
func (m *mender) class(id ID) {
	if id != m.lastID {
		m.lastID = id
		m.last, _ = m.known.get(id)
	}
}

// swallowed finds a chain that begins inside the record at hand and leads beyond its end.
func (m *mender) swallowed(c *Cursor) (at, end int64, ok bool) {
	r := &c.Rec
	switch r.Tag {
	case ObjectArray, PrimitiveArray:
	case InstanceDump:
		if k, _ := m.known.get(r.Class); k.bytes == r.Bytes {
			return 0, 0, false
		}
	default:
		return 0, 0, false
	}
	return m.probe.find(c.next-r.Bytes, c.next, c.next+1)
}

// resync moves to the next plausible record.
func (c *Cursor) resync() bool {
	m := c.m
	from := c.next
	at, end, ok := m.probe.find(from+1, c.end, 0)
	if !ok {
		at = c.end
	}
	m.report(from, at-from, m.probe.why(from))
	c.next, m.lost, m.checked, m.trusted = at, false, at, end
	return ok
}

// report notes a skipped stretch; beyond problemLimit the last one stands for all the rest.
func (m *mender) report(off, n int64, what string) {
	if k := len(m.problems); k >= problemLimit {
		p := &m.problems[k-1]
		p.Bytes += n
		p.What = "more damaged places"
		return
	}
	m.problems = append(m.problems, Problem{off, n, what})
}

// unreadable reports whether it was the file that could not be read.
func (c *Cursor) unreadable() bool {
	var e *FormatError
	return errors.As(c.err, &e) && e.What == readError
}

// cut reports whether the record at which decoding failed is one that the end of the file cut off.
func (m *mender) cut(c *Cursor) bool {
	_, g := m.probe.grade(c.next)
	return g == cutRecord
}
