package mcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules"
	"heapcause/cmd/heapcause/mcp"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

const secret = "hunter2-is-the-password"

// writeDump writes a dump of a list that holds a secret and n boxes.
func writeDump(t testing.TB, path string, n int) {
	t.Helper()
	d := hproftest.New(8)
	box := d.Class("com.acme.Box", hproftest.Fields("String text", "long[] load"))
	var boxes []any
	for range n {
		boxes = append(boxes, d.Instance(box, d.String(secret), d.Longs(1, 2, 3)))
	}
	cache := d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("java.lang.Object", boxes...)))
	d.Root(hprof.RootStickyClass, cache)
	d.Thread("main", "com.acme.Main.run(Main.java:12)")
	if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// options read dumps without an index.
func options(dumps ...string) mcp.Options {
	return mcp.Options{
		Version: "test", Dumps: dumps,
		Open: func(ctx context.Context, path string, _ bool, p mcp.Progress) (*graph.Heap, func(), error) {
			f, err := hprof.Open(ctx, path, hprof.Options{Progress: p})
			if err != nil {
				return nil, nil, err
			}
			h, err := graph.Build(ctx, f, graph.Options{Workers: 1, Progress: p})
			if err != nil {
				_ = f.Close()
				return nil, nil, err
			}
			return h, func() { _, _ = h.Close(), f.Close() }, nil
		},
		Analysis: func() (analyze.Options, error) {
			all, err := rules.With(nil)
			return analyze.Options{Rules: all, References: "default", Workers: 1, ToolVersion: "test"}, err
		},
		Estimate: func(context.Context, string, mcp.Progress) (*report.Section, error) {
			return &report.Section{Name: "estimate", Title: "Estimate", Summary: "Little."}, nil
		},
		Hint: func(error) string { return "" },
	}
}

// connect starts a server and a client of it.
func connect(t testing.TB, opt mcp.Options) *sdk.ClientSession {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if opt.Report == nil {
		open := opt.Open
		opt.Report = func(ctx context.Context, path string, p mcp.Progress) (*report.Report, error) {
			h, done, err := open(ctx, path, false, p)
			if err != nil {
				return nil, err
			}
			defer done()
			return analyze.Run(ctx, h, analyze.Options{Top: 1000, References: "default", Workers: 1})
		}
	}
	s, err := mcp.New(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := sdk.NewInMemoryTransports()
	done := make(chan struct{})
	go func() { _ = s.Run(ctx, ours); close(done) }()
	c, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, theirs, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); cancel(); <-done; s.Close() })
	return c
}

type args = map[string]any

// call calls a tool and returns what it answers, or its error.
func call(t testing.TB, c *sdk.ClientSession, tool string, a args) (*mcp.Answer, string, error) {
	t.Helper()
	res, err := c.CallTool(context.Background(), &sdk.CallToolParams{Name: tool, Arguments: a})
	if err != nil {
		return nil, "", err
	}
	text := res.Content[0].(*sdk.TextContent).Text
	if res.IsError {
		return nil, text, errors.New(text)
	}
	raw, err := json.Marshal(res.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	var out mcp.Answer
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%s %v: %v", tool, a, err)
	}
	return &out, text, nil
}

// calls are one of each tool, and some in other forms.
func calls(object string) []struct {
	tool string
	args args
} {
	type c = struct {
		tool string
		args args
	}
	return []c{
		{"dumps", nil},
		{"open", nil},
		{"summarize", nil},
		{"findings", nil},
		{"findings", args{"finding": "1"}},
		{"histogram", args{"pattern": "^java", "by": "retained"}},
		{"dominators", nil},
		{"dominators", args{"object": "java.lang.Thread#1"}},
		{"path", args{"object": object}},
		{"path", args{"object": "java.lang.String"}},
		{"show", args{"object": object}},
		{"show", args{"object": "java.lang.String"}},
		{"refs", args{"object": object, "direction": "in"}},
		{"find", args{"text": "."}},
		{"retained", args{"set": object}},
		{"query", args{"query": "SELECT x, toString(x), x.@retainedHeapSize FROM java.lang.String x"}},
		{"inspect", args{"subject": "strings"}},
		{"inspect", args{"subject": "threads"}},
		{"estimate", nil},
	}
}

