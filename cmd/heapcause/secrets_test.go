package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/export"
	"heapcause/report/delimited"
	"heapcause/report/json"
	"heapcause/report/tables"
)

// planted finds the secrets of the program Secrets, whole or cut: all begin so, and nothing else in its dump does.
var planted = regexp.MustCompile(`PLANT[0-9]*(x[a-z]*)?`)

// allFormats are files of all formats, but for that of annotations, which has no ending.
var allFormats = []string{
	"r.json", "r.jsonl", "r.txt", "r.html", "r.md", "r.jira", "r.csv", "r.tsv", "r.om", "r.sarif", "r.xml", "r.pb.gz",
}

// said runs a command and adds what it says, on both streams, to all.
func said(t *testing.T, all map[string][]byte, wantCode int, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), args, nil, &stdout, &stderr); code != wantCode {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr.String())
	}
	name := strings.Join(args, " ")
	all[name+" (standard output)"], all[name+" (standard error)"] = stdout.Bytes(), stderr.Bytes()
}

// writtenOf runs analyze on the dump with secrets and returns everything that it, and the commands that follow on it, say and write.
func writtenOf(t *testing.T, dump string, flags ...string) map[string][]byte {
	t.Helper()
	dir, all := t.TempDir(), map[string][]byte{}
	args := append([]string{"analyze", dump, "--top=2000", "--experimental", "--full", "--verbose", "--index=never"}, flags...)
	for _, f := range allFormats {
		args = append(args, "-o", filepath.Join(dir, f))
	}
	said(t, all, 0, args...)
	saved := filepath.Join(dir, "r.json")
	said(t, all, 0, "render", saved, "-f", "github")
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	r, err := json.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables.Names(r) {
		table, err := tables.Of(r, name)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := delimited.CSV(&b, table); err != nil {
			t.Fatal(err)
		}
		all["table "+name] = b.Bytes()
	}
	for _, f := range allFormats {
		if all[f], err = os.ReadFile(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	lake := filepath.Join(dir, "lake")
	said(t, all, 0, append([]string{"export", dump, "--parquet", lake, "--index=never", "--label=service=secrets"}, flags...)...)
	exported := filesBelow(lake)
	if len(exported) != len(export.Tables()) {
		t.Fatalf("exported %v", exported)
	}
	for _, f := range exported {
		name, _ := filepath.Rel(lake, f)
		all["parquet "+strings.Split(filepath.ToSlash(name), "/")[0]] = parquetTexts(t, f)
	}
	packed, err := gzip.NewReader(bytes.NewReader(all["r.pb.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if all["r.pb.gz, unpacked"], err = io.ReadAll(packed); err != nil {
		t.Fatal(err)
	}
	return all
}

// filesBelow lists all files below a folder.
func filesBelow(dir string) (out []string) {
	_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return nil
	})
	return out
}

// parquetTexts returns all texts of a Parquet file, a line each.
func parquetTexts(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		buf := make([]parquet.Row, 1000)
		for {
			n, err := rows.ReadRows(buf)
			for _, row := range buf[:n] {
				for _, v := range row {
					if v.Kind() == parquet.ByteArray {
						out = append(append(out, v.ByteArray()...), '\n')
					}
				}
			}
			if err != nil {
				break
			}
		}
		_ = rows.Close()
	}
	return out
}

// TestNoSecretIsShown holds that no password, token, key, card number or other content of a real dump is in anything that heapcause
// says or writes: in no format, no table, no index, no message; and that --show-values shows them, so that the dump does put them
// where reports take their texts from.
func TestNoSecretIsShown(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses a dump twice")
	}
	dump := analyzetest.RealPath(t, "leaks/secrets.hprof")
	all := writtenOf(t, dump)
	dir := t.TempDir()
	keep := []string{"--index=always", "--index-dir", dir, "--verbose"}
	said(t, all, 0, append([]string{"inspect", "all", dump, "--top=2000"}, keep...)...)
	for _, object := range []string{"Secrets$Session#1", "@static:Secrets.VAULT", "@thread:http-1", "java.lang.String#3000", "org.postgresql.jdbc3g.Jdbc3gConnection#1"} {
		said(t, all, 0, append([]string{"show", dump, object}, keep...)...)
	}
	said(t, all, 2, append([]string{"show", dump, "@static:Secrets.NONE"}, keep...)...)
	said(t, all, 2, append([]string{"analyze", dump, "--rules-dir", "testdata/none"}, keep...)...)
	indexes, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(indexes) == 0 {
		t.Fatalf("no index was kept: %v", err)
	}
	for _, file := range indexes {
		if all[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if strs := all["parquet strings"]; !bytes.Contains(strs, []byte("Secrets")) { // the owner of some
		t.Error("the data set of strings was not read")
	}
	for name, text := range all {
		if name == "r.pb.gz" {
			continue // packed
		}
		for _, found := range planted.FindAll(text, 3) {
			t.Errorf("%s has the secret %s", name, found)
		}
		for _, other := range []string{"BEGIN PRIVATE KEY", "4111 1111"} {
			if bytes.Contains(text, []byte(other)) {
				t.Errorf("%s has %q", name, other)
			}
		}
	}
	shown := writtenOf(t, dump, "--show-values")
	for _, place := range []string{
		"property", "option", "argument", "vendor", "duplicate", "urlpassword", "urlquery", "sqlliteral", "sqlcomment", "sqlopen", "latin", "pem", "loader", "token", "attribute", "card", "value", "task",
	} {
		if !regexp.MustCompile(`PLANT[0-9]+x` + place).Match(shown["parquet strings"]) {
			t.Errorf("--show-values does not show the %s in the data set of strings", place)
		}
		for _, name := range []string{"r.json", "r.html", "r.md"} {
			if !regexp.MustCompile(`PLANT[0-9]+x` + place).Match(shown[name]) {
				t.Errorf("--show-values does not show the %s in %s: the dump does not test it", place, name)
			}
		}
	}
}
