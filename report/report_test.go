package report_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"heapcause/report"
	"heapcause/report/redact"
)

func TestSeverity(t *testing.T) {
	order := []report.Severity{"", report.Info, report.Warning, report.Error}
	for i, s := range order {
		for j, limit := range order {
			if got, want := s.AtLeast(limit), j > 0 && i >= j; got != want {
				t.Errorf("%q.AtLeast(%q) = %v", s, limit, got)
			}
		}
		if s.AtLeast("never") {
			t.Errorf("%q is at least never", s)
		}
	}
}

func TestWorstSeverity(t *testing.T) {
	r := &report.Report{}
	if got := r.WorstSeverity(); got != "" || r.Fails(report.Info) {
		t.Errorf("without findings: %q", got)
	}
	r.Findings = []report.Finding{{Severity: report.Info}, {Severity: report.Warning}, {Severity: report.Info}}
	if got := r.WorstSeverity(); got != report.Warning || !r.Fails(report.Warning) || r.Fails(report.Error) {
		t.Errorf("worst of info, warning, info: %q", got)
	}
}

func TestValueRoundTrip(t *testing.T) {
	hide := redact.Policy{}
	for _, tt := range []struct {
		v    report.Value
		json string
	}{
		{report.Value{}, `{"kind":"none"}`},
		{report.Count(3), `{"kind":"count","number":3}`},
		{report.Bytes(math.MaxInt64), `{"kind":"bytes","number":9223372036854775807}`},
		{report.Number(-1), `{"kind":"number","number":-1}`},
		{report.Share(2.0 / 3), `{"kind":"share","number":0.666667}`},
		{report.Share(math.NaN()), `{"kind":"share","number":0}`},
		{report.Duration(1500 * time.Millisecond), `{"kind":"duration","number":1500}`},
		{report.Time(time.UnixMilli(1).UTC()), `{"kind":"time","time":"1970-01-01T00:00:00.001Z"}`},
		{report.Object(math.MaxUint64), `{"kind":"address","address":"0xffffffffffffffff"}`},
		{report.Name("a.B<c>"), `{"kind":"plain","text":"a.B<c>"}`},
		{report.Name(""), `{"kind":"plain","text":""}`},
		{report.Content(hide.Value("secret")), `{"kind":"value","text":"\"***\" (6 chars)","masked":true}`},
		{report.Content(redact.Policy{ShowValues: true}.SQL("SELECT 1")), `{"kind":"sql","text":"SELECT 1"}`},
	} {
		b, err := tt.v.MarshalJSON()
		if err != nil || string(b) != tt.json {
			t.Errorf("got %s, %v, want %s", b, err, tt.json)
			continue
		}
		var back report.Value
		if err := json.Unmarshal(b, &back); err != nil || back != tt.v {
			t.Errorf("%s read as %+v, %v", b, back, err)
		}
	}
}

// TestTimeOutOfRange has times that RFC 3339 cannot say: a dump's fields hold
// any number, and a report must still be written.
func TestTimeOutOfRange(t *testing.T) {
	for _, ms := range []int64{math.MaxInt64, math.MinInt64} {
		b, err := report.Time(time.UnixMilli(ms)).MarshalJSON()
		if err != nil || !strings.Contains(string(b), `"number"`) {
			t.Errorf("%d ms: %s, %v", ms, b, err)
		}
	}
}

func TestListIsNeverNull(t *testing.T) {
	b, err := json.Marshal(report.List[report.ClassRow]{})
	if want := `{"rows":[],"omitted":0,"omittedBytes":0}`; err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
}

func TestCap(t *testing.T) {
	size := func(n int64) int64 { return n }
	for _, tt := range []struct{ limit, rows, omitted, bytes int }{
		{-1, 3, 0, 0}, {0, 0, 3, 60}, {2, 2, 1, 30}, {3, 3, 0, 0}, {9, 3, 0, 0},
	} {
		l := report.Cap([]int64{10, 20, 30}, tt.limit, size)
		if len(l.Rows) != tt.rows || l.Omitted != int64(tt.omitted) || l.OmittedBytes != int64(tt.bytes) || l.Total() != 3 {
			t.Errorf("cut to %d: %+v", tt.limit, l)
		}
	}
}

func TestValidate(t *testing.T) {
	bad := report.Finding{Severity: report.Info, Confidence: report.Likely, Tables: []report.Table{{
		Title: "t", Columns: []string{"a", "b"}, Rows: []report.Rows[report.Value]{{report.Count(1)}},
	}}}
	for want, r := range map[string]*report.Report{
		"1 cells under 2 columns": {Findings: []report.Finding{bad}},
		`confidence ""`:           {Findings: []report.Finding{{Severity: report.Info}}},
		"node 1 has the parent 0": {Paths: report.List[report.TreeNode]{Rows: []report.TreeNode{{}}}},
	} {
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
