package duckdb

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tableOf finds the columns of a table that the page defines.
var tableOf = regexp.MustCompile("(?s)CREATE TABLE [\"`]?([a-z]+)[\"`]? \\((.*?),\\s+dump (?:STRING|VARCHAR)\\s*\\)")

// duckType is what DuckDB calls a type of Spark or Trino.
var duckType = map[string]string{
	"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP(3)": "TIMESTAMP", "MAP<STRING, STRING>": "MAP(VARCHAR, VARCHAR)", "TIMESTAMP": "TIMESTAMP",
}

// columns compares the tables that the page defines for Spark and Trino with those of the files.
func (l *lake) columns(t *testing.T, d document) {
	names := []string{"classes", "dominators", "dumps", "findings", "frames", "objects", "references", "roots", "strings", "threads"}
	for _, text := range []string{d.spark, d.trino} {
		var defined []string
		for _, m := range tableOf.FindAllStringSubmatch(text, -1) {
			defined = append(defined, m[1])
			var want []string
			for _, c := range strings.Split(regexp.MustCompile(`\s+`).ReplaceAllString(strings.TrimSpace(m[2]), " "), ", ") {
				if strings.HasSuffix(c, "STRING>") || strings.HasSuffix(c, "VARCHAR)") && !strings.Contains(c, "MAP") { // the second half of a map's type
					want[len(want)-1] = "labels MAP(VARCHAR, VARCHAR)"
					continue
				}
				name, typ, _ := strings.Cut(strings.NewReplacer("`", "", `"`, "").Replace(c), " ")
				if other, ok := duckType[typ]; ok {
					typ = other
				}
				want = append(want, name+" "+typ)
			}
			_, rows := l.ask(t, `DESCRIBE "`+m[1]+`"`)
			var have []string
			for _, r := range rows {
				if name := r.text("column_name"); name != "dump" {
					have = append(have, name+" "+strings.Replace(r.text("column_type"), "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", 1))
				}
			}
			if !slices.Equal(have, want) {
				t.Errorf("%s has the columns\n%s, the page\n%s", m[1], strings.Join(have, ", "), strings.Join(want, ", "))
			}
		}
		if slices.Sort(defined); !slices.Equal(defined, names) {
			t.Errorf("the page defines %v", defined)
		}
	}
}

// parser parses statements, a list of [dialect, SQL], with sqlglot.
const parser = `
import json, sys
import sqlglot
for dialect, sql in json.load(sys.stdin):
    try:
        sqlglot.parse(sql, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    except Exception as e:
        print(dialect, e, sql, sep="\n")
`

// TestDialects parses what the page has for Spark and Trino with sqlglot, where there is one.
func TestDialects(t *testing.T) {
	python := "/usr/bin/python3" // of the system, which has its packages
	if err := exec.Command(python, "-c", "import sqlglot").Run(); err != nil {
		t.Skip("no sqlglot: apt-get install python3-sqlglot")
	}
	d := read(t)
	var statements [][2]string
	add := func(dialect, sql string) {
		for _, s := range strings.Split(sql, ";\n") {
			switch word, _, _ := strings.Cut(s, " "); {
			case strings.TrimSpace(s) == "", word == "MSCK", word == "CALL", word == "USE": // which the parser does not know
			default:
				statements = append(statements, [2]string{dialect, s})
			}
		}
	}
	add("spark", d.spark)
	add("trino", d.trino)
	for _, q := range d.questions {
		add("spark", strings.ReplaceAll(q.sql, `"references"`, "`references`"))
		sql := strings.ReplaceAll(q.sql, "percentile_cont(0.95) WITHIN GROUP (ORDER BY bytes)", "approx_percentile(bytes, 0.95)")
		sql = strings.ReplaceAll(sql, "percentile_cont(0.5) WITHIN GROUP (ORDER BY strong_bytes)", "approx_percentile(CAST(strong_bytes AS DOUBLE), 0.5)")
		if strings.Contains(sql, "percentile_cont") {
			t.Errorf("%s: the page does not tell of this percentile for Trino", q.title)
		}
		add("trino", sql)
	}
	if out := parsed(t, python, statements); out != "" {
		t.Error(out)
	}
	if parsed(t, python, [][2]string{{"trino", "SELECT a FROM (b"}, {"spark", "SELECT FROM WHERE"}}) == "" {
		t.Error("the parser takes anything")
	}
	t.Logf("%d statements", len(statements))
}

func parsed(t *testing.T, python string, statements [][2]string) string {
	t.Helper()
	b, err := json.Marshal(statements)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", parser)
	c.Stdin, c.Stderr = bytes.NewReader(b), os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
