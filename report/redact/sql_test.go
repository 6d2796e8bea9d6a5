package redact

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestNormalizeSQL(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "select * from t where a = 'x' and b=12", "select * from t where a = ? and b=?"},
		{"white space", " SELECT\t*\n\n FROM  t ", "SELECT * FROM t"},
		{"doubled quote", "SELECT 'it''s secret', a FROM t", "SELECT ?, a FROM t"},
		{"E string", `SELECT E'it\'s secret', a FROM t`, "SELECT ?, a FROM t"},
		{"other prefixes", "SELECT N'a', x'ff', U&'b', q'[it's]', nq'!it's!' FROM t", "SELECT ?, ?, ?, ?, ? FROM t"},
		{"dollar quotes", "SELECT $$it's$$, $tag$ $$ secret $tag$, $1 FROM t", "SELECT ?, ?, $1 FROM t"},
		{"identifiers", `SELECT "a b", "u"."id" FROM "u" WHERE "u"."id" = "v"."id"`, `SELECT ?, "u"."id" FROM "u" WHERE "u"."id" = "v"."id"`},
		{"MySQL strings", `SELECT a FROM t WHERE pw = "hunter2" AND x LIKE "abc"`, `SELECT a FROM t WHERE pw = ? AND x LIKE ?`},
		{"MySQL string in a call", `UPDATE t SET h = md5("hunter2")`, `UPDATE t SET h = md5(?)`},
		{"MySQL insert", `INSERT INTO "t" ("a", "b") VALUES ("hunter2", "x")`, `INSERT INTO "t" ("a", "b") VALUES (?, ?)`},
		{"backticks and brackets", "SELECT `a`, [b] FROM [t]", "SELECT `a`, [b] FROM [t]"},
		{"numbers", "SELECT t1.c2, -1, .5, 1.5e-3, 0xFF, a-1 FROM t_2024 LIMIT 10", "SELECT t1.c2, ?, ?, ?, ?, a-? FROM t_2024 LIMIT ?"},
		{"line comment", "SELECT a -- it's secret\nFROM t", "SELECT a FROM t"},
		{"hash comment", "SELECT a # it's secret\nFROM t", "SELECT a FROM t"},
		{"temporary table", "SELECT a FROM #orders", "SELECT a FROM #orders"},
		{"JSON operators", "SELECT a #> b, a->'secret' FROM t", "SELECT a #> b, a->? FROM t"},
		{"nested comment", "SELECT /* a /* secret */ b */ a FROM t", "SELECT a FROM t"},
		{"unending comment", "SELECT a /* secret", "SELECT a"},
		{"unending string", "SELECT a, 'secret", "SELECT a, ? …"},
		{"unending dollar", "SELECT a, $x$secret", "SELECT a, ? …"},
		{"backslash is ambiguous", `SELECT 'C:\' , 'secret'`, "SELECT ? …"},
		{"list", "SELECT a FROM t WHERE b IN (1, 2,3) AND c in ('x')", "SELECT a FROM t WHERE b IN (?, …) AND c in (?, …)"},
		{"list of parameters", "DELETE FROM t WHERE b IN ($1,$2,?, :p)", "DELETE FROM t WHERE b IN (?, …)"},
		{"subselect", "SELECT a FROM t WHERE b IN ( SELECT 1 )", "SELECT a FROM t WHERE b IN (SELECT ?)"},
		{"array", "SELECT ARRAY[1,2,3]", "SELECT ARRAY[?, …]"},
		{"rows", "INSERT INTO t(a,b) VALUES (1,'x'), (2,'y'),(3,'z') RETURNING a", "INSERT INTO t(a, b) VALUES (?, ?), … RETURNING a"},
		{"one row", "INSERT INTO t VALUES (1, now())", "INSERT INTO t VALUES (?, now())"},
		{"cast", "SELECT '1'::int, :name, @v", "SELECT ?::int, :name, @v"},
		{"call", "{? = call f(?, 'x')}", "{? = call f(?, ?)}"},
		{"Oracle password", "ALTER USER scott IDENTIFIED BY ti#ger!3", "ALTER USER scott IDENTIFIED BY ?"},
		{"set", "SET app.token = abc", "SET app.token = ?"},
		{"no statement", "hunter2 is the password", `"***" (23 chars)`},
		{"empty", "", `"***" (0 chars)`},
		{"invalid UTF-8", "SELECT '\xff\xfe' FROM t", "SELECT ? FROM t"},
		{"other digits", "SELECT ٤٢ FROM t", "SELECT ? FROM t"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := NormalizeSQL(tt.in)
			if got != tt.want {
				t.Errorf("NormalizeSQL(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestFingerprintSQL(t *testing.T) {
	a := FingerprintSQL("select * from t where id in (1,2,3) -- x")
	b := FingerprintSQL("SELECT *\nFROM t WHERE id IN (7)")
	if a != b || len(a) != 16 {
		t.Errorf("fingerprints %q and %q of one shape", a, b)
	}
	if c := FingerprintSQL("SELECT * FROM u WHERE id IN (7)"); c == a {
		t.Errorf("equal fingerprint %q of another shape", c)
	}
}

// TestNormalizeSQLTime has statements of 128 KiB that would take minutes if
// any step looked at the rest of the statement for each token.
func TestNormalizeSQLTime(t *testing.T) {
	for _, part := range []string{"[", "(", ".(", "a.(", "IN (", "VALUES (?", "'a'", "/*", "$", "$a", "$$", "#", "-", ":", "ARRAY[1", "\"a", "x"} {
		start := time.Now()
		NormalizeSQL("SELECT " + strings.Repeat(part, 1<<17/len(part)))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q repeated took %v", part, d)
		}
	}
}

func FuzzNormalizeSQL(f *testing.F) {
	for _, s := range []string{
		"SELECT 'a''b', $x$y$x$, \"z\" FROM t WHERE a IN (1,2) -- c", "WITH x AS (SELECT 1) /* /* */ */ SELECT q'[a]'",
		"INSERT INTO t VALUES ((1)),((2)", "SELECT ]})([{:::@#$`\"'", "SET a TO 'b", "SELECT E'\\", "SELECT nq'", "x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := NormalizeSQL(s)
		if !utf8.ValidString(got) {
			t.Errorf("NormalizeSQL(%q) = %q is not UTF-8", s, got)
		}
		if len(got) > 4*len(s)+32 {
			t.Errorf("NormalizeSQL(%q) grew to %d bytes", s, len(got))
		}
	})
}

// FuzzSQLLiterals puts any contents into the literals of a statement, properly
// quoted, and wants to see the shape and nothing else.
func FuzzSQLLiterals(f *testing.F) {
	for _, s := range []string{"secret", "it's", "a\\", "\\'", "$x$", "/*", "--", "\"", "]'", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := strings.ReplaceAll(s, "'", "''")
		got := NormalizeSQL("SELECT '" + quoted + "' FROM t WHERE a = '" + quoted + "' AND b")
		want := "SELECT ? FROM t WHERE a = ? AND b"
		if strings.Contains(s, "\\") {
			// Masking the rest is allowed, showing any of the contents is not.
			if got != want && got != "SELECT ? …" && got != "SELECT ? FROM t WHERE a = ? …" {
				t.Errorf("contents %q: %q", s, got)
			}
		} else if got != want {
			t.Errorf("contents %q: %q", s, got)
		}
	})
}