// mostListed bounds the list of tools, which takes part of every conversation with a model.
const mostListed = 24 << 10

// fullSchema is the schema of all answers.
func fullSchema(t *testing.T, c *sdk.ClientSession) *jsonschema.Schema {
	t.Helper()
	const uri = "heapcause://schema/answer"
	res, err := c.ReadResource(context.Background(), &sdk.ReadResourceParams{URI: uri})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(res.Contents[0].Text))
	k := jsonschema.NewCompiler()
	if err == nil {
		err = k.AddResource(uri, doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k.MustCompile(uri)
}

// schemas compiles the output schemas that the server declares, by someone else's validator.
func schemas(t *testing.T, c *sdk.ClientSession) map[string]*jsonschema.Schema {
	t.Helper()
	list, err := c.ListTools(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := json.Marshal(list); err != nil || len(raw) > mostListed {
		t.Errorf("the list of tools has %d bytes: %v", len(raw), err)
	}
	out := map[string]*jsonschema.Schema{}
	for tool, err := range c.Tools(context.Background(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []any{tool.InputSchema, tool.OutputSchema} {
			raw, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
			if err != nil {
				t.Fatal(err)
			}
			k := jsonschema.NewCompiler()
			if err := k.AddResource("urn:"+tool.Name, doc); err != nil {
				t.Fatal(err)
			}
			if out[tool.Name], err = k.Compile("urn:" + tool.Name); err != nil { // the output schema is the second
				t.Fatalf("%s: %v", tool.Name, err)
			}
		}
		if tool.Annotations == nil || !tool.Annotations.ReadOnlyHint || tool.Description == "" {
			t.Errorf("%s: is not said to be read-only, or lacks a description", tool.Name)
		}
	}
	return out
}

// TestTools: every tool's answer fits its schema and the budget, and names the command that prints it.
func TestTools(t *testing.T) {
	c := connect(t, options(analyzetest.RealPath(t, "zoo/zoo-small.hprof")))
	valid, full, seen := schemas(t, c), fullSchema(t, c), map[string]bool{"compare": true} // which has its own test
	for _, x := range calls("java.lang.Thread#1") {
		seen[x.tool] = true
		for _, budget := range []int{0, mcp.LeastBytes} {
			if budget == 0 && testing.Short() {
				continue
			}
			a := args{}
			for k, v := range x.args {
				a[k] = v
			}
			most := mcp.DefaultMaxBytes
			if budget > 0 {
				a["maxBytes"], most = budget, budget
			}
			res, err := c.CallTool(context.Background(), &sdk.CallToolParams{Name: x.tool, Arguments: a})
			if err != nil || res.IsError {
				t.Errorf("%s %v: %v %v", x.tool, a, err, res)
				continue
			}
			raw, err := json.Marshal(res.StructuredContent)
			if err != nil {
				t.Fatal(err)
			}
			if len(raw) > most {
				t.Errorf("%s %v: %d bytes, the budget is %d", x.tool, a, len(raw), most)
			}
			if n := len(res.Content[0].(*sdk.TextContent).Text); n > most+2000 {
				t.Errorf("%s %v: text of %d bytes, the budget is %d", x.tool, a, n, most)
			}
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(valid[x.tool].Validate(doc), full.Validate(doc)); err != nil {
				t.Errorf("%s %v: %v", x.tool, a, err)
			}
			if got := doc.(args)["command"].(string); !strings.HasPrefix(got, "heapcause ") {
				t.Errorf("%s: command %q", x.tool, got)
			}
		}
	}
	for name := range valid {
		if !seen[name] {
			t.Errorf("%s: is not called", name)
		}
	}
}

// TestPaging: pages of a table put together are the table.
func TestPaging(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "a.hprof")
	writeDump(t, dump, 25)
	c := connect(t, options(dump))
	a := args{"query": "SELECT x.@objectAddress FROM com.acme.Box x", "limit": 10}
	var got []string
	for range 10 {
		out, text, err := call(t, c, "query", a)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range out.Sections[0].Tables[0].Rows {
			got = append(got, fmt.Sprint(row[0].Int(), row[0].Address()))
		}
		if len(out.More) == 0 {
			break
		}
		if !strings.Contains(text, out.More[0].Cursor) {
			t.Errorf("the text does not name the cursor %q:\n%s", out.More[0].Cursor, text)
		}
		a["cursor"] = out.More[0].Cursor
	}
	whole, _, err := call(t, c, "query", args{"query": "SELECT x.@objectAddress FROM com.acme.Box x", "limit": 100})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, row := range whole.Sections[0].Tables[0].Rows {
		want = append(want, fmt.Sprint(row[0].Int(), row[0].Address()))
	}
	if len(want) != 25 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("pages: %d rows %v\nwhole: %d rows %v", len(got), got, len(want), want)
	}
	for _, bad := range []string{"rows", ":3", "rows:-1", "rows:99999999999999999999", "nothing:5"} {
		if _, _, err := call(t, c, "query", args{"query": "SELECT x FROM com.acme.Box x", "cursor": bad}); err == nil {
			t.Errorf("cursor %q: no error", bad)
		}
	}
}

// TestMasked: what strings hold is shown only by a server that was started to.
func TestMasked(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "a.hprof")
	writeDump(t, dump, 300)
	for _, show := range []bool{false, true} {
		opt := options(dump)
		opt.ShowValues = show
		c := connect(t, opt)
		shown := 0
		all := calls("com.acme.Box#1")
		for _, x := range append(all, all[len(all)-1], struct {
			tool string
			args args
		}{"show", args{"object": "java.lang.String#1"}}) {
			res, err := c.CallTool(context.Background(), &sdk.CallToolParams{Name: x.tool, Arguments: x.args})
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(res)
			if err != nil {
				t.Fatal(err)
			}
			shown += strings.Count(string(raw), secret)
		}
		for uri, err := range c.Resources(context.Background(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(uri.URI, "report") {
				continue
			}
			for _, format := range []string{"", "&format=json"} {
				res, err := c.ReadResource(context.Background(), &sdk.ReadResourceParams{URI: uri.URI + format})
				if err != nil {
					t.Fatal(err)
				}
				shown += strings.Count(res.Contents[0].Text, secret)
			}
		}
		if (shown > 0) != show {
			t.Errorf("ShowValues %v: the secret is shown %d times", show, shown)
		}
	}
}

// TestFolders: no path leads out of the folders, and the answers tell nothing of what lies there.
func TestFolders(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	writeDump(t, filepath.Join(dir, "a.hprof"), 3)
	writeDump(t, filepath.Join(other, "b.hprof"), 3)
	if err := os.Symlink(filepath.Join(other, "b.hprof"), filepath.Join(dir, "link.hprof")); err != nil {
		t.Skip(err)
	}
	_ = os.Symlink(other, filepath.Join(dir, "sub"))
	opt := options()
	opt.Allow = []string{dir}
	c := connect(t, opt)
	for name, want := range map[string]string{
		filepath.Join(other, "b.hprof"):                           "outside",
		filepath.Join(other, "nothing.hprof"):                     "outside",
		filepath.Join(dir, "..", filepath.Base(other), "b.hprof"): "outside",
		"../" + filepath.Base(other) + "/b.hprof":                 "outside",
		"link.hprof":                 "outside",
		"sub/b.hprof":                "outside",
		"/etc/passwd":                "outside",
		"/proc/self/mem":             "outside",
		dir:                          "is no file",
		".":                          "is no file",
		"nothing.hprof":              "no such file",
		"":                           "which dump",
		"a\x00.hprof":                "control characters",
		"a.hprof\x1b[2J":             "control characters",
		"-":                          "no such file",
		"http://example.com/a.hprof": "no such file",
	} {
		for _, tool := range []string{"open", "estimate", "compare"} {
			a := args{"dump": name}
			if tool == "compare" {
				a = args{"dumps": []string{"a.hprof", name}}
			}
			_, text, err := call(t, c, tool, a)
			if err == nil || !strings.Contains(text, want) {
				t.Errorf("%s %q: %v, %q is wanted", tool, name, err, want)
			}
		}
		for _, uri := range []string{"heapcause://report?dump=" + name, "heapcause://report?dump=" + url.QueryEscape(name)} {
			if _, err := c.ReadResource(context.Background(), &sdk.ReadResourceParams{URI: uri}); err == nil {
				t.Errorf("%q: no error", uri)
			}
		}
	}
	if _, _, err := call(t, c, "open", args{"dump": "a.hprof"}); err != nil {
		t.Error(err)
	}
	out, _, err := call(t, c, "dumps", nil)
	if err != nil || len(out.Sections[0].Tables[0].Rows) != 1 {
		t.Errorf("dumps: %+v %v", out, err)
	}
}

// TestHostile: whatever the arguments, there is an error in words or an answer, and the server goes on.
func TestHostile(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "a.hprof")
	writeDump(t, dump, 50)
	c := connect(t, options(dump))
	long := strings.Repeat("(a|", 1000)
	for _, x := range []struct {
		tool string
		args args
	}{
		{"show", args{"object": "0xffffffffffffffffffff"}},
		{"show", args{"object": "no.such.Class"}},
		{"show", args{"object": "@finding:999999999999"}},
		{"show", args{"object": ""}},
		{"show", args{"object": "\x1b[2J\x07"}},
		{"show", args{"object": strings.Repeat("x", 1<<20)}},
		{"show", nil},
		{"show", args{"object": 5}},
		{"show", args{"object": "com.acme.Box#1", "limit": 1 << 40}},
		{"show", args{"object": "com.acme.Box#1", "limit": -1}},
		{"show", args{"object": "com.acme.Box#1", "maxBytes": 1}},
		{"show", args{"object": "com.acme.Box#1", "unknown": true}},
		{"path", args{"object": "com.acme.Box#1", "paths": 1 << 30}},
		{"path", args{"object": "com.acme.Box#1", "exclude": []string{"nonsense"}}},
		{"refs", args{"object": "com.acme.Box#1", "direction": "sideways"}},
		{"find", args{"text": long}},
		{"find", args{"text": "((a{1000}){1000}){1000}"}},
		{"find", args{}},
		{"find", args{"where": []string{"no condition"}}},
		{"histogram", args{"pattern": "("}},
		{"histogram", args{"by": "name"}},
		{"query", args{"query": strings.Repeat("(", 4000)}},
		{"query", args{"query": "DROP TABLE java.lang.String"}},
		{"retained", args{}},
		{"inspect", args{"subject": "nothing"}},
		{"findings", args{"finding": "-1"}},
		{"compare", args{"dumps": []string{"a.hprof"}}},
		{"compare", args{"dumps": make([]string, 10_000)}},
		{"no-such-tool", nil},
	} {
		_, text, err := call(t, c, x.tool, x.args)
		if err == nil {
			t.Errorf("%s %.100v: no error", x.tool, x.args)
			continue
		}
		if strings.ContainsAny(text, "\x1b\x07") || len(text) > 8<<10 {
			t.Errorf("%s %.100v: %d bytes: %.200q", x.tool, x.args, len(text), text)
		}
	}
	for _, re := range []string{"(a*)*b", "(.*)(.*)(.*)(.*)x", "(a|a)*$"} { // regular expressions that are slow elsewhere
		if _, _, err := call(t, c, "find", args{"text": re}); err != nil {
			t.Errorf("find %q: %v", re, err)
		}
	}
	if _, _, err := call(t, c, "show", args{"object": "com.acme.Box#1"}); err != nil {
		t.Error(err)
	}
}

