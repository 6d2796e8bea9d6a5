package query_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/query"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// shop is a small heap: three orders in a chain, a map of them, strings, arrays, a finalizer and a thread.
func shop(t testing.TB) *graph.Heap {
	t.Helper()
	d := hproftest.New(8)
	base := d.Class("com.acme.Base", hproftest.Fields("int n", "Object next"))
	order := d.Class("com.acme.Order", hproftest.Super(base), hproftest.Fields("String sql", "int state", "double price", "Object next"))
	var last *hproftest.Object
	var all []any
	for i, sql := range []string{"select 1", "select secret from t where id = 42", "insert into t values (1)"} {
		o := d.Instance(order, d.String(sql), i, float64(i)*1.5, nil, i+10, nil)
		if last != nil {
			o.Set("next", last)
		}
		all = append(all, o)
		last = o
	}
	cache := d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("java.lang.Object", all...)), hproftest.Static("int size", 3))
	d.Root(hprof.RootStickyClass, cache)
	return analyzetest.Build(t, d)
}

func options() query.Options { return query.Options{ShowValues: true} }

// rows answers a query as text: cells between |, a row per line.
func rows(t testing.TB, h *graph.Heap, q string, opt query.Options) string {
	t.Helper()
	out, err := answer(h, q, opt)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return out
}

