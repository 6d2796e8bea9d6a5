package userrules

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// ref is the value of a reference that is not null.
type ref struct {
	o graph.Object // NoObject where what it refers to is lost
}

// size is a number of bytes, moment one of milliseconds since 1970: they are shown as such.
type (
	size   int
	moment int
)

// errLost says that a value lies in what is missing of the dump: nothing can be said of the object.
var errLost = errors.New("part of the dump is missing")

// unknownError says that a class lacks a field.
type unknownError struct{ class, field string }

func (e *unknownError) Error() string {
	return fmt.Sprintf("unknown version of %s: it has no field %s", e.class, e.field)
}

// binding is what a field's name means for a class.
type binding struct {
	field graph.Field
	err   error
	other bool // the name is of a class that this one does not extend
}

type bindingKey struct {
	class graph.Class
	name  string
}

// evaluator evaluates expressions over one object after the other. Not for concurrent use.
type evaluator struct {
	heap     *graph.Heap
	rule     *spec
	near     *graph.Cursor // of the object at hand; made when it is needed, as the shared read needs none
	far      *graph.Cursor // of others
	view     *graph.View   // the object at hand during the shared read
	reader   *jdk.Reader
	bindings map[bindingKey]binding
	isA      map[bindingKey]bool
	env      map[string]any
	machine  vm.VM
	nested   []vm.VM // of lets, each of which may ask for earlier ones
	this     graph.Object
	lets     []any
	known    []bool // of lets
}

func newEvaluator(h *graph.Heap, s *spec) *evaluator {
	e := &evaluator{
		heap: h, rule: s, bindings: map[bindingKey]binding{}, isA: map[bindingKey]bool{}, env: map[string]any{},
		lets: make([]any, len(s.lets)), known: make([]bool, len(s.lets)),
	}
	e.machine.MemoryBudget = maxMemory
	e.nested = make([]vm.VM, len(s.lets))
	for i := range e.nested {
		e.nested[i].MemoryBudget = maxMemory
	}
	e.env[getFunction] = func(args ...any) any { return e.get(args[0], args[1].(string)) }
	e.env[letFunction] = func(args ...any) any { return e.let(args[0].(int)) }
	for name, fn := range objectFunctions {
		e.env[name] = func(args ...any) any { return fn(e, args) }
	}
	return e
}

// begin makes o the object at hand; v may be nil.
func (e *evaluator) begin(o graph.Object, v *graph.View) {
	e.this, e.view = o, v
	e.env["this"] = ref{o}
	clear(e.known)
}

// value evaluates an expression.
func (e *evaluator) value(x *expression) (any, error) { return e.run(&e.machine, x) }

func (e *evaluator) run(m *vm.VM, x *expression) (any, error) {
	v, err := m.Run(x.program, e.env)
	if err != nil {
		return nil, x.runError(err)
	}
	if s, ok := v.(string); ok && len(s) > maxString {
		v = strings.ToValidUTF8(s[:maxString], "")
	}
	return v, nil
}

// holds evaluates a condition.
func (e *evaluator) holds(x *expression) (bool, error) {
	v, err := e.value(x)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, x.runError(fmt.Errorf("the condition is neither true nor false"))
	}
	return b, nil
}

// runError says where an expression failed; what the dump lacks is told as it is.
func (x *expression) runError(err error) error {
	var unknown *unknownError
	var nested *Error
	switch {
	case errors.Is(err, errLost):
		return errLost
	case errors.As(err, &nested):
		return nested
	case errors.As(err, &unknown):
		return unknown
	}
	line, column, text := 0, 0, err.Error()
	var e *file.Error
	if errors.As(err, &e) {
		line, column, text = e.Line-1, e.Column, e.Message
	}
	l, c := x.placeOf(line, column)
	return &Error{x.node.f.name, l, c, text}
}

func (e *evaluator) let(i int) any {
	if !e.known[i] {
		v, err := e.run(&e.nested[i], e.rule.lets[i].value)
		if err != nil {
			panic(err)
		}
		e.lets[i], e.known[i] = v, true
	}
	return e.lets[i]
}

