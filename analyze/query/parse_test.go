package query

import (
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`SELECT toString(s) AS "a b", s.@usedHeapSize FROM INSTANCEOF java.util.Map s WHERE s.size > 1 AND NOT toString(s) LIKE "a.*" ORDER BY 1 DESC LIMIT 3 OFFSET 2`,
		`SELECT AS RETAINED SET * FROM OBJECTS (SELECT OBJECTS s.value FROM "java\.lang\..*" s) v UNION (SELECT * FROM 0x1f,0x2)`,
		`SELECT DISTINCT OBJECTS x FROM * x LEFT JOIN inbound(x) AS h ON h.Class::field != null GROUP BY classof(x) HAVING COUNT(*) > 2`,
		"SELECT ((1+2+3--2-2)*-4/-3) FROM OBJECTS ${snapshot}.@GCRoots[1:-2][0] `r s`",
		`SELECT m[0:-1].get("k").@key, 'c', 'it''s', "q""q" FROM a.b[][] m WHERE x IN (1, 2, "z") OR x NOT IN (SELECT 1 FROM OBJECTS 0) AND y IS NOT NULL AND z IMPLEMENTS IClass`,
		"SELECT @NOT, s.@`a b`, @`from` FROM x s",
		strings.Repeat("(", 300), "SELECT " + strings.Repeat("-", 400) + "1 FROM x", "SELECT a" + strings.Repeat(".b", 400) + " FROM c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, err := Parse(src)
		if err != nil {
			if s != nil {
				t.Fatal("an error and a result")
			}
			_ = err.Error()
			return
		}
		printed := s.String()
		again, err := Parse(printed)
		if err != nil {
			if e, _ := AsError(err); strings.Contains(e.Msg, "nested deeper") { // brackets that were left out are printed
				return
			}
			t.Fatalf("%q prints as %q: %v", src, printed, err)
		}
		if twice := again.String(); twice != printed {
			t.Fatalf("%q prints as %q, and that as %q", src, printed, twice)
		}
	})
}

func TestHostileTexts(t *testing.T) {
	for _, s := range []string{
		"SELECT " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + " FROM x",
		"SELECT " + strings.Repeat("NOT ", 100_000) + "1 FROM x",
		"SELECT " + strings.Repeat("-", 100_000) + "1 FROM x",
		"SELECT a" + strings.Repeat(".b", 100_000) + " FROM x",
		"SELECT a" + strings.Repeat("[0]", 100_000) + " FROM x",
		strings.Repeat("SELECT * FROM (", 100_000),
		"SELECT 1" + strings.Repeat(" + 1", 100_000) + " FROM x",
	} {
		_, err := Parse(s)
		if e, ok := AsError(err); !ok || !strings.Contains(e.Msg, "deeper than") || len(err.Error()) > 1000 {
			t.Errorf("%.40q: %.200v", s, err)
		}
	}
	long := "SELECT * FROM x WHERE a IN (0" + strings.Repeat(", 1", 100_000) + ") AND b" + strings.Repeat(" AND b", 100_000)
	if _, err := Parse(long); err != nil {
		t.Errorf("a long list: %.200v", err)
	}
}

func TestLikeMatchesAsTheMachineDoes(t *testing.T) {
	texts := []string{"", "monday", "monday\n", "a monday b", "day", "daymon", "x\nday", "day\nx", "[]", "a$b", "caf\u00e9"}
	for _, p := range []string{"", ".*", "monday", ".*day", "day.*", ".*day.*", "mon.*day", "[]", "a$b", "a.b", "caf.", "(?i)MONDAY", "x.*", ".*\n.*"} {
		m, err := newMatcher(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			if got, want := m.match([]byte(s)), m.re.MatchString(s); got != want {
				t.Errorf("%q LIKE %q: %v, the expression says %v", s, p, got, want)
			}
		}
	}
}
