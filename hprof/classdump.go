package hprof

// Field is a declared field of a class: an instance field or, with a value, a static.
type Field struct {
	Name  ID
	Type  Type
	Value uint64 // statics and constants: the raw bits
}

// Class is a decoded class dump.
type Class struct {
	ID, Super, Loader, Signers, ProtectionDomain ID
	Trace                                        uint32 // serial of a stack trace
	InstanceSize                                 uint32 // bytes of field data in an instance dump, as the writer saw it
	Offset                                       int64  // of the record
	Constants                                    []Field
	Statics                                      []Field
	Fields                                       []Field // own instance fields, in dump order
}

// classDump finds the length of a class dump and makes its bytes the body.
func (c *Cursor) classDump() bool {
	s := c.idSize
	r := &c.Rec
	fixed := 1 + 4 + 7*s + 4
	p := fixed
	need := func(n int) ([]byte, bool) {
		if !c.fill(n) {
			return nil, false
		}
		return c.buf[c.lo:c.hi], true
	}
	for part := range 3 {
		b, ok := need(p + 2)
		if !ok {
			return c.short(ClassDump)
		}
		n := int(be.Uint16(b[p:]))
		p += 2
		head := [3]int{3, s + 1, s + 1}[part]
		if part == 2 {
			p += n * head
			if _, ok = need(p); !ok {
				return c.short(ClassDump)
			}
			continue
		}
		for range n {
			if b, ok = need(p + head); !ok {
				return c.short(ClassDump)
			}
			size := Type(b[p+head-1]).Size(s)
			if size == 0 {
				return c.fail("class dump with a value of type %d", b[p+head-1])
			}
			p += head + size
		}
	}
	b, ok := need(p)
	if !ok {
		return c.short(ClassDump)
	}
	r.ID = c.id(b[1:])
	r.Class, r.Count = 0, 0
	r.Body = b[1+s : p]
	r.Bytes = int64(len(r.Body))
	c.next += int64(p)
	return true
}

// DecodeClass decodes the class dump that the cursor stands on.
func (c *Cursor) DecodeClass() Class {
	s := c.idSize
	b := c.Rec.Body
	k := Class{ID: c.Rec.ID, Offset: c.Rec.Offset}
	k.Trace = be.Uint32(b)
	b = b[4:]
	k.Super, k.Loader, k.Signers, k.ProtectionDomain = c.id(b), c.id(b[s:]), c.id(b[2*s:]), c.id(b[3*s:])
	b = b[6*s:]
	k.InstanceSize = be.Uint32(b)
	b = b[4:]
	n := int(be.Uint16(b))
	b = b[2:]
	for range n {
		t := Type(b[2])
		k.Constants = append(k.Constants, Field{ID(be.Uint16(b)), t, Value(b[3:], t, s)})
		b = b[3+t.Size(s):]
	}
	n = int(be.Uint16(b))
	b = b[2:]
	k.Statics = make([]Field, n)
	for i := range k.Statics {
		t := Type(b[s])
		k.Statics[i] = Field{c.id(b), t, Value(b[s+1:], t, s)}
		b = b[s+1+t.Size(s):]
	}
	n = int(be.Uint16(b))
	b = b[2:]
	k.Fields = make([]Field, n)
	for i := range k.Fields {
		k.Fields[i] = Field{Name: c.id(b), Type: Type(b[s])}
		b = b[s+1:]
	}
	return k
}

// Value returns the raw bits of a value of type t at the start of b, zero-extended.
func Value(b []byte, t Type, idSize int) uint64 {
	switch t.Size(idSize) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(be.Uint16(b))
	case 4:
		return uint64(be.Uint32(b))
	case 8:
		return be.Uint64(b)
	}
	return 0
}
