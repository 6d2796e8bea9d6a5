package collections_test

import (
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/report"
)

// leaks are real dumps with what the first finding says.
var leaks = []struct {
	dump, rule string
	title      []string
	counts     map[string]int64
	anchor     string
	related    string
	fix        string
}{
	{
		"collection-waste", "collection-waste",
		[]string{"10,000 java.util.HashMaps in WastefulCollections$Customer.attributes waste 2.4 MiB", "10,000 have one element, 640,000 places are 2 % full"},
		map[string]int64{"collections": 10_000, "elements": 10_000, "one element": 10_000, "capacity": 640_000, "waste in arrays": 10_000 * (272 - 24)}, // tables of 64 and of 2
		"static WastefulCollections.CUSTOMERS", "", "Give the constructor the number of elements",
	},
	{
		"static-map", "static-collection-growth",
		[]string{"StaticGrowth.BY_ID holds a java.util.HashMap of 20,000 StaticGrowth$Request"},
		map[string]int64{"elements": 20_000, "keys without a gap": 20_000},
		"static StaticGrowth.BY_ID", "leak-suspect", "bound it by number or age",
	},
	{
		"static-list", "static-collection-growth",
		[]string{"StaticGrowth.LOG holds a java.util.ArrayList of 20,000 StaticGrowth$Request"},
		map[string]int64{"elements": 20_000},
		"static StaticGrowth.LOG", "leak-suspect", "bound it by number or age",
	},
	{
		"static-singleton", "static-collection-growth",
		[]string{"StaticGrowth$Registry.INSTANCE holds a java.util.Collections$SynchronizedMap of 20,000 StaticGrowth$Request"},
		map[string]int64{"elements": 20_000, "keys without a gap": 20_000},
		"static StaticGrowth$Registry.INSTANCE", "leak-suspect", "bound it by number or age",
	},
	{
		"hash-collisions", "hash-collisions",
		[]string{"4,000 of the 4,000 keys of java.util.HashMap CollidingKeys.PRICES", "all these CollidingKeys$Key have one hash code"},
		map[string]int64{"entries in the longest chain": 4000, "bins used": 1, "different hash codes in it": 1, "tables": 3},
		"static CollidingKeys.PRICES", "", "CollidingKeys$Key.hashCode()",
	},
	{
		"listeners-list", "listener-accumulation",
		[]string{"3,000 listeners of class ListenerLeak$Screen$$Lambda are registered with ListenerLeak$Publisher.listeners and keep 3,000 ListenerLeak$Screen"},
		map[string]int64{"listeners": 3000, "kept by them": 3000, "outer objects": 3000},
		"static ListenerLeak.PUBLISHER", "inner-class-back-reference static-collection-growth leak-suspect", "made in ListenerLeak$Screen",
	},
	{
		"listeners-beans", "listener-accumulation",
		[]string{"3,000 listeners of class ListenerLeak$Screen$1 are registered with the PropertyChangeSupport in ListenerLeak$Publisher::changes"},
		map[string]int64{"listeners": 3000, "kept by them": 3000, "outer objects": 3000},
		"static ListenerLeak.PUBLISHER", "inner-class-back-reference leak-suspect", "made in ListenerLeak$Screen",
	},
	{
		"listeners-swing", "listener-accumulation",
		[]string{"3,000 listeners of class ListenerLeak$Screen$$Lambda are registered with the EventListenerList in ListenerLeak$Publisher::events"},
		map[string]int64{"listeners": 3000, "kept by them": 3000, "outer objects": 3000},
		"static ListenerLeak.PUBLISHER", "inner-class-back-reference leak-suspect", "made in ListenerLeak$Screen",
	},
	{
		"listeners-observable", "listener-accumulation",
		[]string{"3,000 listeners of class ListenerLeak$Screen$$Lambda are registered with the java.util.Observable in ListenerLeak$Publisher::observable"},
		map[string]int64{"listeners": 3000, "kept by them": 3000, "outer objects": 3000},
		"static ListenerLeak.PUBLISHER", "inner-class-back-reference leak-suspect", "made in ListenerLeak$Screen",
	},
	{
		"listeners-jmx", "listener-accumulation",
		[]string{"3,000 listeners of class ListenerLeak$Screen$$Lambda are registered with the NotificationBroadcasterSupport in ListenerLeak$Publisher::notifications"},
		map[string]int64{"listeners": 3000, "kept by them": 3000, "outer objects": 3000},
		"static ListenerLeak.PUBLISHER", "inner-class-back-reference leak-suspect", "made in ListenerLeak$Screen",
	},
	{
		"inner-class", "inner-class-back-reference",
		[]string{"500 CallbackLeak$Report are held by nothing but objects of class CallbackLeak$Report$Title"},
		map[string]int64{"outer objects": 500},
		"static CallbackLeak.TITLES", "static-collection-growth leak-suspect", "Make CallbackLeak$Report$Title static",
	},
	{
		"weak-map", "weak-map-value-holds-key",
		[]string{"3,000 of 6,000 entries", "static WeakValues.INFO", "WeakValues$Info refers to WeakValues$Session"},
		map[string]int64{"entries": 6000, "entries that stay": 3000},
		"static WeakValues.INFO", "static-collection-growth leak-suspect leak-suspect", "by a WeakReference",
	},
	{
		"cache-guava", "unbounded-cache",
		[]string{"A Guava cache held by static UnboundedCaches.cache has 10,000 entries and no bound"},
		map[string]int64{"entries": 10_000},
		"static UnboundedCaches.cache", "leak-suspect leak-suspect leak-suspect leak-suspect", "maximumSize",
	},
	{
		"cache-caffeine", "unbounded-cache",
		[]string{"A Caffeine cache held by static UnboundedCaches.cache has 10,000 entries and no bound"},
		map[string]int64{"entries": 10_000},
		"static UnboundedCaches.cache", "leak-suspect", "maximumSize",
	},
	{
		"cache-ehcache", "unbounded-cache",
		[]string{"An Ehcache cache held by static UnboundedCaches.cache has 10,000 entries and no bound"},
		map[string]int64{"entries": 10_000},
		"static UnboundedCaches.cache", "leak-suspect", "maxEntriesLocalHeap",
	},
	{
		"cache-spring", "unbounded-cache",
		[]string{"A Spring ConcurrentMapCache held by static UnboundedCaches.cache has 10,000 entries and no bound"},
		map[string]int64{"entries": 10_000},
		"static UnboundedCaches.cache", "leak-suspect", "CaffeineCacheManager",
	},
}