// get reads a field; that of null is null.
func (e *evaluator) get(of any, name string) any {
	r, ok := of.(ref)
	switch {
	case of == nil:
		return nil
	case !ok:
		panic(fmt.Errorf("a %T has no field %s", of, name))
	case r.o == graph.NoObject:
		panic(errLost)
	}
	c := e.heap.ClassOf(r.o)
	b := e.bind(c, name)
	switch {
	case b.err != nil:
		panic(b.err)
	case b.other:
		return nil
	}
	return fieldValue(e.record(r.o), b.field)
}

// record returns the record of an object.
func (e *evaluator) record(o graph.Object) *graph.View {
	if e.view != nil && e.view.Object == o {
		return e.view
	}
	e.open()
	switch {
	case o == e.this && e.near.Load(o):
		return &e.near.View
	case o != e.this && e.far.Load(o):
		return &e.far.View
	}
	panic(errLost)
}

// open makes the cursors.
func (e *evaluator) open() {
	if e.near == nil {
		e.near, e.far, e.reader = e.heap.Cursor(), e.heap.Cursor(), jdk.NewReader(e.heap)
	}
}

func fieldValue(v *graph.View, f graph.Field) any {
	switch f.Type() {
	case hprof.Object:
		if v.RefAddr(f) == 0 {
			return nil
		}
		return ref{v.Ref(f)}
	case hprof.Boolean:
		return v.Bool(f)
	case hprof.Float, hprof.Double:
		return v.Float(f)
	}
	return int(v.Int(f))
}

func (e *evaluator) bind(c graph.Class, name string) binding {
	k := bindingKey{c, name}
	b, ok := e.bindings[k]
	if !ok {
		b = bindField(e.heap, c, name)
		e.bindings[k] = b
	}
	return b
}

// bindField finds a field: "name" is that of the class or the nearest of its superclasses, "Class::name" that which Class declares.
func bindField(h *graph.Heap, c graph.Class, name string) binding {
	class, field, qualified := strings.Cut(name, "::")
	if !qualified {
		if f, ok := h.FindField(c, name); ok {
			return binding{field: f}
		}
		return binding{err: missingField(h, c, name)}
	}
	for s, n := c, 0; s != graph.NoClass && n <= h.NumClasses(); s, n = h.Class(s).Super, n+1 {
		if h.Class(s).Name == class {
			if f, ok := h.BindClass(s, field); ok {
				return binding{field: f}
			}
			return binding{err: missingField(h, s, field)}
		}
	}
	return binding{other: true}
}

// missingField says why a class has no field: its description may be lost.
func missingField(h *graph.Heap, c graph.Class, field string) error {
	for s, n := c, 0; s != graph.NoClass && n <= h.NumClasses(); s, n = h.Class(s).Super, n+1 {
		if h.Class(s).Missing {
			return errLost
		}
	}
	return &unknownError{h.Class(c).Name, field}
}

// object returns the object of an argument; ok is false for null.
func object(v any) (o graph.Object, ok bool) {
	r, is := v.(ref)
	switch {
	case v == nil:
		return graph.NoObject, false
	case !is:
		panic(fmt.Errorf("%v is no object", v))
	case r.o == graph.NoObject:
		panic(errLost)
	}
	return r.o, true
}

// ofObject makes a function of one object, which is null of null.
func ofObject(fn func(*evaluator, graph.Object) any) func(*evaluator, []any) any {
	return func(e *evaluator, args []any) any {
		o, ok := object(args[0])
		if !ok {
			return nil
		}
		return fn(e, o)
	}
}

// arity is how many arguments the functions take.
var arity = map[string]int{
	"bytes": 1, "class": 1, "enum": 1, "heap": 1, "isA": 2, "length": 1, "number": 1, "percent": 1, "plural": 2, "retained": 1,
	"shallow": 1, "size": 1, "static": 2, "strength": 1, "text": 1, "time": 1,
}

// maxText of a Java string is decoded, in UTF-16 units.
const maxText = 1000

// objectFunctions are those of expressions on an object.
var objectFunctions = map[string]func(*evaluator, []any) any{
	"bytes":    func(_ *evaluator, args []any) any { return size(whole(args[0])) },
	"time":     func(_ *evaluator, args []any) any { return moment(whole(args[0])) },
	"class":    ofObject(func(e *evaluator, o graph.Object) any { return e.heap.ClassName(o) }),
	"shallow":  ofObject(func(e *evaluator, o graph.Object) any { return int(e.heap.Shallow(o)) }),
	"retained": ofObject(func(e *evaluator, o graph.Object) any { return int(e.heap.Retained(o)) }),
	"strength": ofObject(func(e *evaluator, o graph.Object) any { return e.heap.Strength(o).String() }),
	"length":   ofObject((*evaluator).length),
	"size":     ofObject((*evaluator).size),
	"number":   ofObject((*evaluator).number),
	"text":     ofObject((*evaluator).text),
	"enum":     ofObject((*evaluator).enum),
	"isA":      (*evaluator).extends,
	"static":   (*evaluator).static,
}