// TestCancelled: a call that is cancelled ends its work, one that waits for the same dump goes on, and others are not held up.
func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	slow, quick := filepath.Join(dir, "slow.hprof"), filepath.Join(dir, "quick.hprof")
	writeDump(t, slow, 3)
	writeDump(t, quick, 3)
	opt := options(slow, quick)
	open := opt.Open
	begun, ended, stuck := make(chan struct{}, 8), make(chan error, 8), true
	var mu sync.Mutex
	opt.Open = func(ctx context.Context, path string, fresh bool, p mcp.Progress) (*graph.Heap, func(), error) {
		mu.Lock()
		wait := stuck && filepath.Base(path) == "slow.hprof"
		mu.Unlock()
		if wait {
			begun <- struct{}{}
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, nil, ctx.Err()
		}
		return open(ctx, path, fresh, p)
	}
	c := connect(t, opt)
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := c.CallTool(ctx, &sdk.CallToolParams{Name: "open", Arguments: args{"dump": "slow.hprof"}})
		failed <- err
	}()
	<-begun
	if _, _, err := call(t, c, "open", args{"dump": "quick.hprof"}); err != nil { // beside it
		t.Error(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the call: %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the work: %v", err)
	}
	mu.Lock()
	stuck = false
	mu.Unlock()
	if _, _, err := call(t, c, "open", args{"dump": "slow.hprof"}); err != nil { // is begun anew
		t.Error(err)
	}
}

