package json_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heapcause/report"
	"heapcause/report/json"
	"heapcause/report/redact"
	"heapcause/report/reporttest"
)

func TestRoundTrip(t *testing.T) {
	for _, r := range []*report.Report{reporttest.PGTimer(), reporttest.Full(), reporttest.Minimal()} {
		var first, second bytes.Buffer
		if err := json.Write(&first, r); err != nil {
			t.Fatal(err)
		}
		text := first.String()
		back, err := json.Read(&first)
		if err != nil {
			t.Fatal(err)
		}
		opts := cmp.Options{cmpopts.EquateEmpty(), cmp.AllowUnexported(report.Value{}, redact.Text{})}
		if d := cmp.Diff(r, back, opts); d != "" {
			t.Errorf("read report differs (-written +read):\n%s", d)
		}
		if err := json.Write(&second, back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(text, second.String()); d != "" {
			t.Errorf("written again it differs:\n%s", d)
		}
		if strings.Contains(text, ": null") || strings.Contains(text, `\u003c`) {
			t.Error("null or an escaped < in the JSON")
		}
	}
}

func TestNoSecrets(t *testing.T) {
	var buf bytes.Buffer
	if err := json.Write(&buf, reporttest.Full()); err != nil {
		t.Fatal(err)
	}
	reporttest.CheckSecrets(t, buf.String())
}

func TestTimeOutOfRange(t *testing.T) {
	r := reporttest.Minimal()
	r.Dump.Taken = time.UnixMilli(math.MaxInt64)
	if err := json.Write(new(bytes.Buffer), r); err != nil {
		t.Error(err)
	}
}

func TestReadErrors(t *testing.T) {
	const value = `{"schemaVersion":"1","findings":[{"severity":"info","confidence":"likely","facts":[{"label":"a","value":%}]}]}`
	for _, tt := range []struct{ in, want string }{
		{"", "not JSON at byte 0"},
		{`{"schemaVersion":`, "not JSON at byte"},
		{`{}`, "no schemaVersion"},
		{`{"schemaVersion":"7"}`, `unknown schema version of the report "7", this program knows "1"`},
		{`{"schemaVersion":"1","tool":3}`, "tool"},
		{`{"schemaVersion":"1","findings":[{"severity":"fatal","confidence":"likely"}]}`, `finding 1: severity "fatal"`},
		{`{"schemaVersion":"1","tree":{"rows":[{"parent":3,"address":"0x0"}]}}`, "tree: node 1"},
		{strings.Replace(value, "%", `{"kind":"count"}`, 1), "content is missing"},
		{strings.Replace(value, "%", `{"kind":"odd","text":"x"}`, 1), "no kind of text"},
		{strings.Replace(value, "%", `{"kind":"count","number":1.5}`, 1), `kind "count"`},
		{strings.Replace(value, "%", `{"kind":"address","address":"12"}`, 1), "does not start with 0x"},
	} {
		_, err := json.Read(strings.NewReader(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Read(%s): %v, want %q", tt.in, err, tt.want)
		}
	}
	_, err := json.Read(strings.NewReader(`{"schemaVersion":"7"}`))
	if !errors.Is(err, json.ErrVersion) {
		t.Errorf("%v is not ErrVersion", err)
	}
}

func FuzzRead(f *testing.F) {
	var buf bytes.Buffer
	if err := json.Write(&buf, reporttest.Full()); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte(`{"schemaVersion":"1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := json.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var buf bytes.Buffer
		if err := json.Write(&buf, r); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := json.Read(&buf); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
