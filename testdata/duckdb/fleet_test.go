package duckdb

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

var update = flag.Bool("update", false, "write the answers into docs/fleet.md")

// services are the dumps of the tests, as a fleet: service/release/pod.
var services = map[string]string{
	"shop/3.1.0/pod-1":          "pg-timer/pg-timer-a4-healthy-100000",
	"shop/3.2.0/pod-1":          "pg-timer/pg-timer-a1-20000",
	"shop/3.2.0/pod-2":          "pg-timer-again/pg-timer-a1-20000",
	"shop/3.2.0/pod-3":          "pg-timer/pg-timer-a3-slowfin-100000",
	"orders/1.9.0/pod-1":        "loadtest/orders-control-1",
	"orders/1.9.0/pod-2":        "loadtest/orders-control-3",
	"orders/1.9.0/pod-3":        "loadtest/orders-control-5",
	"orders/1.10.0/pod-1":       "loadtest/orders-1",
	"orders/1.10.0/pod-2":       "loadtest/orders-3",
	"orders/1.10.0/pod-3":       "loadtest/orders-5",
	"carts/1.0.0/pod-1":         "leaks/sessions-tomcat10-control",
	"carts/1.1.0/pod-1":         "leaks/sessions-tomcat10",
	"customers/1.0.0/pod-1":     "leaks/duplicate-strings-control",
	"customers/1.1.0/pod-1":     "leaks/duplicate-strings",
	"stock/1.0.0/pod-1":         "leaks/jdbc-pool-hikari-control",
	"stock/1.1.0/pod-1":         "leaks/jdbc-pool-hikari",
	"billing/1.0.0/pod-1":       "leaks/executor-backlog-control",
	"billing/1.1.0/pod-1":       "leaks/executor-backlog",
	"formatter/1.0.0/pod-1":     "leaks/threadlocal-pool-control",
	"formatter/1.1.0/pod-1":     "leaks/threadlocal-pool",
	"plugins/1.0.0/pod-1":       "leaks/loader-redeploy-control",
	"catalogue/0.9.0/pod-small": "zoo/zoo-small",
}

// fewest dumps make a fleet.
const fewest = 20

// labels is the expression of the page.
const labels = `(?P<service>[^/]+)/(?P<release>[^/]+)/(?P<pod>[^/]+)\.hprof$`

// program builds heapcause, unless HEAPCAUSE names one.
func program(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("HEAPCAUSE"); p != "" {
		return p
	}
	p := filepath.Join(t.TempDir(), "heapcause")
	c := exec.Command("go", "build", "-o", p, "./cmd/heapcause")
	c.Dir = "../.."
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return p
}

// lake is the exported fleet: its folder, and DuckDB with the views of the page.
type lake struct {
	dir, program string
	pods         []string // service/release/pod
	dumps        map[string]string
	db           *sql.DB
}

// newLake lays the dumps out and exports them.
func newLake(t *testing.T, d document) *lake {
	t.Helper()
	l := &lake{dir: t.TempDir(), program: program(t), dumps: map[string]string{}}
	for _, pod := range slices.Sorted(maps.Keys(services)) {
		path, err := filepath.Abs(filepath.Join("../dumps", services[pod]+".hprof"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			continue
		}
		link := filepath.Join(l.dir, "dumps", pod+".hprof")
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, link); err != nil {
			t.Fatal(err)
		}
		l.pods, l.dumps[pod] = append(l.pods, pod), path
	}
	if len(l.pods) < fewest {
		t.Skipf("%d dumps are there, %d are wanted: make testdata makes them", len(l.pods), fewest)
	}
	if !strings.Contains(d.text, "--labels-from '"+labels+"'") {
		t.Error("the page has other labels")
	}
	l.run(t, "export", "dumps", "--parquet", "lake", "--labels-from", labels, "--index=never")
	var err error
	if l.db, err = sql.Open("duckdb", ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.db.Close() })
	t.Chdir(l.dir) // views name lake/…
	if _, err := l.db.Exec(d.views); err != nil {
		t.Fatal(err)
	}
	return l
}

