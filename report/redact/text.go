package redact

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kinds of a Text.
const (
	Plain = "plain" // a name, or the program's own words
	Value = "value" // the contents of a string, a property value
	SQL   = "sql"   // a statement
	URL   = "url"   // a URL or JDBC URL
)

// Text is a string that knows whether it is content of the dump and whether it
// was masked. It cannot be put together outside this package: names come from
// Name, contents from a Policy, saved reports from Restore. Texts are
// comparable with ==; the zero Text is an empty plain text.
type Text struct {
	kind   string
	text   string
	masked bool
}

// Name is a text that is not content: the name of a class, field, method or
// thread, or the program's own words. It is not masked.
func Name(s string) Text { return Text{kind: Plain, text: s} }

// Restore rebuilds a text from a saved report. It masks nothing: what the
// report holds was masked when it was made, or shown on purpose.
func Restore(kind, text string, masked bool) (Text, error) {
	switch kind {
	case Plain, Value, SQL, URL:
		return Text{kind: kind, text: text, masked: masked}, nil
	}
	return Text{}, fmt.Errorf("redact: %q is no kind of text", kind)
}

// String is the text as it may be shown.
func (t Text) String() string { return t.text }

// Kind is Plain, Value, SQL or URL.
func (t Text) Kind() string {
	if t.kind == "" {
		return Plain
	}
	return t.kind
}

// Masked reports whether something was masked.
func (t Text) Masked() bool { return t.masked }

// Policy decides whether contents of the dump are shown. The zero Policy masks.
type Policy struct {
	// ShowValues lets contents through as they are.
	ShowValues bool
}

// Value is the contents of a string or a property value.
func (p Policy) Value(s string) Text { return p.text(Value, s, MaskValue) }

// SQL is a statement; masked it keeps its shape without literals and comments.
func (p Policy) SQL(s string) Text { return p.text(SQL, s, NormalizeSQL) }

// URL is a URL or JDBC URL; masked it loses its credentials.
func (p Policy) URL(s string) Text { return p.text(URL, s, MaskURL) }

// maxText is where texts are cut, in bytes: nothing in a report grows with the
// length of a string in the dump.
const maxText = 4096

func (p Policy) text(kind, s string, mask func(string) string) Text {
	t := Text{kind: kind, text: s}
	if !p.ShowValues {
		t.text, t.masked = mask(s), true
	}
	t.text = strings.ToValidUTF8(t.text, "\uFFFD")
	if len(t.text) > maxText {
		cut := maxText
		for !utf8.RuneStart(t.text[cut]) {
			cut--
		}
		t.text = t.text[:cut] + "…"
	}
	return t
}
