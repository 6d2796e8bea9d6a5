package explore

import (
	"strings"

	"heapcause/report"
	"heapcause/report/redact"
)

// join makes one text of values. It is content of the dump where one of them is, and masked where one was: each was masked by itself.
func join(between string, parts []report.Value) report.Value {
	var b strings.Builder
	kind, masked := redact.Plain, false
	for i, p := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(p.Short(func(s string) string { return s }))
		if p.IsText() && p.Kind() != redact.Plain {
			kind, masked = redact.Value, masked || p.Text().Masked()
		}
	}
	t, _ := redact.Restore(kind, b.String(), masked)
	return report.Content(t)
}

// shortened cuts a text that is shown as it is after n characters.
func shortened(v report.Value, n int) report.Value {
	if !v.IsText() || v.Text().Masked() {
		return v
	}
	r := []rune(v.Text().String())
	if len(r) <= n {
		return v
	}
	t, _ := redact.Restore(v.Kind(), string(r[:n])+"…", false)
	return report.Content(t)
}