// run runs heapcause in the folder and returns what it prints.
func (l *lake) run(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.Command(l.program, args...)
	c.Dir, c.Stdout, c.Stderr = l.dir, &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("heapcause %s: %v: %s", args[0], err, stderr.String())
	}
	return stdout.Bytes()
}

// json runs heapcause and reads the JSON that it prints.
func (l *lake) json(t *testing.T, v any, args ...string) {
	t.Helper()
	if err := json.Unmarshal(l.run(t, args...), v); err != nil {
		t.Fatal(err)
	}
}

// row is a row of an answer by column.
type row map[string]any

// text is a cell as text, "" for null.
func (r row) text(column string) string {
	if r[column] == nil {
		return ""
	}
	return fmt.Sprint(r[column])
}

// number is a cell as number.
func (r row) number(t *testing.T, column string) float64 {
	t.Helper()
	var f float64
	if _, err := fmt.Sscan(r.text(column), &f); err != nil {
		t.Fatalf("%s = %v: %v", column, r[column], err)
	}
	return f
}

// ask runs a query.
func (l *lake) ask(t *testing.T, query string, args ...any) (columns []string, out []row) {
	t.Helper()
	rows, err := l.db.Query(query, args...)
	if err != nil {
		t.Fatalf("%v in\n%s", err, query)
	}
	defer func() { _ = rows.Close() }()
	if columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		r := row{}
		for i, c := range columns {
			r[c] = cells[i]
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, out
}

// printed is an answer as the page shows it.
func printed(columns []string, rows []row) string {
	wide := make([]int, len(columns))
	for i, c := range columns {
		wide[i] = len(c)
		for _, r := range rows {
			wide[i] = max(wide[i], len([]rune(r.text(c))))
		}
	}
	var b strings.Builder
	for n := -1; n < len(rows); n++ {
		line := ""
		for i, c := range columns {
			cell := c
			if n >= 0 {
				cell = rows[n].text(c)
			}
			line += fmt.Sprintf("%-*s  ", wide[i], cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// digits vary from one run of the dumped programs to the next.
var digits = regexp.MustCompile(`[0-9]+(\.[0-9]+)?| +`)

// likened is an answer without what varies.
func likened(s string) string { return digits.ReplaceAllString(s, "#") }

// steady are the questions whose rows do not vary, but for numbers; of the others the columns are compared.
var steady = []string{"Which leak is on how many pods?", "Where does finalization fall behind?", "Who refers to a class, over all pods?"}

// TestFleet runs every question of the page and checks its answer.
func TestFleet(t *testing.T) {
	begun := time.Now()
	d := read(t)
	l := newLake(t, d)
	told := newTruth(t, l)
	t.Logf("%d dumps exported and analysed after %.0f s", len(l.pods), time.Since(begun).Seconds())
	asked := map[string]bool{}
	for i := range d.questions {
		q := &d.questions[i]
		t.Run(q.title, func(t *testing.T) {
			columns, rows := l.ask(t, q.sql)
			got := printed(columns, rows)
			want := q.answer
			if !slices.Contains(steady, q.title) || len(l.pods) < len(services) {
				head, _, _ := strings.Cut(got, "\n")
				wantHead, _, _ := strings.Cut(want, "\n")
				if !*update && likened(head) != likened(wantHead) {
					t.Errorf("columns %s, the page has %s", head, wantHead)
				}
			} else if !*update && likened(got) != likened(want) {
				t.Errorf("answers\n%s\nthe page has\n%s", got, want)
			}
			if len(rows) == 0 {
				t.Error("no rows")
			}
			check := checks[q.title]
			if check == nil {
				t.Fatal("nothing checks the answer")
			}
			check(t, told, rows)
			asked[q.title] = true
			d.text = strings.Replace(d.text, q.sql+"```\n\n```text\n"+want+"```", q.sql+"```\n\n```text\n"+got+"```", 1)
		})
	}
	if len(asked) != len(checks) {
		t.Errorf("%d questions answered, %d are known", len(asked), len(checks))
	}
	t.Run("columns for others", func(t *testing.T) { l.columns(t, d) })
	if *update && !t.Failed() {
		if err := os.WriteFile(told.page, []byte(d.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%.0f s", time.Since(begun).Seconds())
}
