package extract_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"unicode/utf16"

	"heapcause/hprof"
)

// TestPlantedSecrets: nothing of the secrets of testdata/java/extract/Planted.java is in a copy of the dump it makes of itself.
func TestPlantedSecrets(t *testing.T) {
	launcher := java(t)
	source := filepath.Join(module, "testdata", "java", "extract", "Planted.java")
	dir := t.TempDir()
	dump := filepath.Join(dir, "planted.hprof")
	run(t, launcher+"c", "-encoding", "UTF-8", "-d", dir, source)
	run(t, launcher, "-Xmx64m", "-XX:+UseSerialGC", "-cp", dir, "Planted", dump)
	f, err := hprof.Open(context.Background(), dump, hprof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	before, copied, _ := extracted(t, f, nil)
	original, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	secrets := secretsIn(string(text))
	if len(secrets) < 30 {
		t.Fatalf("%d secrets in %s", len(secrets), source)
	}
	for name, forms := range secrets {
		planted := false
		for _, b := range forms {
			planted = planted || bytes.Contains(original, b)
			if bytes.Contains(copied, b) {
				t.Errorf("%s is in the copy, as %q", name, b)
			}
		}
		if !planted {
			t.Errorf("%s is not even in the dump", name)
		}
	}
	sameGraph(t, before, reopened(t, copied))
}

// secretsIn returns the bytes that each secret of the program can be stored as: of its marked texts, the parts that matter in them
// and its numbers.
func secretsIn(java string) map[string][][]byte {
	out := map[string][][]byte{}
	for _, m := range regexp.MustCompile(`«([^»"]*)»`).FindAllStringSubmatch(java, -1) {
		s := regexp.MustCompile(`\\n`).ReplaceAllString(m[1], "\n")
		out[s] = forms(s)
	}
	for _, s := range []string{
		"hunter2", "Tr0ub4dor", "16C7e42F292c", "horse battery", "MIIEvQIBADANBgkqhkiG9w0BAQ", "eyJzdWIiOiIxMjM0", "op3nSesame", "b64d1c0ffee42",
		"jdbcPassw0rd", "90210-4711", "778899001122", "propertyS3cret", "keyOfAMap", "buffered-secret", "秘密", "bytes-of-utf16",
	} {
		out[s] = forms(s)
	}
	out["char fields"] = append(forms("Q7z!K4m$"), forms("$m4K!z7Q")...) // in either order
	for name, v := range map[string]uint64{
		"staticLong": 4012888888881881, "number": 6011000990139424, "boxed": 378282246310005, "long[]": 3566002020360505, "amount": math.Float64bits(8675309.125),
		"int[]": 1234567890<<32 | 987654321,
	} {
		out[name] = [][]byte{binary.BigEndian.AppendUint64(nil, v)}
	}
	return out
}

// forms are a text in Latin-1, UTF-8 and UTF-16 of both orders.
func forms(s string) [][]byte {
	var latin, little, big []byte
	for _, r := range s {
		latin = append(latin, byte(r))
	}
	for _, u := range utf16.Encode([]rune(s)) {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	out := [][]byte{[]byte(s), little, big}
	if len([]rune(s)) == len(s) {
		out = append(out, latin)
	}
	return out
}