func TestRealLeaks(t *testing.T) {
	for _, x := range leaks {
		t.Run(x.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+x.dump+".hprof"), "all")
			if len(r.Findings) == 0 || r.Findings[0].Rule != x.rule || r.Findings[0].Severity != report.Warning {
				t.Fatalf("the first finding is not %s: %+v", x.rule, r.Findings)
			}
			f := &r.Findings[0]
			analyzetest.WantTitle(t, f, x.title...)
			for label, n := range x.counts {
				analyzetest.WantCount(t, f, label, n)
			}
			if f.Anchor != x.anchor {
				t.Errorf("anchor %s", f.Anchor)
			}
			if x.related != "" {
				analyzetest.WantRelated(t, f, strings.Fields(x.related)...)
			}
			if fix := strings.Join(f.Fix, "\n"); !strings.Contains(fix, x.fix) {
				t.Errorf("fix %q", fix)
			}
			if len(f.Path) < 2 || f.Falsifier == "" {
				t.Errorf("path %v, falsifier %q", f.Path, f.Falsifier)
			}
			for _, g := range r.Findings[1:] {
				if g.Severity.AtLeast(report.Warning) && g.Rule != x.rule {
					t.Errorf("besides: %s", g.Title)
				}
			}
		})
	}
}

// TestRealControls has programs that do the same without the leak: nothing is at warning or above, and none of these rules speaks.
func TestRealControls(t *testing.T) {
	for _, dump := range []string{"collection-waste", "static", "hash-collisions", "listeners", "inner-class", "weak-map", "cache-guava", "cache-caffeine", "cache-ehcache", "cache-spring"} {
		t.Run(dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+dump+"-control.hprof"), "all")
			for _, f := range r.Findings {
				if f.Severity.AtLeast(report.Warning) || f.Rule != "leak-suspect" {
					t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
				}
			}
			for _, x := range r.Rules {
				if x.Skipped != "" {
					t.Errorf("%s abstains: %s", x.Name, x.Skipped)
				}
			}
		})
	}
}
