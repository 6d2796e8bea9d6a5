package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// writeNotices writes the texts that the licences of linked modules ask to be given along, and returns where.
func (b *builder) writeNotices(t target, modules []module) (string, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "heapcause %s is under the Apache License 2.0, see LICENSE. Linked into it on %s are:\n\n", b.id.Version, t)
	for _, m := range modules {
		fmt.Fprintf(&out, "  %s %s (%s)\n", m.path, m.version, m.license)
	}
	for _, m := range modules {
		for _, text := range m.texts {
			fmt.Fprintf(&out, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("-", 80), m.path, m.version, text.name, strings.TrimSpace(text.text))
		}
	}
	name := filepath.Join(b.tmp, b.base(t)+".notices")
	return name, os.WriteFile(name, out.Bytes(), 0o644)
}

// apacheText is the long text that Debian systems have in common.
var apacheText = regexp.MustCompile(`(?s)[^\n]*Apache License\s*\n\s*Version 2\.0, January 2004.*?additional\s+liability\.` +
	`(\s*END OF TERMS AND CONDITIONS)?(\s*APPENDIX:.*?limitations under the License\.)?`)

// copyrightLine finds who holds what: a year, or a name behind the sign. The word alone stands in the texts of licences too.
var copyrightLine = regexp.MustCompile(`(?i)^\W*copyright (?:(?:\(c\)|©),? *(\pL.*)|(?:\(c\)|©)? *(\d.*))$`)

// debianCopyright writes the file that Debian packages carry
// (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/).
func debianCopyright(modules []module) []byte {
	var b bytes.Buffer
	b.WriteString(`Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: heapcause
Comment: The binary is linked from heapcause and from the Go modules below, whose
 files are named here as go mod vendor would lay them out.

Files: *
Copyright: The heapcause authors
License: Apache-2.0
`)
	for _, m := range modules {
		fmt.Fprintf(&b, "\nFiles: vendor/%s/*\nCopyright: %s\nLicense: %s\n", m.path, strings.Join(copyrights(m), "\n           "), debianLicence(m.license))
		for _, text := range m.texts {
			fmt.Fprintf(&b, " %s %s, %s:\n", m.path, m.version, text.name)
			body := apacheText.ReplaceAllString(text.text, "Apache License, Version 2.0: on Debian systems its text is in\n/usr/share/common-licenses/Apache-2.0.")
			for line := range strings.Lines(strings.TrimSpace(body)) {
				if line = strings.TrimRight(line, " \t\r\n"); line == "" {
					line = "."
				}
				b.WriteString(" " + line + "\n")
			}
		}
	}
	b.WriteString(`
License: Apache-2.0
 Licensed under the Apache License, Version 2.0: on Debian systems its text is
 in /usr/share/common-licenses/Apache-2.0.
`)
	return b.Bytes()
}

// debianLicence writes an SPDX expression in Debian's words.
func debianLicence(spdx string) string { return strings.ReplaceAll(spdx, " AND ", " and ") }

// copyrights returns the lines that name the holders.
func copyrights(m module) []string {
	var lines []string
	seen := map[string]bool{}
	for _, text := range m.texts {
		for line := range strings.Lines(text.text) {
			f := copyrightLine.FindStringSubmatch(strings.TrimSpace(line))
			if f == nil || seen[f[1]+f[2]] {
				continue
			}
			seen[f[1]+f[2]] = true
			lines = append(lines, f[1]+f[2])
		}
	}
	if len(lines) == 0 {
		return []string{"the authors of " + m.path}
	}
	return lines
}
