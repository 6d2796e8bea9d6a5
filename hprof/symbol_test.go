package hprof

import "testing"

func TestSymbolText(t *testing.T) {
	for in, want := range map[string]string{
		"value":                                "value",
		"이름":                                   "이름",
		"\xed\xa1\x82\xed\xbe\xb7":             "𠮷",
		"a\xed\xa1\x82\xed\xbe\xb7b":           "a𠮷b",
		"\xed\xa1\x82":                         "\xed\xa1\x82", // half a pair
		"\xed\xbe\xb7\xed\xa1\x82":             "\xed\xbe\xb7\xed\xa1\x82",
		"\xed\xa1\x82\xed\xa1\x82\xed\xbe\xb7": "\xed\xa1\x82𠮷",
		"a\xc0\x80b":                           "a\x00b",
		"\xed\x95\x9c":                         "한",
		"\xed":                                 "\xed",
	} {
		if got := symbolText([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
