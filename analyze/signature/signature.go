// Package signature identifies a finding across heap dumps. Two dumps of one leak, of two runs of a program, have one
// signature: it is made of names only, never of addresses, counts or the order of objects.
package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// Version is part of each signature, so that a change of what goes in is no accidental match.
const Version = "1"

// Of returns the signature of what a rule found: anchor is a static "static Class.field", a thread "thread name-#" or another
// root with its class, path the labels from there to the objects. Names are normalised and runs collapsed here.
func Of(rule, anchor string, path []string) string {
	h := sha256.New()
	for _, s := range append([]string{Version, rule, Name(anchor)}, Path(path)...) {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Path normalises labels and collapses runs of one label.
func Path(labels []string) []string {
	var out []string
	for _, l := range labels {
		l = index.ReplaceAllString(Name(l), "[]")
		if n := len(out); n == 0 || out[n-1] != l {
			out = append(out, l)
		}
	}
	return out
}

var (
	index     = regexp.MustCompile(`^\[[0-9]+\]$`)
	lambda    = regexp.MustCompile(`\$\$Lambda(\$[0-9]+)?`)
	hidden    = regexp.MustCompile(`[+/.]0x[0-9a-f]+`)
	numbered  = regexp.MustCompile(`(\$Proxy|GeneratedMethodAccessor|GeneratedConstructorAccessor|GeneratedSerializationConstructorAccessor)[0-9]+`)
	generator = regexp.MustCompile(`\$\$((?:Enhancer|FastClass|KeyFactory)\w*|\w*CGLIB)\$\$[0-9a-f]+`)
	digits    = regexp.MustCompile(`[0-9]+`)
)

// Name removes what the JVM and generators of classes append to names: it changes from run to run.
func Name(s string) string {
	s = lambda.ReplaceAllString(s, "$$$$Lambda")
	s = hidden.ReplaceAllString(s, "")
	s = numbered.ReplaceAllString(s, "$1")
	return generator.ReplaceAllString(s, "$$$$$1")
}

// Thread replaces the numbers in a thread's name by #, so that the threads of a pool share a name.
func Thread(name string) string { return digits.ReplaceAllString(name, "#") }

// Anchors are written the same by all rules.

// Static is the anchor of a static field.
func Static(class, field string) string { return "static " + Name(class) + "." + field }

// ThreadAnchor is the anchor of a thread.
func ThreadAnchor(name string) string { return "thread " + Thread(name) }

// Root is the anchor of a root of another kind, such as "JNI global", with the class of the object that it holds.
func Root(kind, class string) string { return strings.TrimSpace(kind + " " + Name(class)) }
