package analyze_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// pathOf writes the way down to a node.
func pathOf(rows []report.TreeNode, i int) string {
	var steps []string
	for ; i >= 0; i = rows[i].Parent {
		steps = append(steps, rows[i].Label+" "+rows[i].Class)
	}
	slices.Reverse(steps)
	return strings.Join(steps, " > ")
}

// findPath returns the node at the end of a path.
func findPath(t *testing.T, rows []report.TreeNode, path string) report.TreeNode {
	t.Helper()
	var all []string
	for i := range rows {
		if p := pathOf(rows, i); p == path {
			return rows[i]
		} else {
			all = append(all, p)
		}
	}
	t.Fatalf("no path %q among\n%s", path, strings.Join(all, "\n"))
	return report.TreeNode{}
}

// TestPaths has a list of 3,000 nodes with payloads, an array of a hundred objects of generated classes, and an object of two
// owners.
func TestPaths(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Node next", "byte[] payload"))
	var head any
	for range 3000 {
		head = d.Instance(node, head, d.ByteArray(make([]byte, 10)...))
	}
	var handlers []any
	for _, name := range []string{"com.acme.Shop$$Lambda/0x0000000801001a", "com.acme.Shop$$Lambda$14+0x0000000801002b"} {
		c := d.Class(name, hproftest.Fields("byte[] captured"))
		for range 50 {
			handlers = append(handlers, d.Instance(c, d.ByteArray(make([]byte, 100)...)))
		}
	}
	service := d.Instance(d.Class("com.acme.Service", hproftest.Fields("byte[] image")), d.ByteArray(make([]byte, 50_000)...))
	holder := d.Class("com.acme.Holder", hproftest.Fields("Service service"))
	d.Class("com.acme.A", hproftest.Static("Node first", head), hproftest.Static("Object[] handlers", d.Array("java.lang.Object", handlers...)), hproftest.Static("Holder h", d.Instance(holder, service)), hproftest.Sticky())
	d.Class("com.acme.B", hproftest.Static("Service shared", service), hproftest.Sticky())
	queue := d.Instance(d.Class("com.acme.Queue", hproftest.Fields("byte[] tasks")), d.ByteArray(make([]byte, 60_000)...))
	timer, worker := d.Class("com.acme.Timer", hproftest.Fields("Queue queue")), d.Class("com.acme.Worker", hproftest.Fields("Queue work"))
	d.Class("com.acme.C", hproftest.Static("Timer timer", d.Instance(timer, queue)), hproftest.Static("Worker worker", d.Instance(worker, queue)), hproftest.Sticky())
	d.Class("com.acme.D", hproftest.Static("Worker worker", d.Instance(worker, queue)), hproftest.Sticky())
	rows := analyzetest.Analyzed(t, d, "all").Paths.Rows
	checkTree(t, rows)
	root := rows[0].Label + " class com.acme.A > static com.acme.A."
	for path, objects := range map[string]int64{
		root + "first com.acme.Node":                                                                              3000,
		root + "first com.acme.Node > com.acme.Node::payload byte[]":                                              3000,
		root + "handlers java.lang.Object[] > [*] com.acme.Shop$$Lambda":                                          100,
		root + "handlers java.lang.Object[] > [*] com.acme.Shop$$Lambda > com.acme.Shop$$Lambda::captured byte[]": 100,
		"static com.acme.C.timer → com.acme.Timer::queue com.acme.Queue > com.acme.Queue::tasks byte[]":           1,
		"static com.acme.B.shared com.acme.Service":                                                               1,
		"static com.acme.B.shared com.acme.Service > com.acme.Service::image byte[]":                              1,
	} {
		if n := findPath(t, rows, path); n.Objects != objects {
			t.Errorf("%s: %d objects, want %d", path, n.Objects, objects)
		} else if (n.Address != 0) != (objects == 1) {
			t.Errorf("%s: address %v of %d objects", path, n.Address, objects)
		}
	}
}

// TestPathsOfLoadTest holds that the leaking path of the load test has as many objects as its program counted.
func TestPathsOfLoadTest(t *testing.T) {
	h := analyzetest.RealHeap(t, "loadtest/orders-5.hprof")
	data, err := os.ReadFile("../testdata/dumps/loadtest/orders.expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Steps []struct{ Sessions, Products int64 }
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	rows := analyzetest.RunRules(t, h, "none").Paths.Rows
	checkTree(t, rows)
	var sessions, products report.TreeNode
	for i := range rows {
		switch p := pathOf(rows, i); {
		case strings.HasSuffix(p, "com.acme.orders.SessionRegistry::byToken java.util.HashMap > java.util.HashMap::table java.util.HashMap$Node[] > [*] java.util.HashMap$Node > java.util.HashMap$Node::value com.acme.orders.Session"):
			sessions = rows[i]
		case strings.HasSuffix(p, "> java.util.HashMap$Node::value com.acme.orders.ProductCache$Product"):
			products = rows[i]
		}
	}
	if last := want.Steps[4]; sessions.Objects != last.Sessions || products.Objects != last.Products {
		t.Errorf("%d sessions and %d products, want %d and %d", sessions.Objects, products.Objects, last.Sessions, last.Products)
	}
}

// TestPathsOfRealDump checks sums and bounds on the zoo, which has a list of 50,000 nodes.
func TestPathsOfRealDump(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "zoo/zoo-small.hprof"), "none")
	checkTree(t, r.Paths.Rows)
	if n := len(r.Paths.Rows); n < 100 || n > 600 {
		t.Errorf("%d nodes", n)
	}
	for _, n := range r.Paths.Rows {
		if n.Class == "zoo.DeepNode" && n.Objects != 50_000 {
			t.Errorf("a list of 50,000 has %d nodes", n.Objects)
		}
	}
}
