package html_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"heapcause/report"
	"heapcause/report/reporttest"
)

// browser is a page open in headless Chromium.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// browse opens a page; what it writes to the console as an error fails the test.
func browse(t *testing.T, r *report.Report) *browser {
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
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(render(t, r)), 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1200, 900))
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				t.Errorf("console: %v", e.Args)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	return &browser{t, ctx}
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

// want checks what an expression says.
func (b *browser) want(what, expression, want string) {
	b.t.Helper()
	if got := b.do("return " + expression); got != want {
		b.t.Errorf("%s: %s is %q, want %q", what, expression, got, want)
	}
}

// TestInBrowser sorts, searches, zooms and changes the theme.
func TestInBrowser(t *testing.T) {
	r := reporttest.Full()
	for i := range 20 {
		r.Histogram.Rows = append(r.Histogram.Rows, report.ClassRow{Name: "com.acme.C" + strings.Repeat("x", i), Instances: int64(i), Shallow: int64(1000 - i)})
	}
	r.Tree.Rows = []report.TreeNode{
		{Parent: -1, Class: "com.acme.Cache", Objects: 1, Retained: 9000},
		{Parent: 0, Label: "com.acme.Cache::map", Class: "java.util.HashMap", Objects: 1, Retained: 8000},
		{Parent: -1, Class: "com.acme.Log", Objects: 1, Retained: 3000},
		{Parent: -1, Class: "byte[]", Objects: 100, Retained: 2000},
		{Parent: 1, Class: "java.util.HashMap$Node[]", Objects: 1, Retained: 7000},
		{Parent: 4, Class: "com.acme.Order", Loader: "plugin", Objects: 10, Retained: 5000},
		{Parent: 2, Class: "com.acme.Order", Loader: "plugin", Objects: 2, Retained: 500},
	}
	const table = `document.querySelector("#tables table.data:has(button)")`
	first := func(column string) string {
		return `[...document.querySelectorAll("#tables details")].find(d => d.querySelector("summary").textContent.startsWith("Histogram")).querySelector("tbody tr:not([hidden]) td:nth-child(` + column + `)").textContent`
	}
	histogram := `[...document.querySelectorAll("#tables details")].find(d => d.querySelector("summary").textContent.startsWith("Histogram"))`
	b := browse(t, r)
	b.want("sorting is offered", table+` !== null`, "true")
	b.want("order at first", first("1"), "byte[]")
	b.do(histogram + `.open = true; ` + histogram + `.querySelectorAll("th button")[2].click()`)
	b.want("most instances first", first("3"), "84,012")
	b.do(histogram + `.querySelectorAll("th button")[2].click()`)
	b.want("fewest instances first", first("3"), "0")
	b.want("what a screen reader is told", histogram+`.querySelectorAll("th")[2].getAttribute("aria-sort")`, "ascending")
	b.do(`(() => { const s = ` + histogram + `.querySelector("input"); s.value = "SimpleQuery"; s.dispatchEvent(new Event("input")); })()`)
	b.want("rows found", histogram+`.querySelectorAll("tbody tr:not([hidden])").length`, "1")
	b.want("what is told of it", histogram+`.querySelector("output").textContent.startsWith("1 of ")`, "true")
	b.want("boxes", `document.querySelectorAll("#map div").length > 1`, "true")
	b.do(`document.querySelector("#map div[data-open]").click()`)
	b.want("zoomed in", `document.querySelector("#crumbs").textContent !== "" && !document.querySelector("#up").disabled`, "true")
	b.do(`document.querySelector("#up").click()`)
	b.want("zoomed out", `document.querySelector("#crumbs").textContent`, "")
	const boxes = `[...document.querySelectorAll("#map div")].map(d => d.title.replace(/ \(.*/, "") + " " + d.title.replace(/.*%\) /, "")).slice(0, 4).join("; ")`
	for _, x := range []struct{ by, want string }{
		{"class", "8.8 KiB com.acme.Cache; 7.8 KiB java.util.HashMap; 6.8 KiB java.util.HashMap$Node[]; 4.9 KiB com.acme.Order × 10"},
		{"package", "12 KiB com.acme × 4; 7.8 KiB java.util × 2; 4.9 KiB com.acme × 10; 2.0 KiB arrays of primitives × 100"},
		{"loader", "14 KiB boot loader × 104; 5.4 KiB plugin × 12"},
		{"object", "8.8 KiB com.acme.Cache; 7.8 KiB com.acme.Cache::map java.util.HashMap"},
	} {
		b.do(`document.querySelector("[data-by=` + x.by + `]").click()`)
		got := b.do("return " + boxes)
		if !strings.HasPrefix(got, x.want) {
			t.Errorf("by %s: %s, want %s", x.by, got, x.want)
		}
		b.want("pressed", `document.querySelectorAll("[data-by][aria-pressed=true]").length`, "1")
	}
	b.want("rings", `document.querySelectorAll("#holds svg circle").length + " " + document.querySelectorAll("#consumers svg").length`, "6 2")
	b.want("a path of a section", `document.querySelector("#inspections .tree li").textContent.includes("java.util.TimerTask[]")`, "true")
	b.do(`dispatchEvent(new Event("beforeprint"))`)
	b.want("printed unfolded", `document.querySelectorAll("#findings details:not([open])").length`, "0")
	b.do(`dispatchEvent(new Event("afterprint"))`)
	b.want("folded again", `document.querySelectorAll("#findings details:not([open])").length > 0`, "true")
	b.want("names of what can be used", `[...document.querySelectorAll("button, input, [tabindex='0'], nav, svg, section")].filter(e => !e.textContent.trim() && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby")).length`, "0")
	b.want("identifiers are there once", `(() => { const all = [...document.querySelectorAll("[id]")].map(e => e.id); return all.length - new Set(all).size; })()`, "0")
	b.do(`document.querySelector("[data-view=flame]").click()`)
	b.want("flame view", `document.querySelectorAll("#map div").length > 1`, "true")
	b.do(`(() => { const m = document.querySelector("#map"); for (const key of ["ArrowRight", "Enter"]) m.dispatchEvent(new KeyboardEvent("keydown", {key})); })()`)
	b.want("opened by keys", `document.querySelector("#crumbs").textContent !== ""`, "true")
	b.do(`document.querySelector("#theme").click()`)
	b.want("theme", `document.documentElement.dataset.theme`, "dark")
}

// TestNarrowInBrowser holds that the page is not wider than a telephone.
func TestNarrowInBrowser(t *testing.T) {
	b := browse(t, reporttest.Full())
	if _, err := chromedp.Run(b.ctx, chromedp.EmulateViewport(390, 800)); err != nil {
		t.Fatal(err)
	}
	b.do(`for (const d of document.querySelectorAll("details")) d.open = true`)
	b.want("width", `document.documentElement.scrollWidth <= 390`, "true")
}

// TestHostileInBrowser opens names that try to break out.
func TestHostileInBrowser(t *testing.T) {
	browse(t, reporttest.Hostile()).want("nothing ran", `typeof window.pwned`, "undefined")
}

// TestMinimalInBrowser opens the page of an empty dump.
func TestMinimalInBrowser(t *testing.T) {
	browse(t, reporttest.Minimal()).want("title", `document.title`, "Heap of header-only.hprof")
}
