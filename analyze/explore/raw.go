package explore

import (
	"fmt"
	"strings"

	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Of a record's bytes so many are shown, in lines of rawLine.
const (
	maxRaw  = 4096
	rawLine = 16
)

// raw shows the bytes of the object's record: fields, own class first, or elements; big-endian, as the dump has them.
func (v *view) raw() {
	t := report.Table{Name: "raw", Title: "Bytes of the record in the dump, big-endian", Columns: report.Rows[string]{"offset", "bytes", "text"}}
	if _, class := v.h.AsClass(v.o); class || v.o == graph.NoObject || !v.list.Load(v.o) {
		v.out.Notes = append(v.out.Notes, "The dump keeps a class in a record of its own, which is not shown raw: its statics are above.")
		return
	}
	at, all := 0, int64(0)
	_ = v.list.Pieces(func(p []byte) error {
		for all += int64(len(p)); len(p) > 0 && at < maxRaw; {
			n := min(rawLine, len(p), maxRaw-at)
			t.Rows = append(t.Rows, v.rawRow(at, p[:n]))
			at, p = at+n, p[n:]
		}
		return nil
	})
	if all > int64(at) {
		t.Omitted = (all - int64(at) + rawLine - 1) / rawLine
		t.OmittedBytes = all - int64(at)
	}
	v.fact("bytes in the dump", report.Bytes(all))
	v.table(t)
}

func (v *view) rawRow(at int, p []byte) report.Rows[report.Value] {
	hex, chars := strings.TrimSpace(strings.Repeat("** ", len(p))), ""
	if v.policy.ShowValues {
		hex = fmt.Sprintf("% x", p)
		chars = strings.Map(func(r rune) rune {
			if r < 0x20 || r > 0x7e {
				return '.'
			}
			return r
		}, string(latin1(p)))
	}
	return report.Rows[report.Value]{report.Name(fmt.Sprintf("%04x", at)), v.shown(hex), v.shown(chars)}
}

// shown is content that has been masked already, or may be seen.
func (v *view) shown(s string) report.Value {
	t, _ := redact.Restore(redact.Value, s, !v.policy.ShowValues)
	return report.Content(t)
}

func latin1(p []byte) []rune {
	out := make([]rune, len(p))
	for i, b := range p {
		out[i] = rune(b)
	}
	return out
}
