package explore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report/suggest"
)

// SelectorHelp lists the forms of selectors for the help of commands.
const SelectorHelp = `  0x7f00a1b2c8          the object at an address
  'java.util.Timer#2'   the second instance of a class, in order of addresses
  java.util.Timer       all instances of a class; Timer, where no other class ends so
  @class:java.util.Timer    the class object
  @static:com.acme.Cache.entries  what a static field refers to
  @thread:main          the thread of that name
  @finding:2            the objects of the second finding of the report; or the signature's first digits`

// Prefixes of selectors, for completion.
var Prefixes = []string{"@class:", "@finding:", "@static:", "@thread:"}

// Resolve finds what a selector stands for. An error that a person can mend is a *SelectorError.
func Resolve(ctx context.Context, h *graph.Heap, selector string, opt Options) (Selection, error) {
	s := Selection{Selector: selector, heap: h}
	kind, rest, _ := strings.Cut(selector, ":")
	var err error
	switch {
	case kind == "@static":
		err = s.static(rest)
	case kind == "@class":
		err = s.class(rest)
	case kind == "@thread":
		err = s.thread(rest)
	case kind == "@finding":
		err = s.finding(ctx, rest, opt)
	case strings.HasPrefix(selector, "@"):
		err = &SelectorError{fmt.Sprintf("selector %q is of no known form", selector), "there are " + strings.Join(Prefixes, ", ")}
	case strings.HasPrefix(selector, "0x") || strings.HasPrefix(selector, "0X"):
		err = s.address(selector[2:])
	case selector == "":
		err = &SelectorError{"the selector is empty", "an address 0x…, a class, Class#n or @static:Class.field"}
	default:
		err = s.instances(selector)
	}
	if err == nil && h.Err() != nil { // what was read of a damaged index is void
		err = h.Err()
	}
	return s, err
}

// one selects a single object.
func (s *Selection) one(o graph.Object) {
	s.Kind, s.Objects, s.Text = OneObject, analyze.ObjectSet{o}, s.heap.Name(o)
}

func (s *Selection) address(digits string) error {
	addr, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return &SelectorError{fmt.Sprintf("%q is no address", s.Selector), "addresses are hexadecimal: 0x7f00a1b2c8"}
	}
	o, ok := s.heap.Lookup(addr)
	if !ok {
		return &SelectorError{fmt.Sprintf("no object at %s", s.Selector), "addresses are those of one dump: another dump of the same JVM has others"}
	}
	s.one(o)
	return nil
}

// instances selects a class, or the n-th instance of one.
func (s *Selection) instances(name string) error {
	n := int64(0)
	class := name
	if at := strings.LastIndexByte(name, '#'); at >= 0 {
		var err error
		if n, err = strconv.ParseInt(name[at+1:], 10, 64); err != nil || n < 1 {
			return &SelectorError{fmt.Sprintf("%q: instances count from 1", name), name[:at] + "#1 is the first"}
		}
		class = name[:at]
	}
	cs, err := ClassesNamed(s.heap, class)
	if err != nil {
		return err
	}
	s.Kind, s.Classes = AllInstances, cs
	full, count := s.heap.Class(cs[0]).Name, s.Count()
	if n == 0 {
		s.Text = instancesOf(count, full)
		return nil
	}
	if n > count {
		return &SelectorError{fmt.Sprintf("%s: there are %s", name, instancesOf(count, full)), fmt.Sprintf("%s#%d is the last", full, count)}
	}
	at := n
	for o := range s.Each() {
		if at--; at == 0 {
			s.Classes = nil
			s.one(o)
			return nil
		}
	}
	return &SelectorError{fmt.Sprintf("%s: the instance is lost", name), ""}
}

func instancesOf(n int64, class string) string {
	return analyze.Plural(n, "instance") + " of " + class
}

// class selects a class object.
func (s *Selection) class(name string) error {
	cs, err := ClassesNamed(s.heap, name)
	if err != nil {
		return err
	}
	var os []graph.Object
	for _, c := range cs {
		if o := s.heap.Class(c).Object; o != graph.NoObject {
			os = append(os, o)
		}
	}
	switch len(os) {
	case 0:
		return &SelectorError{fmt.Sprintf("the dump has no class object of %s", s.heap.Class(cs[0]).Name), ""}
	case 1:
		s.one(os[0])
		return nil
	}
	s.Kind, s.Objects = Several, analyze.NewSet(os)
	s.Text = fmt.Sprintf("%d classes %s of several loaders", len(os), s.heap.Class(cs[0]).Name)
	return nil
}

// static selects what a static field refers to.
func (s *Selection) static(field string) error {
	field = strings.Replace(field, "::", ".", 1)
	at := strings.LastIndexByte(field, '.')
	if at <= 0 || at == len(field)-1 {
		return &SelectorError{fmt.Sprintf("%q names no static field", s.Selector), "write @static:com.acme.Cache.entries"}
	}
	class, name := field[:at], field[at+1:]
	cs, err := ClassesNamed(s.heap, class)
	if err != nil {
		return err
	}
	full := s.heap.Class(cs[0]).Name
	var found, null, lost bool
	var os []graph.Object
	for _, c := range cs {
		bits, t, ok := s.heap.Static(c, name)
		if !ok {
			continue
		}
		if found = true; t != hprof.Object {
			return &SelectorError{fmt.Sprintf("static %s.%s is no reference", full, name), "heapcause show DUMP @class:" + full + " lists statics with their values"}
		}
		switch o, ok := s.heap.Lookup(bits); {
		case bits == 0:
			null = true
		case !ok:
			lost = true
		default:
			os = append(os, o)
		}
	}
	switch {
	case !found:
		return &SelectorError{fmt.Sprintf("class %s has no static %q", full, name), staticHint(s.heap, cs[0], name)}
	case len(os) == 0 && lost:
		return &SelectorError{fmt.Sprintf("what static %s.%s refers to is not in the dump", full, name), ""}
	case len(os) == 0 && null:
		return &SelectorError{fmt.Sprintf("static %s.%s is null", full, name), ""}
	case len(os) == 1:
		s.one(os[0])
	default:
		s.Kind, s.Objects = Several, analyze.NewSet(os)
		s.Text = fmt.Sprintf("static %s.%s of %d loaders", full, name, len(os))
	}
	return nil
}

func staticHint(h *graph.Heap, c graph.Class, name string) string {
	var names []string
	for _, s := range h.Class(c).Statics {
		names = append(names, s.Name)
	}
	if near := suggest.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "heapcause show DUMP @class:" + h.Class(c).Name + " lists them"
}

// thread selects the threads of a name.
func (s *Selection) thread(name string) error {
	var os []graph.Object
	var names []string
	for _, t := range s.heap.Threads() {
		switch n := jdk.ThreadName(s.heap, t.Object); {
		case n == name:
			os = append(os, t.Object)
		case n != "":
			names = append(names, n)
		}
	}
	switch len(os) {
	case 0:
		hint := "heapcause threads DUMP lists them"
		if near := suggest.Nearest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean @thread:%s?", near)
		}
		return &SelectorError{fmt.Sprintf("no thread %q in the dump", name), hint}
	case 1:
		s.one(os[0])
	default:
		s.Kind, s.Objects = Several, analyze.NewSet(os)
		s.Text = fmt.Sprintf("%d threads %q", len(s.Objects), name)
	}
	return nil
}
