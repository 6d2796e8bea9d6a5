package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
)

// TestSameBytesOfRealDump holds that two analyses of a real dump, by one worker and by two, give the same bytes in every format, and
// that the page of it is small enough for a mail.
func TestSameBytesOfRealDump(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses a dump twice")
	}
	dump := analyzetest.RealPath(t, "zoo/zoo-small.hprof")
	var runs [2]map[string][]byte
	for i, workers := range []string{"1", "2"} {
		dir, all := t.TempDir(), map[string][]byte{}
		args := []string{"analyze", dump, "--index=never", "--quiet", "--experimental", "--workers", workers}
		for _, f := range allFormats {
			args = append(args, "-o", filepath.Join(dir, f))
		}
		said(t, all, 0, args...)
		runs[i] = map[string][]byte{}
		for _, f := range allFormats {
			data, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			runs[i][f] = data
		}
	}
	for _, f := range allFormats {
		if len(runs[0][f]) == 0 || !bytes.Equal(runs[0][f], runs[1][f]) {
			t.Errorf("%s: %d bytes by one worker, %d others by two", f, len(runs[0][f]), len(runs[1][f]))
		}
	}
	page := string(runs[0]["r.html"])
	if len(page) > 2<<20 || strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Errorf("a page of %d bytes, or one with an address of the network", len(page))
	}
}
