package collections

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	census "heapcause/analyze/collections"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of hash-collisions.
var (
	chainMin  = &analyze.Threshold{Name: "chain", Default: 100, Unit: "entries", Doc: "a bin of a hash table with fewer entries is not told of"}
	chainWarn = &analyze.Threshold{Name: "warn-chain", Default: 1000, Unit: "entries", Doc: "a bin with so many is a warning: each look-up compares with many keys"}
)

// HashCollisions finds hash tables whose keys fall into few bins.
var HashCollisions = &analyze.Rule{
	Name:  "hash-collisions",
	Title: "Many keys of a hash table have one hash code",
	Doc: `The keys of a HashMap, HashSet, ConcurrentHashMap, Hashtable or WeakHashMap fall into few bins of the table, mostly because hashCode() of their class
leaves out what tells them apart. Each look-up then compares with many keys: time goes with the square of the number of entries. HashMap and
ConcurrentHashMap make trees of long bins, which takes twice the memory and is fast only where the keys are Comparable.

Recognised by the slots of the table that are in use against those that evenly spread hash codes would fill, and by the trees
(HashMap$TreeNode, ConcurrentHashMap$TreeBin); then by the hash field of the entries in the longest chain. Told from 100 entries in one bin on, a
warning from 1,000 on.

Let hashCode() depend on all fields that equals() compares (Objects.hash), not on one that many share, and let the class implement
Comparable. String keys with one hash code do not come about by chance: somebody may have made them up to slow the program down; bound what one client
may send.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{chainMin, chainWarn},
	Scans:      []*analyze.Scan{census.Scan},
	Run:        runHash,
}

func runHash(q *analyze.Pass) error {
	p := reader(q)
	c := census.Of(q)
	if c == nil {
		return nil
	}
	byKey := map[graph.Class][]census.Collision{}
	longest := map[graph.Class]int64{}
	for _, m := range c.Collisions() { // the longest first
		if m.Longest >= p.Count(chainMin) {
			byKey[m.Key] = append(byKey[m.Key], m)
			longest[m.Key] = max(longest[m.Key], m.Longest)
		}
	}
	for _, key := range analyze.ByCount(longest, analyze.Same, p.keyName) {
		p.hashFinding(key, byKey[key])
	}
	return nil
}

func (p pass) keyName(c graph.Class) string {
	if c == graph.NoClass {
		return "null"
	}
	return p.ClassName(c)
}

func (p pass) hashFinding(key graph.Class, maps []census.Collision) {
	m, name := maps[0], p.keyName(key)
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Objects: int64(len(maps)),
		Title:     fmt.Sprintf("%s of the %s keys of %s %s are in one of its %s bins: %s", analyze.Number(m.Longest), analyze.Number(m.Entries), p.Heap.ClassName(m.Map), m.Owner, analyze.Number(m.Slots), hashText(name, m)),
		Falsifier: "The number of entries is bounded and small enough that look-ups do not show in a profile.",
	}
	if m.Longest >= p.Count(chainWarn) {
		f.Severity = report.Warning
	}
	if m.Hashes > 1 {
		f.Confidence = report.Likely
	}
	f.Fix = []string{
		fmt.Sprintf("Let %s.hashCode() depend on all fields that equals() compares, as Objects.hash(…) does.", name),
		fmt.Sprintf("Let %s implement Comparable: bins that became trees are then searched in order.", name),
	}
	if analyze.Platform(name) {
		f.Fix = []string{
			"Strings and boxes with one hash code are mostly made up: bound what one client may send, and look at where the keys come from.",
			"Wrap the key in a class with a hash code of its own, or use a TreeMap, where such keys are regular.",
		}
	}
	t := report.Table{Title: "Tables with such keys", Columns: []string{"held by", "class", "entries", "slots", "bins used", "longest", "trees"}}
	var all []graph.Object
	for _, m := range maps {
		analyze.AddRow(&t, report.Name(m.Owner), report.Name(p.Heap.ClassName(m.Map)), report.Count(m.Entries), report.Count(m.Slots), report.Count(m.Used), report.Count(m.Longest), report.Count(m.Trees))
		all = append(all, m.Map)
	}
	slices.Sort(all)
	f.Tables = append(f.Tables, t)
	f.Retained = p.Heap.RetainedOf(all)
	f.Facts = []report.Fact{
		analyze.Fact("key class", report.Name(name)),
		analyze.Fact("entries", report.Count(m.Entries)),
		analyze.Fact("entries in the longest chain", report.Count(m.Longest)),
		analyze.Fact("bins used", report.Count(m.Used)),
		analyze.Fact("different hash codes in it", report.Count(m.Hashes)),
		analyze.Fact("tables", report.Count(int64(len(maps)))),
	}
	path := p.Holding(m.Map, nil)
	p.Sign(&f, path, name)
	f.Path = p.Steps(path)
	p.Report(f)
}

// hashText says what is wrong with the hash codes.
func hashText(key string, m census.Collision) string {
	if m.Hashes == 1 {
		return fmt.Sprintf("all these %s have one hash code", key)
	}
	return fmt.Sprintf("the hash codes of %s differ only in bits that the table does not use", key)
}