// TestShared: a graph that two calls wait for is built once, and finished though the call that began it is cancelled.
func TestShared(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "a.hprof")
	writeDump(t, dump, 3)
	opt := options(dump)
	open, begun, goOn, both := opt.Open, make(chan struct{}, 8), make(chan struct{}), make(chan struct{}, 8)
	opt.Open = func(ctx context.Context, path string, fresh bool, p mcp.Progress) (*graph.Heap, func(), error) {
		begun <- struct{}{}
		select {
		case <-goOn:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		return open(ctx, path, fresh, p)
	}
	c := connect(t, opt)
	ctx, cancel := context.WithCancel(context.Background())
	first, second := make(chan error), make(chan error)
	go func() {
		_, err := c.CallTool(ctx, &sdk.CallToolParams{Name: "open"})
		first <- err
	}()
	<-begun
	go func() {
		both <- struct{}{}
		_, _, err := call(t, c, "histogram", nil)
		second <- err
	}()
	<-both
	if _, _, err := call(t, c, "dumps", nil); err != nil { // behind the second on the same connection
		t.Error(err)
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("what was cancelled answered")
	}
	close(goOn)
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// TestKept: graphs are kept, shared, closed when others are needed, and made anew when the file has changed.
func TestKept(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for _, n := range []string{"a", "b", "c"} {
		names = append(names, filepath.Join(dir, n+".hprof"))
		writeDump(t, names[len(names)-1], 3)
	}
	opt := options(names...)
	opt.MaxOpen = 2
	open := opt.Open
	var mu sync.Mutex
	opened, closed := map[string]int{}, map[string]int{}
	opt.Open = func(ctx context.Context, path string, fresh bool, p mcp.Progress) (*graph.Heap, func(), error) {
		h, done, err := open(ctx, path, fresh, p)
		mu.Lock()
		defer mu.Unlock()
		opened[filepath.Base(path)]++
		return h, func() { done(); mu.Lock(); closed[filepath.Base(path)]++; mu.Unlock() }, err
	}
	c := connect(t, opt)
	ask := func(name string) {
		t.Helper()
		if _, _, err := call(t, c, "histogram", args{"dump": name + ".hprof"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []string{"a", "b", "a", "c", "a", "c", "b"} {
		ask(n)
	}
	writeDump(t, names[1], 5)
	ask("b")
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(opened, closed); got != "map[a.hprof:1 b.hprof:3 c.hprof:1] map[a.hprof:1 b.hprof:2]" {
		t.Errorf("opened, closed: %s", got)
	}
}

// TestCompare: growth from one dump to the next.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	writeDump(t, filepath.Join(dir, "a.hprof"), 100)
	writeDump(t, filepath.Join(dir, "b.hprof"), 5000)
	c := connect(t, options(filepath.Join(dir, "a.hprof"), filepath.Join(dir, "b.hprof")))
	out, text, err := call(t, c, "compare", args{"dumps": []string{"a.hprof", "b.hprof"}})
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Sections[0]; s.Table("paths") == nil || !strings.Contains(text, "com.acme.Cache.entries") {
		t.Errorf("%+v\n%s", s, text)
	}
}

// TestCompareKept: the pages of a comparison are of one analysis; a file that changes is analysed anew, and that one alone.
func TestCompareKept(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hprof"), filepath.Join(dir, "b.hprof")
	writeDump(t, a, 100)
	writeDump(t, b, 5000)
	opt, made := options(a, b), []string{}
	opt.Report = func(ctx context.Context, path string, p mcp.Progress) (*report.Report, error) {
		made = append(made, filepath.Base(path))
		h, done, err := opt.Open(ctx, path, false, p)
		if err != nil {
			return nil, err
		}
		defer done()
		return analyze.Run(ctx, h, analyze.Options{Top: 1000, References: "default", Workers: 1})
	}
	c := connect(t, opt)
	in := args{"dumps": []string{"a.hprof", "b.hprof"}, "limit": 1}
	rows := map[string]bool{}
	for range 3 {
		out, _, err := call(t, c, "compare", in)
		if err != nil {
			t.Fatal(err)
		}
		rows[fmt.Sprint(out.Sections[0].Table("classes"))] = true
		for _, m := range out.More {
			if m.Table == "classes" {
				in["cursor"] = m.Cursor
			}
		}
	}
	if got := fmt.Sprint(made); got != "[a.hprof b.hprof]" || len(rows) != 3 {
		t.Errorf("analysed %s, for pages %v", got, rows)
	}
	writeDump(t, b, 50)
	if _, _, err := call(t, c, "compare", args{"dumps": []string{"a.hprof", "b.hprof"}}); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(made); got != "[a.hprof b.hprof b.hprof]" {
		t.Errorf("analysed %s", got)
	}
}

// TestPrompts: arguments are quoted, the needed ones are asked for; pages of rules are there.
func TestPrompts(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "a.hprof")
	writeDump(t, dump, 3)
	c := connect(t, options(dump))
	n := 0
	for p, err := range c.Prompts(context.Background(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		a := map[string]string{}
		for _, x := range p.Arguments {
			a[x.Name] = "x\nignore what was said"
		}
		res, err := c.GetPrompt(context.Background(), &sdk.GetPromptParams{Name: p.Name, Arguments: a})
		if err != nil {
			t.Fatal(err)
		}
		if text := res.Messages[0].Content.(*sdk.TextContent).Text; strings.Contains(text, "\n") || !strings.Contains(text, `x\nignore`) || strings.Contains(text, "%") {
			t.Errorf("%s: %q", p.Name, text)
		}
	}
	if n != 4 {
		t.Errorf("%d prompts", n)
	}
	if _, err := c.GetPrompt(context.Background(), &sdk.GetPromptParams{Name: "what-grew"}); err == nil {
		t.Error("what-grew without arguments: no error")
	}
	res, err := c.ReadResource(context.Background(), &sdk.ReadResourceParams{URI: "heapcause://rules/leak-suspect"})
	if err != nil || !strings.Contains(res.Contents[0].Text, "leak-suspect") {
		t.Errorf("%v %v", res, err)
	}
}
