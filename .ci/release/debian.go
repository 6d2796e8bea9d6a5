package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
)

// description is that of the Debian package: a line, then paragraphs.
const description = `names the cause of a Java heap dump's memory use
heapcause reads a Java heap dump (HPROF) and says what is retained, who holds
it by which path, which known leak pattern it is, and what to change. It
compares dumps, answers queries, judges dumps by budgets in pipelines, and
takes dumps of running JVMs. It needs no JVM, and sends nothing anywhere.`

// overrides tells lintian what is meant to be so.
const overrides = `# Go binaries without cgo are static.
heapcause: statically-linked-binary
`

// debian writes the .deb of a platform.
func (b *builder) debian(t target, binary string, modules []module) error {
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "heapcause", Arch: t.arch, Platform: t.os, Version: b.id.Debian, VersionSchema: "none",
		Section: "java", Priority: "optional", Maintainer: b.id.Maintainer, Description: description,
		MTime: b.id.Time, DisableGlobbing: true,
		Overridables: nfpm.Overridables{Deb: nfpm.Deb{Fields: map[string]string{"Multi-Arch": "foreign"}}},
	})
	stage := filepath.Join(b.tmp, "deb_"+t.arch)
	if err := os.MkdirAll(stage, 0o755); err != nil {
		return err
	}
	content, err := b.debianFiles(stage, binary, modules)
	if err != nil {
		return err
	}
	for _, f := range content {
		info.Contents = append(info.Contents, &files.Content{
			Source: f.source, Destination: "/" + f.name,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: b.id.Time},
		})
	}
	if err := nfpm.PrepareForPackager(info, "deb"); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(b.dist, "heapcause_"+b.id.Debian+"_"+t.arch+".deb"))
	if err != nil {
		return err
	}
	return errors.Join(deb.Default.Package(info, out), out.Close())
}

// debianFiles lays files out as Debian does: manual pages and changelogs packed, completions where each shell looks.
func (b *builder) debianFiles(stage, binary string, modules []module) ([]file, error) {
	const doc = "usr/share/doc/heapcause/"
	list := []file{
		{"usr/bin/heapcause", binary, 0o755},
		{"usr/share/bash-completion/completions/heapcause", filepath.Join(b.tmp, "completions/heapcause.bash"), 0o644},
		{"usr/share/zsh/vendor-completions/_heapcause", filepath.Join(b.tmp, "completions/_heapcause"), 0o644},
		{"usr/share/fish/vendor_completions.d/heapcause.fish", filepath.Join(b.tmp, "completions/heapcause.fish"), 0o644},
	}
	made := map[string][]byte{
		doc + "copyright":                       debianCopyright(modules),
		"usr/share/lintian/overrides/heapcause": []byte(overrides),
	}
	var err error
	if made[doc+"changelog.gz"], err = packed(b.debianChangelog()); err != nil {
		return nil, err
	}
	for _, f := range b.docs {
		switch {
		case strings.HasPrefix(f.name, "man/"):
			text, err := os.ReadFile(f.source)
			if err != nil {
				return nil, err
			}
			if made["usr/share/"+f.name+".gz"], err = packed(text); err != nil {
				return nil, err
			}
		case strings.HasPrefix(f.name, "docs/"), f.name == "README.md":
			list = append(list, file{doc + f.name, f.source, 0o644})
		}
	}
	for name, text := range made {
		source := filepath.Join(stage, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(source, text, 0o644); err != nil {
			return nil, err
		}
		list = append(list, file{name, source, 0o644})
	}
	return list, nil
}

// debianChangelog is the one entry that dpkg expects; CHANGELOG.md has what changed.
func (b *builder) debianChangelog() []byte {
	return fmt.Appendf(nil, "heapcause (%s) stable; urgency=medium\n\n  * heapcause %s.\n\n -- %s  %s\n",
		b.id.Debian, b.id.Version, b.id.Maintainer, b.id.Time.Format(time.RFC1123Z))
}

// packed is text by gzip -9n: without a name and a time.
func packed(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(text)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}