// whole returns a number without its fraction.
func whole(v any) int {
	switch v := v.(type) {
	case int:
		return v
	case size:
		return int(v)
	case moment:
		return int(v)
	case float64:
		if math.Abs(v) < 1<<62 {
			return int(v)
		}
	}
	panic(fmt.Errorf("%v is no number", v))
}

// length is that of an array.
func (e *evaluator) length(o graph.Object) any {
	if !e.heap.Class(e.heap.ClassOf(o)).IsArray {
		panic(fmt.Errorf("a %s is no array", e.heap.ClassName(o)))
	}
	return int(e.heap.Length(o))
}

// size is the number of elements of a collection of the JDK.
func (e *evaluator) size(o graph.Object) any {
	e.open()
	n, ok := e.reader.Size(o)
	if !ok {
		return nil
	}
	return int(n)
}

// number is that in a box or an atomic.
func (e *evaluator) number(o graph.Object) any {
	e.open()
	n, ok := e.reader.Number(o)
	if !ok {
		return nil
	}
	return int(n)
}

// text is that of a String.
func (e *evaluator) text(o graph.Object) any {
	e.open()
	s, ok := e.far.Text(o, maxText)
	if !ok {
		return nil
	}
	return s
}

// enum is the name of an enum's constant.
func (e *evaluator) enum(o graph.Object) any {
	e.open()
	s, ok := e.reader.Enum(o)
	if !ok {
		return nil
	}
	return s
}

// extends reports whether an object is of a class or a subclass.
func (e *evaluator) extends(args []any) any {
	o, ok := object(args[0])
	if !ok {
		return false
	}
	name, ok := args[1].(string)
	if !ok {
		panic(errors.New("isA takes an object and the name of a class"))
	}
	return e.isOf(o, name, true)
}

func (e *evaluator) isOf(o graph.Object, name string, subclasses bool) bool {
	c := e.heap.ClassOf(o)
	if !subclasses {
		return e.heap.Class(c).Name == name
	}
	k := bindingKey{c, name}
	is, ok := e.isA[k]
	if !ok {
		for _, base := range e.heap.ClassesByName(name) {
			is = is || e.heap.IsA(c, base)
		}
		e.isA[k] = is
	}
	return is
}

// static is the value of a static field; null where the dump lacks the class.
func (e *evaluator) static(args []any) any {
	class, ok1 := args[0].(string)
	name, ok2 := args[1].(string)
	if !ok1 || !ok2 {
		panic(errors.New("static takes the names of a class and a field"))
	}
	classes := e.heap.ClassesByName(class)
	if len(classes) == 0 {
		return nil
	}
	bits, typ, ok := e.heap.Static(classes[0], name)
	switch {
	case !ok && e.heap.Class(classes[0]).Missing:
		panic(errLost)
	case !ok:
		panic(&unknownError{class, "static " + name})
	case typ != hprof.Object:
		return primitive(bits, typ)
	case bits == 0:
		return nil
	}
	if o, ok := e.heap.Lookup(bits); ok {
		return ref{o}
	}
	return ref{graph.NoObject}
}

// primitive is a static's value.
func primitive(bits uint64, t hprof.Type) any {
	switch t {
	case hprof.Boolean:
		return bits != 0
	case hprof.Float:
		return float64(math.Float32frombits(uint32(bits)))
	case hprof.Double:
		return math.Float64frombits(bits)
	case hprof.Byte:
		return int(int8(bits))
	case hprof.Short:
		return int(int16(bits))
	case hprof.Int:
		return int(int32(bits))
	}
	return int(bits)
}

// text writes a value of a finding for people.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case int:
		return analyze.Number(int64(v))
	case size:
		return analyze.Size(int64(v))
	case moment:
		return time.UnixMilli(int64(v)).UTC().Format(time.RFC3339)
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return fmt.Sprint(v)
}

func plural(n int, noun string) string { return analyze.Plural(int64(n), noun) }
