package signature_test

import (
	"slices"
	"testing"

	"heapcause/analyze/signature"
)

func TestNamesOfTwoRuns(t *testing.T) {
	for _, c := range [][2]string{
		{"com.acme.Main$$Lambda$14/0x0000000800c03000", "com.acme.Main$$Lambda$27/0x00007f51dc001a28"},
		{"com.acme.Main$$Lambda/0x0000000800c03000", "com.acme.Main$$Lambda+0x00007f51dc001a28"},
		{"com.acme.Main$$Lambda$14.0x0000000800c03000::arg$1", "com.acme.Main$$Lambda$3.0x0000000800c0ffff::arg$1"},
		{"com.sun.proxy.$Proxy12", "com.sun.proxy.$Proxy7"},
		{"jdk.internal.reflect.GeneratedMethodAccessor1", "jdk.internal.reflect.GeneratedMethodAccessor39"},
		{"com.acme.Dao$$EnhancerBySpringCGLIB$$1a2b3c", "com.acme.Dao$$EnhancerBySpringCGLIB$$ffee00"},
	} {
		if a, b := signature.Name(c[0]), signature.Name(c[1]); a != b {
			t.Errorf("%q and %q differ", a, b)
		}
	}
	if got := signature.Name("com.acme.Main$Inner1::this$0"); got != "com.acme.Main$Inner1::this$0" {
		t.Errorf("an ordinary name became %q", got)
	}
}

func TestPath(t *testing.T) {
	got := signature.Path([]string{"a.B::next", "a.B::next", "a.B::items", "[17]", "[3]", "a.C::next"})
	if want := []string{"a.B::next", "a.B::items", "[]", "a.C::next"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOf(t *testing.T) {
	base := signature.Of("rule", signature.ThreadAnchor("http-nio-8080-exec-1"), []string{"a.B::x", "[1]"})
	if got := signature.Of("rule", signature.ThreadAnchor("http-nio-8080-exec-27"), []string{"a.B::x", "[4711]"}); got != base {
		t.Error("thread numbers and indices change the signature")
	}
	for what, got := range map[string]string{
		"rule":   signature.Of("other", signature.ThreadAnchor("http-nio-8080-exec-1"), []string{"a.B::x", "[1]"}),
		"anchor": signature.Of("rule", signature.Static("a.B", "x"), []string{"a.B::x", "[1]"}),
		"path":   signature.Of("rule", signature.ThreadAnchor("http-nio-8080-exec-1"), []string{"a.B::x", "[1]", "a.C::y"}),
		"order":  signature.Of("rule", signature.ThreadAnchor("http-nio-8080-exec-1"), []string{"[1]", "a.B::x"}),
	} {
		if got == base {
			t.Errorf("another %s has the same signature", what)
		}
	}
	if len(base) != 64 {
		t.Errorf("%q is no SHA-256", base)
	}
}