func answer(h *graph.Heap, q string, opt query.Options) (string, error) {
	p, err := query.Prepare(context.Background(), h, q, opt)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	_, err = p.Run(context.Background(), func(row []report.Value) error {
		for i, v := range row {
			if i > 0 {
				b.WriteByte('|')
			}
			b.WriteString(cell(v))
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

func cell(v report.Value) string {
	switch v.Kind() {
	case report.KindNone:
		return "null"
	case report.KindFloat:
		return fmt.Sprint(v.Fraction())
	case report.KindAddress:
		return v.Address().String()
	}
	if v.IsText() {
		return v.Text().String()
	}
	return fmt.Sprint(v.Int())
}

func TestAnswers(t *testing.T) {
	h := shop(t)
	tests := []struct{ query, want string }{
		{"SELECT COUNT(*) FROM com.acme.Order", "3\n"},
		{"SELECT COUNT(*) FROM com.acme.Base", "0\n"},
		{"SELECT COUNT(*) FROM INSTANCEOF com.acme.Base", "3\n"},
		{`SELECT COUNT(*) FROM "com\.acme\..*"`, "3\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o.state >= 1", "1\n2\n"},
		{"select state from com.acme.Order where state = 2 or state = 0", "0\n2\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE NOT o.state = 1", "0\n2\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o.state IN (0, 2) ORDER BY o.state DESC", "2\n0\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o.state NOT IN (0, 2)", "1\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o.state BETWEEN 1 AND 2", "1\n2\n"},
		{"SELECT o.state + o.Base::n, o.price / 2 FROM com.acme.Order o", "10|0\n12|0.75\n14|1.5\n"},
		{"SELECT o.com.acme.Base::next, o.next.state FROM com.acme.Order o", "null|null\nnull|0\nnull|1\n"},
		{"SELECT o.next.Base::n FROM com.acme.Order o", "null\n10\n11\n"},
		{`SELECT toString(o.sql) FROM com.acme.Order o WHERE toString(o.sql) LIKE "select.*"`, "select 1\nselect secret from t where id = 42\n"},
		{`SELECT o.state FROM com.acme.Order o WHERE toString(o.sql) NOT LIKE "select.*"`, "2\n"},
		{`SELECT o.state FROM com.acme.Order o WHERE toString(o.sql) = "select 1"`, "0\n"},
		{"SELECT toString(o.sql).length(), o.sql.length(), length(o.sql) FROM com.acme.Order o LIMIT 1", "8|8|8\n"},
		{"SELECT sql(o.sql) FROM com.acme.Order o LIMIT 1 OFFSET 1", "select secret from t where id = ?\n"},
		{"SELECT SUM(o.state), AVG(o.price), MIN(o.state), MAX(toString(o.sql)), COUNT(o.next) FROM com.acme.Order o", "3|1.5|0|select secret from t where id = 42|2\n"},
		{"SELECT SUM(o.state) FROM com.acme.Order o WHERE o.state > 9", "null\n"},
		{"SELECT o.state % 2 AS odd, COUNT(*) AS n FROM com.acme.Order o GROUP BY odd ORDER BY n DESC", "0|2\n1|1\n"},
		{"SELECT o.state % 2, COUNT(*) FROM com.acme.Order o GROUP BY o.state % 2 HAVING COUNT(*) > 1", "0|2\n"},
		{"SELECT COUNT(DISTINCT classof(o)) FROM com.acme.Order o", "1\n"},
		{"SELECT DISTINCT classof(o) FROM com.acme.Order o", "com.acme.Order\n"},
		{"SELECT DISTINCT OBJECTS classof(o) FROM com.acme.Order o", "OBJECT|class com.acme.Order|"},
		{"SELECT o.state, x.state FROM com.acme.Order o JOIN inbound(o) AS x WHERE x INSTANCEOF com.acme.Order", "0|1\n1|2\n"},
		{"SELECT o.state, classof(x), reference(x, o) FROM com.acme.Order o JOIN inbounds(o) AS x ON x INSTANCEOF com.acme.Order", "0|com.acme.Order|com.acme.Order::next\n1|com.acme.Order|com.acme.Order::next\n"},
		{"SELECT o.state, x.state FROM com.acme.Order o LEFT JOIN inbound(o) AS x ON x INSTANCEOF com.acme.Order", "0|1\n1|2\n2|null\n"},
		{"SELECT a.@length, a[1].state, a[-1], a[0:-1].size(), a[0:1][1].state FROM java.lang.Object[] a", "3|1|null|3|1\n"},
		{"SELECT c.size, c.@name, c.entries.@length FROM OBJECTS com.acme.Cache c", "3|com.acme.Cache|3\n"},
		{"SELECT v.s, v.val FROM OBJECTS (SELECT o.state AS s, o.price AS val FROM com.acme.Order o) v WHERE v.s > 0", "1|1.5\n2|3\n"},
		{"SELECT t FROM OBJECTS (SELECT OBJECTS o.next FROM com.acme.Order o) t WHERE t.state = 1", "com.acme.Order @ "},
		{"SELECT o.state FROM com.acme.Order o WHERE o IN (SELECT OBJECTS x.next FROM com.acme.Order x)", "0\n1\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o NOT IN (SELECT OBJECTS x.next FROM com.acme.Order x)", "2\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE (SELECT x FROM OBJECTS (inbounds(o)) x WHERE x INSTANCEOF com.acme.Order) = null", "2\n"},
		{"SELECT COUNT(*) FROM (SELECT * FROM java.lang.Class c WHERE c.@name = \"com.acme.Order\")", "3\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o.state = 0 UNION (SELECT o.state FROM com.acme.Order o WHERE o.state = 2)", "0\n2\n"},
		{"SELECT * FROM OBJECTS ((1+2+3--2-2)*-4/-3)", "8|"},
		{"SELECT * FROM OBJECTS (1=1 AND 3<2 OR 4>3 AND 4>=4 AND 4 <= 4 AND 4 < 5)", "true|"},
		{"SELECT 'c', \"String\", 1, 1234567890123456789L, 1.25F, true, null FROM OBJECTS 0", "c|String|1|1234567890123456789|1.25|true|null\n"},
		{"SELECT z.a, z.b FROM OBJECTS (SELECT 'c' AS a, 1 AS b FROM OBJECTS 0) z", "c|1\n"},
		{"SELECT eval((SELECT o.state AS s FROM com.acme.Order o))[2].s FROM OBJECTS 0", "2\n"},
		{"SELECT ${snapshot}.getClassesByName(\"com.acme.Base\", true).size() FROM OBJECTS 0", "2\n"},
		{"SELECT COUNT(*) FROM ${snapshot}.getClassesByName(\"com.acme.Base\", true)", "3\n"},
		{"SELECT \"n=\" + o.state FROM com.acme.Order o LIMIT 1", "n=0\n"},
		{"SELECT o.@strength, dominatorof(o) = null, toHex(255) FROM com.acme.Order o LIMIT 1", "strong|false|0xff\n"},
		{"SELECT o.state FROM com.acme.Order o WHERE o IMPLEMENTS org.eclipse.mat.snapshot.model.IInstance AND o.next != null", "1\n2\n"},
		{"SELECT if(o.state > 0, \"some\", \"none\"), coalesce(o.next.state, -1) FROM com.acme.Order o LIMIT 2", "none|-1\nsome|0\n"},
		{"SELECT COUNT(*) FROM * x WHERE x INSTANCEOF com.acme.Base", "3\n"},
		{"SELECT classof(x), COUNT(*) FROM * x GROUP BY classof(x) HAVING COUNT(*) = 3 AND classof(x).@name LIKE \"com.*\"", "com.acme.Order|3\n"},
		{"SELECT o.state FROM com.acme.Order o ORDER BY 1 DESC LIMIT 2", "2\n1\n"},
		{"SELECT holder(o.sql), root(o) FROM com.acme.Order o LIMIT 1", "com.acme.Order @ "},
		{"/* a comment */ SELECT 1 FROM OBJECTS 0 // and another", "1\n"},
	}
	for _, tt := range tests {
		got := rows(t, h, tt.query, options())
		want, ok := strings.CutPrefix(tt.want, "OBJECT|")
		if ok {
			_, got, _ = strings.Cut(got, "|")
		}
		if got != want && (strings.HasSuffix(want, "\n") || !strings.HasPrefix(got, want)) {
			t.Errorf("%s\n got %q\nwant %q", tt.query, got, want)
		}
	}
}

func TestErrorsPointAtThePlace(t *testing.T) {
	h := shop(t)
	tests := []struct{ query, at, msg, hint string }{
		{"SELECT o.stat FROM com.acme.Order o", "stat", "com.acme.Order has no field stat", "did you mean state?"},
		{"SELECT * FROM com.acme.Ordr", "com.acme.Ordr", "no class com.acme.Ordr", "did you mean com.acme.Order?"},
		{"SELECT * FROM Order", "Order", "no class Order", "did you mean com.acme.Order?"},
		{"SELECT o.@usedHeap FROM com.acme.Order o", "usedHeap", "no attribute @usedHeap", "did you mean usedHeapSize?"},
		{"SELECT o.length FROM com.acme.Order o", "length", "no field length", "did you mean the attribute @length?"},
		{"SELECT retaind(o) FROM com.acme.Order o", "retaind", "no function retaind", "did you mean retained?"},
		{"SELECT o.sql.lengt() FROM com.acme.Order o", "lengt", "no method lengt", "did you mean length?"},
		{"SELECT * FRM com.acme.Order", "FRM", "was not expected", "did you mean FROM?"},
		{"SELECT * FROM com.acme.Order WHERE", "", "the query ends", ""},
		{"SELECT o.state, COUNT(*) FROM com.acme.Order o", "o.state", "differs within a group", "GROUP BY"},
		{"SELECT o.state FROM com.acme.Order o WHERE toString(o) LIKE \"(?=x)\"", "LIKE", "no regular expression", "RE2"},
		{"SELECT o.Base::price FROM com.acme.Order o", "o.Base", "no class Base", ""},
		{"SELECT o.com.acme.Base::stat FROM com.acme.Order o", "o.com.acme.Base", "declares no field stat", ""},
		{"SELECT * FROM OBJECTS 0x1234", "0x1234", "no object at 0x1234", ""},
		{"SELECT 'abc FROM x", "'abc", "does not end", "closing"},
		{"SELECT o FROM com.acme.Order o UNION (SELECT o, o FROM com.acme.Order o)", "SELECT o, o", "2 columns", ""},
		{"SELECT COUNT(o, o) FROM com.acme.Order o", "COUNT", "2 arguments", ""},
		{"SELECT o FROM com.acme.Order o WHERE o IMPLEMENTS java.util.List", "java.util.List", "does not record interfaces", "INSTANCEOF"},
	}
	for _, tt := range tests {
		_, err := query.Prepare(context.Background(), h, tt.query, options())
		e, ok := query.AsError(err)
		if !ok {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if !strings.Contains(e.Msg, tt.msg) || !strings.Contains(e.Hint, tt.hint) || !strings.HasPrefix(tt.query[e.Pos:], tt.at) {
			t.Errorf("%s\n%v\nhint: %s", tt.query, err, e.Hint)
		}
	}
}

func TestCaret(t *testing.T) {
	h := shop(t)
	_, err := query.Prepare(context.Background(), h, "SELECT *\nFROM com.acme.Ordr", options())
	want := "query: line 2, column 6: the dump has no class com.acme.Ordr\n  FROM com.acme.Ordr\n       ^"
	if err == nil || err.Error() != want {
		t.Errorf("got %q\nwant %q", err, want)
	}
}

// What is derived from the dump's strings is masked, in errors too; conditions see the true contents.
func TestMasking(t *testing.T) {
	h := shop(t)
	for _, q := range []string{
		"SELECT toString(o.sql) FROM com.acme.Order o",
		"SELECT \"x\" + toString(o.sql) FROM com.acme.Order o",
		"SELECT toString(o.sql).substring(7, 13) FROM com.acme.Order o",
		"SELECT toString(o.sql).charAt(7) FROM com.acme.Order o WHERE o.state = 1",
		"SELECT MAX(toString(o.sql)) FROM com.acme.Order o",
		"SELECT o.sql.toString().toUpperCase() FROM com.acme.Order o",
		"SELECT o.sql.value[0:-1] FROM com.acme.Order o WHERE o.state = 1",
		"SELECT o.sql.value[7] + 0 FROM com.acme.Order o WHERE o.state = 1",
		"SELECT toString(o.sql), COUNT(*) FROM com.acme.Order o GROUP BY toString(o.sql)",
		"SELECT v.t FROM OBJECTS (SELECT toString(o.sql) AS t FROM com.acme.Order o) v",
		"SELECT eval((SELECT toString(o.sql) AS t FROM com.acme.Order o)) FROM OBJECTS 0",
		"SELECT o.@displayName FROM com.acme.Order o JOIN outbounds(o) AS s",
		"SELECT o.@displayName FROM java.lang.String o",
		"SELECT * FROM java.lang.String",
		"SELECT sql(o.sql) FROM com.acme.Order o",
	} {
		out := rows(t, h, q, query.Options{})
		for _, leak := range []string{"secret from", "SECRET", "115", "42", "insert into t values (1)"} {
			if strings.Contains(out, leak) && !strings.Contains(q, "sql(o.sql)") {
				t.Errorf("%s: %q shows %q", q, out, leak)
			}
		}
	}
	if got := rows(t, h, `SELECT o.state FROM com.acme.Order o WHERE toString(o.sql) LIKE ".*secret.*"`, query.Options{}); got != "1\n" {
		t.Errorf("a condition on masked contents: %q", got)
	}
	if got := rows(t, h, "SELECT sql(o.sql) FROM com.acme.Order o WHERE o.state = 1", query.Options{}); strings.Contains(got, "42") {
		t.Errorf("a shape shows literals: %q", got)
	}
}

func TestRowsAreCapped(t *testing.T) {
	h := shop(t)
	p, err := query.Prepare(context.Background(), h, "SELECT o.state FROM com.acme.Order o", query.Options{MaxRows: 2})
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Run(context.Background(), func([]report.Value) error { return nil })
	if err != nil || res.Rows != 2 || res.Left != 1 || res.Sentence() != "2 of 3 rows." {
		t.Errorf("%+v %v", res, err)
	}
}

func TestCancelled(t *testing.T) {
	h := shop(t)
	ctx, cancel := context.WithCancel(context.Background())
	p, err := query.Prepare(ctx, h, "SELECT COUNT(*) FROM * a JOIN (SELECT * FROM * x) AS b JOIN (SELECT * FROM * x) AS c JOIN (SELECT * FROM * x) AS d JOIN (SELECT * FROM * x) AS e", options())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := p.Run(ctx, func([]report.Value) error { return nil }); err == nil {
		t.Error("a cancelled query has an answer")
	}
}
