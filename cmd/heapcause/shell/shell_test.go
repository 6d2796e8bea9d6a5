package shell

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"", nil},
		{"show  java.util.Timer#1 # the first", []string{"show", "java.util.Timer#1"}},
		{`find --string 'a "b"' "c 'd'"`, []string{"find", "--string", `a "b"`, `c 'd'`}},
		{`a\ b 'a\b' x""y ''`, []string{"a b", `a\b`, "xy", ""}},
		{"\tshow\tx", []string{"show", "x"}},
	} {
		words, err := Split(c.line)
		var got []string
		for _, w := range words {
			got = append(got, w.Text)
			if !strings.ContainsAny(c.line[w.Start:w.Start+1], `'"`+w.Text) {
				t.Errorf("%q: %q does not begin at %d", c.line, w.Text, w.Start)
			}
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v", c.line, got, err)
		}
	}
	if _, err := Split("show 'x"); err == nil {
		t.Error("an open quote is no error")
	}
}

func TestNumbers(t *testing.T) {
	var n Numbers
	if a, b, again := n.Of(0x10), n.Of(0x20), n.Of(0x10); a != 1 || b != 2 || again != 1 {
		t.Errorf("numbers %d, %d, %d", a, b, again)
	}
	for line, want := range map[string]string{
		"show $1":                              "show 0x10",
		"SELECT x FROM OBJECTS ($1,$2) x":      "SELECT x FROM OBJECTS (0x10,0x20) x",
		"show com.acme.Map$1 $2x '$1' \"$2\"$": "show com.acme.Map$1 $2x '$1' \"$2\"$",
		"$":                                    "$",
	} {
		if got, err := n.Replace(line); err != nil || got != want {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
	for _, line := range []string{"show $3", "show $0", "show $99999999999999999999"} {
		if got, err := n.Replace(line); err == nil {
			t.Errorf("%q: %q", line, got)
		}
	}
	for i := range uint64(2 * maxNumbers) {
		n.Of(0x1000 + i)
	}
	if len(n.addrs) != maxNumbers || n.Of(1) != 0 {
		t.Errorf("%d numbers", len(n.addrs))
	}
}

// TestHistory: lines come back in the next session, the file is bounded and its owner's alone.
func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	h, err := OpenHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxHistory {
		h.Add(fmt.Sprint("line ", i))
	}
	h.Add(" secret")
	h.Add("last")
	h.Add("last")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if h, err = OpenHistory(path); err != nil {
		t.Fatal(err)
	}
	if h.Len() > maxHistory+1 || h.At(0) != "last" || strings.Contains(fmt.Sprint(h.lines), "secret") {
		t.Errorf("%d lines, the last %q", h.Len(), h.At(0))
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
	none, err := OpenHistory("")
	none.Add("x")
	if err != nil || none.Len() != 1 || none.Close() != nil {
		t.Errorf("without a file: %v", err)
	}
}

func TestKeys(t *testing.T) {
	got, err := io.ReadAll(&keys{r: strings.NewReader("ab\x03c")})
	if err != nil || string(got) != "ab"+cleared+"c" {
		t.Errorf("%q, %v", got, err)
	}
}
