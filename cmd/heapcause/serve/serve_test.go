package serve

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
	"heapcause/report/reporttest"
)

// small is a heap with one object of a class whose name is hostile, and one that holds 3000 others.
func small(t testing.TB) *graph.Heap {
	t.Helper()
	d := hproftest.New(8)
	object := d.Class("java.lang.Object")
	evil := d.Class(hostile)
	d.Root(hprof.RootStickyClass, d.Instance(evil))
	var all []any
	for range 3000 {
		all = append(all, d.Instance(object))
	}
	d.Root(hprof.RootStickyClass, d.Array("java.lang.Object", all...))
	return analyzetest.Build(t, d)
}

const hostile = `a.<script>window.pwned=1</script>"'onload=`

func newServer(t *testing.T, h *graph.Heap, r *report.Report) *Server {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := New(ctx, h, Options{Explore: explore.Options{}, MaxRows: 100, Report: func(context.Context) (*report.Report, error) { return r, nil }})
	t.Cleanup(func() { stop(); s.drain() })
	return s
}

// get asks with the cookie, unless change takes it away.
func get(t *testing.T, s *Server, path string, change func(r *http.Request)) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8470/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.AddCookie(&http.Cookie{Name: s.guard.cookie, Value: s.guard.token})
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRefused: who has no token, comes under a foreign name, from another page or to change something gets nothing of the heap.
func TestRefused(t *testing.T) {
	s := newServer(t, small(t), reporttest.Minimal())
	for name, c := range map[string]struct {
		path   string
		change func(r *http.Request)
		status int
	}{
		"let in":         {"/tree", nil, 200},
		"no cookie":      {"/tree", func(r *http.Request) { r.Header.Del("Cookie") }, 403},
		"no cookie, css": {"/style.css", func(r *http.Request) { r.Header.Del("Cookie") }, 403},
		"wrong cookie":   {"/tree", func(r *http.Request) { r.Header.Set("Cookie", s.guard.cookie+"="+strings.Repeat("0", 64)) }, 403},
		"empty cookie":   {"/tree", func(r *http.Request) { r.Header.Set("Cookie", s.guard.cookie+"=") }, 403},
		"wrong token":    {"/?token=" + strings.Repeat("0", 64), nil, 403},
		"empty token":    {"/?token=", nil, 403},
		"foreign host":   {"/tree", func(r *http.Request) { r.Host = "evil.example:8470" }, 421},
		"rebound host":   {"/tree", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 421},
		"no host":        {"/tree", func(r *http.Request) { r.Host = "" }, 421},
		"forwarded port": {"/tree", func(r *http.Request) { r.Host = "localhost:9000" }, 200},
		"foreign origin": {"/tree", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		"null origin":    {"/tree", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"other port":     {"/tree", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }, 403},
		"own origin":     {"/tree", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8470") }, 200},
		"post":           {"/query", func(r *http.Request) { r.Method = http.MethodPost }, 405},
		"put":            {"/tree", func(r *http.Request) { r.Method = http.MethodPut }, 405},
		"head":           {"/tree", func(r *http.Request) { r.Method = http.MethodHead }, 200},
		"dots":           {"/../../etc/passwd", nil, 404},
		"dots below":     {"/style.css/../../serve.go", nil, 404},
		"escaped dots":   {"/%2e%2e/etc/passwd", nil, 404},
	} {
		r := get(t, s, c.path, c.change)
		if r.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", name, r.StatusCode, c.status)
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", name, csp)
		}
		if c.status != 200 && strings.Contains(body(t, r), "java.lang.Object") {
			t.Errorf("%s: the refusal tells of the heap", name)
		}
	}
}

// TestAdmitted: the token is exchanged for a cookie that scripts and other sites do not get, and never leads to another host.
func TestAdmitted(t *testing.T) {
	s := newServer(t, small(t), reporttest.Minimal())
	r := get(t, s, "//evil.example/?token="+s.guard.token, func(r *http.Request) { r.Header.Del("Cookie") })
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		t.Errorf("status %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	c := r.Cookies()
	if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Value != s.guard.token {
		t.Fatalf("cookies %v", c)
	}
	if other := newServer(t, s.heap, nil); other.guard.token == s.guard.token || other.guard.cookie == s.guard.cookie {
		t.Error("two servers have the same token or cookie")
	}
}

// TestHostileNames: names of the dump and what is asked for become no markup.
func TestHostileNames(t *testing.T) {
	s := newServer(t, small(t), reporttest.Hostile())
	for _, path := range []string{
		"/", "/tree", "/treemap", "/show?of=<script>alert(1)</script>", "/query?q=<script>alert(1)</script>", "/find?string=<script>(",
		"/retained?set=\"><script>", "/<script>", `/show?of=javascript:alert(1)`, "/query?q=SELECT+classof(x)+FROM+*+x",
		"/refs?of=" + strings.ReplaceAll(strings.ReplaceAll(hostile, ";", "%3b"), "\"", "%22") + "%231",
	} {
		page := body(t, get(t, s, path, nil))
		for _, want := range []string{"<script>alert", "<script>window", "<script>(", `"><script>`, "href=\"javascript:", " onload="} {
			if strings.Contains(page, want) {
				t.Errorf("%s: the page has %s", path, want)
			}
		}
	}
}

// TestBounded: what would be huge is cut and counted.
func TestBounded(t *testing.T) {
	s := newServer(t, small(t), reporttest.Minimal())
	page := body(t, get(t, s, "/tree?top=1000000000", nil))
	if n := strings.Count(page, "<li>"); n == 0 || n > rowsAtMost {
		t.Errorf("%d nodes", n)
	}
	page = body(t, get(t, s, "/query?q=SELECT+x+FROM+java.lang.Object+x", nil))
	if n := strings.Count(page, "<tr>"); n != 101 || !strings.Contains(page, "and 2,900 more") {
		t.Errorf("%d rows", n)
	}
	if r := get(t, s, "/query?q="+strings.Repeat("(", 30000), nil); r.StatusCode != http.StatusBadRequest {
		t.Errorf("deep query: status %d", r.StatusCode)
	}
}

// TestBusy: questions beyond the queue are refused, not piled up, and one that waits ends with its client.
func TestBusy(t *testing.T) {
	s := newServer(t, small(t), reporttest.Minimal())
	for range cap(s.turns) {
		s.turns <- struct{}{}
		defer func() { <-s.turns }()
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if r := get(t, s, "/tree", func(r *http.Request) { *r = *r.WithContext(gone) }); r.StatusCode != http.StatusServiceUnavailable || len(s.queue) != 0 {
		t.Errorf("client gone: status %d, %d in the queue", r.StatusCode, len(s.queue))
	}
	for range cap(s.queue) {
		s.queue <- struct{}{}
	}
	if r := get(t, s, "/tree", nil); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body(t, r), "too many") {
		t.Errorf("status %d", r.StatusCode)
	}
}

// TestReportOnce: the analysis runs once for all pages, and a client that leaves does not end it.
func TestReportOnce(t *testing.T) {
	runs := 0
	s := newServer(t, small(t), nil)
	s.opt.Report = func(ctx context.Context) (*report.Report, error) {
		runs++
		return analyze.Run(ctx, s.heap, analyze.Options{})
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, _ = s.analysed(gone)
	for _, path := range []string{"/", "/treemap", "/"} {
		if r := get(t, s, path, nil); r.StatusCode != 200 {
			t.Errorf("%s: status %d: %s", path, r.StatusCode, body(t, r))
		}
	}
	if runs != 1 {
		t.Errorf("%d runs", runs)
	}
}
