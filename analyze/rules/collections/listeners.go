package collections

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	census "heapcause/analyze/collections"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of listener-accumulation.
var (
	listenerMin   = &analyze.Threshold{Name: "listeners", Default: 1000, Unit: "listeners", Doc: "a publisher with fewer listeners of one class is not told of"}
	listenerShare = &analyze.Threshold{Name: "share", Default: 0.01, Unit: "share", Doc: "nor a list of lambdas or anonymous objects that retains a smaller share of the strongly reachable heap"}
)

const springListeners = "org.springframework.context.event.AbstractApplicationEventMulticaster$ListenerRetriever.applicationListeners"

// publishers are classes of the platform and of libraries that keep listeners, by the field that does.
var publishers = map[string]string{
	"java.util.Observable.obs":                                     "java.util.Observable",
	"javax.management.NotificationBroadcasterSupport.listenerList": "NotificationBroadcasterSupport",
	"com.google.common.eventbus.SubscriberRegistry.subscribers":    "Guava EventBus",
	"java.beans.ChangeListenerMap.map":                             "PropertyChangeSupport",
	"javax.swing.event.EventListenerList.listenerList":             "EventListenerList",
	springListeners: "Spring ApplicationEventMulticaster",
}

// publisherScan finds the publishers that keep listeners in arrays of their own.
var publisherScan = &analyze.Scan{Name: "publishers", Start: func(b *analyze.Binder) analyze.Scanner {
	wanted := b.Subclasses("java.beans.ChangeListenerMap", "javax.swing.event.EventListenerList")
	return &analyze.Rows[graph.Object]{Wanted: wanted, Read: func(v *graph.View) graph.Object { return v.Object }, Object: analyze.Same[graph.Object]}
}}

