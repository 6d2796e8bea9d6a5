package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// need skips a test where a program is not installed.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skip("no ", p)
		}
	}
}

// tree lists what is below a folder, but for dpkg's own notes.
func tree(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if d.IsDir() && strings.HasSuffix(path, "var/lib/dpkg") {
			return filepath.SkipDir
		}
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestInstall installs the Debian package below a folder, uses what it brought, and removes it: nothing is left.
func TestInstall(t *testing.T) {
	need(t, "dpkg", "man", "bash")
	if os.Geteuid() != 0 {
		t.Skip("dpkg installs for root alone")
	}
	root := t.TempDir()
	for _, dir := range []string{"var/lib/dpkg/updates", "var/lib/dpkg/info"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	before := tree(t, root)
	dpkg := []string{"--root=" + root, "--log=/dev/null"}
	run(t, ".", nil, "dpkg", append(dpkg, "--install", only(t, "*_amd64.deb"))...)

	binary := filepath.Join(root, "usr/bin/heapcause")
	if got := run(t, ".", nil, binary, "version"); !strings.HasPrefix(got, "heapcause ") {
		t.Errorf("heapcause version: %q", got)
	}
	manual := []string{"MANPATH=" + filepath.Join(root, "usr/share/man"), "MANWIDTH=100", "LC_ALL=C.UTF-8"}
	for _, page := range []string{"heapcause", "heapcause-analyze", "heapcause-rules-test"} {
		if got := run(t, ".", manual, "man", "-w", page); got != filepath.Join(root, "usr/share/man/man1", page+".1.gz") {
			t.Errorf("man -w %s: %s", page, got)
		}
	}
	if got := run(t, ".", manual, "man", "heapcause-analyze"); !strings.Contains(got, "--fail-on") {
		t.Errorf("man heapcause-analyze:\n%s", got)
	}
	testBashCompletion(t, root)

	run(t, ".", nil, "dpkg", append(dpkg, "--purge", "heapcause")...)
	after := slices.DeleteFunc(tree(t, root), func(path string) bool { return slices.Contains(before, path) })
	if len(after) > 0 {
		t.Errorf("left behind: %q", after)
	}
}

// testBashCompletion completes as bash does at a terminal: by the function that the package's script has registered.
func testBashCompletion(t *testing.T, root string) {
	script := `set -e
PATH="$1/usr/bin:$PATH"
if [ -r /usr/share/bash-completion/bash_completion ]; then . /usr/share/bash-completion/bash_completion; fi
. "$1/usr/share/bash-completion/completions/heapcause"
complete -p heapcause
set +e # completing is not written for it
if ! declare -F _get_comp_words_by_ref >/dev/null; then echo none; exit; fi
compopt() { :; } # only allowed while bash completes
COMP_WORDS=(heapcause domin) COMP_CWORD=1 COMP_LINE="heapcause domin" COMP_POINT=15 COMP_TYPE=9 COMP_KEY=9
__start_heapcause
echo "completed: ${COMPREPLY[*]}"
COMP_WORDS=(heapcause analyze --fail-on wa) COMP_CWORD=3 COMP_LINE="heapcause analyze --fail-on wa" COMP_POINT=30
__start_heapcause
echo "completed: ${COMPREPLY[*]}"`
	out := run(t, ".", nil, "bash", "-c", script, "bash", root)
	if !strings.Contains(out, "complete -o default -F __start_heapcause heapcause") {
		t.Errorf("complete -p heapcause: %s", out)
	}
	if strings.HasSuffix(out, "none") {
		t.Log("no bash-completion: nothing was completed")
		return
	}
	if !strings.Contains(out, "completed: dominators") || !strings.Contains(out, "completed: warning") {
		t.Errorf("bash completes: %s", out)
	}
}

// TestLintian: Debian's own checker finds nothing wrong.
func TestLintian(t *testing.T) {
	need(t, "lintian")
	packages, _ := filepath.Glob(filepath.Join(published(t), "*.deb"))
	args := append([]string{"--allow-root", "--fail-on", "error,warning", "--no-tag-display-limit"}, packages...)
	c := exec.Command("lintian", args...)
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestManualPages: man shows each page without a warning.
func TestManualPages(t *testing.T) {
	need(t, "mandoc")
	dir := filepath.Join(filepath.Dir(unpacked(t, "linux_amd64", "heapcause")), "man/man1")
	pages, _ := filepath.Glob(filepath.Join(dir, "*.1"))
	if len(pages) < 30 {
		t.Errorf("%d pages", len(pages))
	}
	if out := run(t, dir, nil, "mandoc", append([]string{"-T", "lint", "-W", "warning"}, pages...)...); out != "" {
		t.Error(out)
	}
}
