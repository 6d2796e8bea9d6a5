package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestInstallPage runs the shell lines of docs/install.md on a release, in a home of their own.
func TestInstallPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository(t), "docs/install.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 2 {
		t.Fatalf("%d blocks", len(blocks))
	}
	archive := filepath.Base(only(t, "*_linux_amd64.tar.gz"))
	number := strings.TrimSuffix(strings.TrimPrefix(archive, "heapcause_"), "_linux_amd64.tar.gz")
	here, home := t.TempDir(), t.TempDir()
	run(t, published(t), nil, "cp", "SHA256SUMS", archive, here)
	env := []string{"HOME=" + home, "PATH=" + filepath.Join(home, ".local/bin") + ":" + os.Getenv("PATH")}
	for _, b := range blocks {
		script := strings.ReplaceAll(b[1], "VERSION=1.2.3\n", "VERSION="+number+"\n")
		run(t, here, env, "bash", "-euo", "pipefail", "-c", script)
	}
	for _, name := range []string{
		".local/bin/heapcause", ".local/share/man/man1/heapcause.1", ".zsh/completions/_heapcause",
		".local/share/bash-completion/completions/heapcause", ".config/fish/completions/heapcause.fish",
	} {
		if st, err := os.Stat(filepath.Join(home, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