// Listeners finds publishers that listeners pile up in.
var Listeners = &analyze.Rule{
	Name:  "listener-accumulation",
	Title: "Listeners of one class pile up in a publisher",
	Doc: `Objects register a listener with something that lives longer than they do, and never unregister it. The publisher keeps the listeners, and each listener
what it refers to: through this$0, or what a lambda captured, the whole object that registered it.

Recognised by 1,000 elements or more of one class in one list or set, where the class is that of a lambda or an anonymous class and the list retains 1 % of the heap; or where the list is that of a
known publisher: PropertyChangeSupport (ChangeListenerMap.map), EventListenerList.listenerList, Observable.obs, NotificationBroadcasterSupport.listenerList,
Guava's SubscriberRegistry.subscribers, Spring's ListenerRetriever.applicationListeners. Queues of executors are not looked at: what they hold are tasks.

Unregister the listener when its owner is closed, or register a listener that refers to its owner weakly. Have register return a handle that close() unregisters.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{listenerMin, listenerShare},
	Scans:      []*analyze.Scan{census.Scan, publisherScan},
	Run:        runListeners,
}

// audience are the listeners of one publisher.
type audience struct {
	holds     graph.Object // the collection or array
	owner     string       // field
	publisher string       // "" for a collection of the application
	class     graph.Class  // of most listeners
	listeners []graph.Object
	seen, all int64
}

func runListeners(q *analyze.Pass) error {
	p := reader(q)
	var found []*audience
	if c := census.Of(q); c != nil {
		c.Large(p.Count(listenerMin), func(o graph.Object, size int64) {
			if a := p.audienceOf(c, o, size); a != nil {
				found = append(found, a)
			}
		})
	}
	for _, o := range analyze.Result[[]graph.Object](q, publisherScan) {
		found = append(found, p.arrays(o)...)
	}
	found = slices.DeleteFunc(found, func(a *audience) bool {
		few := int64(len(a.listeners)) < p.Count(listenerMin)
		return few || a.publisher == "" && p.Share(p.Heap.Retained(a.holds)) < p.Value(listenerShare)
	})
	slices.SortStableFunc(found, func(a, b *audience) int {
		return cmp.Or(cmp.Compare(p.Heap.Retained(b.holds), p.Heap.Retained(a.holds)), cmp.Compare(len(b.listeners), len(a.listeners)), cmp.Compare(a.owner, b.owner))
	})
	for _, a := range found[:min(len(found), maxAudiences)] {
		p.listenerFinding(a)
	}
	return nil
}

// maxAudiences are told of.
const maxAudiences = 10

// Bounds of the elements of one collection that are looked at.
const (
	maxListeners = 1 << 20
	maxLinked    = 100_000
)

// glance is how many elements show whether all are to be looked at.
const glance = 32

// audienceOf looks at the elements of a list or set; nil when they are no listeners.
func (p pass) audienceOf(c *census.Census, o graph.Object, size int64) *audience {
	name := p.Heap.ClassName(o)
	if p.r.IsMap(p.Heap.ClassOf(o)) || strings.Contains(name, "Queue") || p.Heap.Strength(o) != graph.Strong && !p.Incomplete() {
		return nil
	}
	owner := c.Owner(o)
	publisher := publishers[owner]
	counts, seen := map[graph.Class]int64{}, 0
	p.r.Elements(o, func(e graph.Object) bool {
		counts[p.Heap.ClassOf(e)]++
		seen++
		return seen < glance
	})
	class := p.most(counts)
	if class == graph.NoClass || publisher == "" && (counts[class]*2 < int64(seen) || !callback(p.ClassName(class))) {
		return nil
	}
	most := maxListeners
	if k := p.r.CollectionClass(p.Heap.ClassOf(o)); !k.Listed() { // each takes a look at its node
		most = maxLinked
	}
	var all []graph.Object
	p.r.Elements(o, func(e graph.Object) bool { all = append(all, e); return len(all) < most })
	return p.audience(o, owner, publisher, all, size)
}

// audience keeps the listeners of the class that most are of, unwrapped.
func (p pass) audience(holds graph.Object, owner, publisher string, all []graph.Object, size int64) *audience {
	counts := map[graph.Class]int64{}
	for i, e := range all {
		for _, f := range []string{"listener", "target"} { // NotificationBroadcasterSupport$ListenerInfo, Subscriber
			if k := p.Heap.ClassName(e); k == "javax.management.NotificationBroadcasterSupport$ListenerInfo" || strings.HasPrefix(k, "com.google.common.eventbus.Subscriber") {
				if in := p.r.Ref(e, f); in != graph.NoObject {
					all[i] = in
				}
			}
		}
		counts[p.Heap.ClassOf(all[i])]++
	}
	a := &audience{holds: holds, owner: owner, publisher: publisher, class: p.most(counts), seen: int64(len(all)), all: size}
	for _, e := range all {
		if p.Heap.ClassOf(e) == a.class {
			a.listeners = append(a.listeners, e)
		}
	}
	return a
}

// arrays looks at the arrays of listeners of a PropertyChangeSupport's map, or of an EventListenerList, which has a class and a listener
// in turn.
func (p pass) arrays(o graph.Object) []*audience {
	var holds []graph.Object
	owner := "javax.swing.event.EventListenerList.listenerList"
	if p.r.Has(o, "listenerList") {
		holds = append(holds, p.r.Ref(o, "listenerList"))
	} else {
		owner = "java.beans.ChangeListenerMap.map"
		p.r.Entries(p.r.Ref(o, "map"), func(_, v graph.Object) bool {
			holds = append(holds, v)
			return len(holds) < sampled
		})
	}
	var out []*audience
	for _, array := range holds {
		if array == graph.NoObject || p.Heap.Length(array) < p.Count(listenerMin) {
			continue
		}
		var all []graph.Object
		p.r.EachElement(array, func(_ int, e graph.Object) bool {
			if _, class := p.Heap.AsClass(e); !class {
				all = append(all, e)
			}
			return true
		})
		out = append(out, p.audience(array, owner, publishers[owner], all, int64(len(all))))
	}
	return out
}

// callback reports whether a class is that of a lambda, or anonymous.
func callback(class string) bool {
	if strings.Contains(class, "$$Lambda") {
		return true
	}
	i := strings.LastIndexByte(class, '$')
	return i > 0 && i+1 < len(class) && strings.Trim(class[i+1:], "0123456789") == ""
}

func (p pass) listenerFinding(a *audience) {
	h := p.Heap
	n := int64(len(a.listeners))
	if a.seen < a.all && n == a.seen { // too many to look at all of them
		n = a.all
	}
	class := listenerClass(p.ClassName(a.class))
	retained := h.Retained(a.holds)
	path := p.Holding(a.holds, nil)
	held := p.captured(a.listeners)
	owner := a.owner
	if a.publisher != "" {
		owner = "the " + a.publisher + " in " + p.NearestHolder(path)
	}
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Likely, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s listeners of class %s are registered with %s%s; %s", analyze.Number(n), class, owner, held.text(p), p.Of(retained)),
		Facts: []report.Fact{
			analyze.Fact("listeners", report.Count(n)),
			analyze.Fact("listener class", report.Name(class)),
			analyze.Fact("elements", report.Count(a.all)),
			analyze.Fact("publisher", report.Name(a.owner)),
		},
		Fix: []string{
			fmt.Sprintf("Unregister the listener when what registered it is closed (made in %s).", outerOf(class)),
			"Or register a listener that refers to its owner weakly; or have the publisher live as long as its listeners do.",
		},
		Falsifier: "As many objects that listen are in use: their number does not grow between two dumps.",
	}
	if a.publisher != "" {
		f.Confidence = report.Certain
	}
	f.Facts = append(f.Facts, held.facts(p)...)
	p.Sign(&f, path, "[]", class)
	f.Path = p.Steps(path)
	f.Accumulation = p.Accumulation(a.holds)
	if k := p.Claimed(a.holds); k != nil {
		p.Join(k.Finding, f.Title+".", f.Facts...)
		return
	}
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: a.holds, Members: analyze.NewSet(append([]graph.Object{a.holds}, a.listeners...))})
}
