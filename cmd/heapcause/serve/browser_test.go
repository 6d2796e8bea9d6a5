package serve

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/analyze/inspect"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/report"
)

// browser is headless Chromium, open at a server.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
	shot int
}

// browse serves a heap and opens its pages; an exception, or an error on the console, fails the test.
func browse(t *testing.T, h *graph.Heap) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium here")
	}
	all := func() ([]*analyze.Rule, error) { return rules.Select("all", false) }
	ctx, end := context.WithCancel(t.Context())
	s := New(ctx, h, Options{
		MaxRows: 100, Explore: explore.Options{Rules: all},
		Report: func(ctx context.Context) (*report.Report, error) {
			selected, err := all()
			if err != nil {
				return nil, err
			}
			inspections, err := inspect.Select("all")
			if err != nil {
				return nil, err
			}
			return analyze.Run(ctx, h, analyze.Options{Rules: selected, Inspections: inspections, Top: 10})
		},
	})
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1200, 900))
	bctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(stop)
	bctx, stop = chromedp.NewExecAllocator(bctx, options...)
	t.Cleanup(stop)
	bctx, stop = chromedp.NewContext(bctx)
	t.Cleanup(stop)
	err = chromedp.Listen(bctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			t.Errorf("console: %v", e.Args)
		case *log.EventEntryAdded: // what the policy for contents stopped, and what could not be loaded
			t.Errorf("browser: %s %s", e.Entry.Text, e.Entry.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, ctx: bctx, base: "http://" + l.Addr().String()}
	b.open("/?token=" + s.guard.token)
	return b
}

func (b *browser) open(path string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Navigate(b.base+path)); err != nil {
		b.t.Fatal(err)
	}
	b.shoot()
}

// shoot keeps a picture of the page where HEAPCAUSE_SHOTS names a folder.
func (b *browser) shoot() {
	dir := os.Getenv("HEAPCAUSE_SHOTS")
	if dir == "" {
		return
	}
	b.shot++
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+string(rune('a'+b.shot-1))+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// do runs a script.
func (b *browser) do(script string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String((() => { "+script+" })())"))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return got
}

// click clicks on what an expression says and waits for the page that it leads to.
func (b *browser) click(element string) {
	b.t.Helper()
	b.do(element + `.dataset.click = "here"`)
	r, err := chromedp.RunResponse(b.ctx, chromedp.Click("[data-click=here]"))
	if err != nil {
		b.t.Fatalf("%s: %v", element, err)
	}
	if r.Status != http.StatusOK {
		b.t.Errorf("%s: %s has status %d", element, r.URL, r.Status)
	}
	b.shoot()
}

// wait waits until an expression is true.
func (b *browser) wait(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

// want checks what the page says.
func (b *browser) want(texts ...string) {
	b.t.Helper()
	page := b.do("return document.querySelector('main').textContent")
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.t.Errorf("%s does not say %q", b.do("return location.pathname + location.search"), text)
		}
	}
}

// TestInBrowser goes from a finding to a statement, its SQL, its path and the timer that holds it, then through the other pages.
func TestInBrowser(t *testing.T) {
	b := browse(t, analyzetest.RealHeap(t, "pg-timer/pg-timer-a1-20000.hprof"))
	if at := b.do("return location.pathname + location.search"); at != "/" {
		t.Errorf("the token stays in %q", at)
	}
	b.want("1 finding", "Timer-0", "What to do")
	b.click(`[...document.querySelectorAll(".evidence")].find(e => e.textContent.includes("PreparedStatement")).querySelector("a")`)
	b.want("SELECT order_id, customer, amount FROM orders WHERE customer_id = ?", "immediate dominator")
	b.click(`[...document.querySelectorAll(".views a")].find(a => a.textContent.startsWith("Paths"))`)
	b.want("org.postgresql.Driver.cancelTimer", "java.util.TaskQueue")
	b.click(`[...document.querySelectorAll(".flat li")].find(e => e.textContent.includes("TaskQueue")).querySelector("a")`)
	b.want("Who refers to it", "java.util.TimerThread", "TimerTask[]")
	b.click(`[...document.querySelectorAll(".views a")].find(a => a.textContent === "Dominator tree")`)
	b.want("Its dominators", "java.util.TimerTask[]")
	b.click(`[...document.querySelectorAll(".views a")].find(a => a.textContent === "References")`)
	b.want("java.util.Timer")
	b.click(`[...document.querySelectorAll(".views a")].find(a => a.textContent.startsWith("What"))`)
	b.want("java.util.TimerTask[]")

	b.open("/tree")
	b.do(`document.querySelector(".domtree details[data-of] > summary").click()`)
	b.wait(`document.querySelector(".domtree li details > ul li") !== null`)
	b.shoot()
	b.want("java.util.TimerTask[]")

	b.open("/treemap")
	if n := b.do(`return document.querySelectorAll("#map div").length`); n == "0" || n == "1" {
		t.Errorf("%s boxes", n)
	}
	b.do(`document.querySelector("#map div[data-open]").click()`)
	b.wait(`document.querySelector("#look").href.includes("/show?of=0x")`)
	b.shoot()

	b.open("/query")
	b.do(`const q = document.querySelector("#q"); q.value = "SELECT * FROM java.util.TimerTh"; q.focus(); q.setSelectionRange(q.value.length, q.value.length);
		q.dispatchEvent(new KeyboardEvent("keydown", {key: " ", ctrlKey: true, bubbles: true}))`)
	b.wait(`!document.querySelector("#words").hidden`)
	b.shoot()
	b.do(`document.querySelector("#q").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}))`)
	if q := b.do(`return document.querySelector("#q").value`); q != "SELECT * FROM java.util.TimerThread" {
		t.Errorf("completed to %q", q)
	}
	b.click(`document.querySelector("#run")`)
	b.want("1 row.", "java.util.TimerThread")
	b.click(`document.querySelector("[name=explain]")`)
	b.want("Plan")

	b.open("/find?string=%5ESELECT")
	if n := b.do(`return document.querySelectorAll("main tbody tr").length`); n == "0" {
		t.Error("nothing is found")
	}
	b.do(`document.querySelector("#theme").click()`)
	b.open("/")
	if theme := b.do(`return document.documentElement.dataset.theme`); theme != "dark" {
		t.Errorf("theme %q on the next page", theme)
	}
	b.shoot()
}

// TestHostileInBrowser opens pages with a class whose name tries to break out.
func TestHostileInBrowser(t *testing.T) {
	b := browse(t, small(t))
	for _, path := range []string{"/", "/tree", "/treemap", "/query?q=SELECT+classof(x)+FROM+*+x+LIMIT+10"} {
		b.open(path)
		if got := b.do("return typeof window.pwned"); got != "undefined" {
			t.Errorf("%s: a name ran", path)
		}
	}
}
