package collections

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// captured is what callbacks keep: the objects that only they hold, of the class that retains most.
type captured struct {
	class   graph.Class // NoClass for none
	objects int64
	bytes   int64
}

// captured looks at what the dominator tree has directly below callbacks.
func (p pass) captured(callbacks []graph.Object) captured {
	count, bytes := map[graph.Class]int64{}, map[graph.Class]int64{}
	for _, o := range callbacks {
		p.Heap.EachDominated(o, func(d graph.Object) bool {
			c := p.Heap.ClassOf(d)
			count[c]++
			bytes[c] += p.Heap.Retained(d)
			return true
		})
	}
	out := captured{class: p.most(bytes)}
	if out.class != graph.NoClass {
		out.objects, out.bytes = count[out.class], bytes[out.class]
	}
	return out
}

func (c captured) text(p pass) string {
	if c.class == graph.NoClass {
		return ""
	}
	return fmt.Sprintf(" and keep %s %s (%s)", analyze.Number(c.objects), p.ClassName(c.class), analyze.Size(c.bytes))
}

func (c captured) facts(p pass) []report.Fact {
	if c.class == graph.NoClass {
		return nil
	}
	return []report.Fact{
		analyze.Fact("kept by them", report.Count(c.objects)),
		analyze.Fact("class of these", report.Name(p.ClassName(c.class))),
		analyze.Fact("retained by these", report.Bytes(c.bytes)),
	}
}

// listenerClass is the name of a class without what the JVM generates anew in each run.
func listenerClass(name string) string { return signature.Name(name) }

// outerOf names the class whose code makes a lambda or an inner class.
func outerOf(class string) string {
	if outer, _, ok := strings.Cut(class, "$$Lambda"); ok {
		return outer
	}
	if i := strings.LastIndexByte(class, '$'); i > 0 {
		return class[:i]
	}
	return class
}
