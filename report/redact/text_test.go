package redact

import "testing"

func TestPolicy(t *testing.T) {
	const sql, url, value = "SELECT 'secret'", "jdbc:x://u:secret@h", "secret"
	show, hide := Policy{ShowValues: true}, Policy{}
	for _, tt := range []struct {
		got        Text
		kind, want string
		masked     bool
	}{
		{show.SQL(sql), SQL, sql, false},
		{hide.SQL(sql), SQL, "SELECT ?", true},
		{show.URL(url), URL, url, false},
		{hide.URL(url), URL, "jdbc:x://***@h", true},
		{show.Value(value), Value, value, false},
		{hide.Value(value), Value, `"***" (6 chars)`, true},
		{Name("a.B"), Plain, "a.B", false},
		{Text{}, Plain, "", false},
	} {
		if tt.got.Kind() != tt.kind || tt.got.String() != tt.want || tt.got.Masked() != tt.masked {
			t.Errorf("got %s %q masked=%v, want %s %q masked=%v",
				tt.got.Kind(), tt.got, tt.got.Masked(), tt.kind, tt.want, tt.masked)
		}
		back, err := Restore(tt.got.Kind(), tt.got.String(), tt.got.Masked())
		if err != nil || back.String() != tt.want {
			t.Errorf("Restore: %v, %v", back, err)
		}
	}
	if _, err := Restore("odd", "", false); err == nil {
		t.Error("Restore took an unknown kind")
	}
	long := make([]rune, 3*maxText)
	for i := range long {
		long[i] = 'ä'
	}
	if n := len(show.Value(string(long)).String()); n > maxText+16 {
		t.Errorf("a shown value of %d bytes", n)
	}
}
