package query

import (
	"errors"
	"strconv"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

var errEnough = errors.New("enough")

// decoded is what toString(x) says of an object: a string's text, the name of a thread, class or enum constant, the number in a
// box; null when nothing is known.
func (w *worker) decoded(o graph.Object) Value {
	if b, ok := w.stringBytes(o); ok {
		return contentValue(string(b))
	}
	if c, ok := w.asClass(objectValue(o)); ok {
		return textValue(w.h.Class(c).Name)
	}
	r := w.borrow()
	defer w.giveBack(r)
	k := w.h.Class(w.h.ClassOf(o))
	if k.IsArray {
		if k.Elem != hprof.Char {
			return Value{}
		}
		s, ok := r.Text(o, maxText)
		if !ok {
			return Value{}
		}
		return contentValue(s)
	}
	return w.decodedInstance(r, o, k)
}

func (w *worker) decodedInstance(r *jdk.Reader, o graph.Object, k *graph.ClassInfo) Value {
	switch k.Name {
	case "java.lang.StringBuilder", "java.lang.StringBuffer":
		return w.builder(r, o)
	case "java.lang.Boolean":
		return textValue(strconv.FormatBool(r.Bool(o, "value")))
	case "java.lang.Float", "java.lang.Double", "java.lang.Character":
		v := w.fieldNamed(o, "value")
		return w.text(v)
	case "java.io.File", "java.net.URL", "java.util.Locale", "java.lang.Module", "java.lang.ThreadGroup", "java.lang.Package":
		for _, f := range []string{"path", "file", "name"} {
			if s, ok := r.Text(o, maxText, f); ok {
				return contentValue(s)
			}
		}
	}
	if _, ok := w.h.ThreadOf(o); ok || w.isThread(w.h.ClassOf(o)) {
		return textValue(jdk.ThreadName(w.h, o))
	}
	if n, ok := r.Number(o); ok {
		return textValue(strconv.FormatInt(n, 10))
	}
	if w.isEnum(w.h.ClassOf(o)) {
		if s, ok := r.Text(o, 1024, "name"); ok {
			return textValue(s)
		}
	}
	return Value{}
}

func (w *worker) isThread(c graph.Class) bool { return w.inherits(c, "java.lang.Thread") }
func (w *worker) isEnum(c graph.Class) bool   { return w.inherits(c, "java.lang.Enum") }

func (w *worker) inherits(c graph.Class, base string) bool {
	for range w.h.NumClasses() {
		if c == graph.NoClass {
			return false
		}
		if w.h.Class(c).Name == base {
			return true
		}
		c = w.h.Class(c).Super
	}
	return false
}

// fieldNamed reads a field of an object by its name.
func (w *worker) fieldNamed(o graph.Object, name string) Value {
	f := w.fields.Find(w.h.ClassOf(o), name)
	if !f.Ok() {
		return Value{}
	}
	v := w.load(o, cursorDepth-2)
	if v == nil {
		return Value{}
	}
	return fieldValue(v, f)
}

// builder reads a StringBuilder: as much of its array as is in use.
func (w *worker) builder(r *jdk.Reader, o graph.Object) Value {
	value, n := r.Ref(o, "value"), int64(-1)
	if c, ok := r.Int(o, "count"); ok {
		n = c
	}
	if value == graph.NoObject || n < 0 {
		return Value{}
	}
	coder, _ := r.Int(o, "coder")
	wide := coder != 0
	if b, ok := w.chars(pending{array: value, n: int(min(n, maxText)), wideByte: wide}); ok {
		return contentValue(string(b))
	}
	return Value{}
}

// text turns a value into a text, as + and LIKE see it; null stays null.
func (w *worker) text(v Value) Value {
	out := Value{kind: kindText, content: v.content}
	switch v.kind {
	case kindNull, kindText:
		return v
	case kindBool:
		out.s = strconv.FormatBool(v.bits != 0)
	case kindInt:
		out.s = strconv.FormatInt(int64(v.bits), 10)
	case kindChar:
		out.s = v.char()
	case kindFloat:
		out.s = formatFloat(v.float())
	case kindAddr:
		out.s = "0x" + strconv.FormatUint(v.bits, 16)
	case kindClass:
		out.s = w.h.Class(graph.Class(v.bits)).Name
	case kindObject:
		o := graph.Object(v.bits)
		if d := w.decoded(o); d.kind == kindText {
			return d
		}
		out.s = w.h.Name(o)
	case kindList:
		return w.listText(v.ref.(*list))
	case kindRow:
		return w.listText(sliceList(v.ref.(*record).vals))
	case kindSnapshot:
		out.s = "snapshot"
	}
	return out
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// shownElements is how many elements of a list are written out.
const shownElements = 20

// listText writes a list as Java would, shortened.
func (w *worker) listText(l *list) Value {
	out := Value{kind: kindText}
	b := []byte{'['}
	i, n := int64(0), l.n()
	l.each(func(v Value) bool {
		if i > 0 {
			b = append(b, ", "...)
		}
		if i >= shownElements {
			b = append(b, "… "...)
			b = strconv.AppendInt(b, n-i, 10)
			b = append(b, " more"...)
			return false
		}
		t := w.text(v)
		if v.kind == kindNull {
			t.s = "null"
		}
		b = append(b, t.s...)
		out.content = out.content || t.content
		i++
		return true
	})
	out.s = string(append(b, ']'))
	return out
}
