package man

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// special are the characters that roff reads as its own, or prints as other ones than these.
var special = strings.NewReplacer(`\`, `\e`, "`", `\(ga`, `'`, `\(aq`, `"`, `\(dq`, `^`, `\(ha`, `~`, `\(ti`)

// code writes text that can be copied to a shell: a hyphen stays the one of the keyboard.
func code(s string) string { return strings.ReplaceAll(special.Replace(s), "-", `\-`) }

// prose writes text with hyphens between words, and the flags in it as code.
func prose(s string) string {
	words := strings.Split(special.Replace(s), " ")
	for i, w := range words {
		if strings.HasPrefix(strings.TrimLeft(w, "(["), "-") || strings.Contains(w, "--") {
			words[i] = strings.ReplaceAll(w, "-", `\-`)
		}
	}
	return strings.Join(words, " ")
}

// line makes text safe at the beginning of a line, where a dot would begin a request.
func line(s string) string {
	if strings.HasPrefix(s, ".") {
		return `\&` + s
	}
	return s
}

// paragraphs writes a help text: blank lines part paragraphs, indented lines keep their breaks.
func paragraphs(b *bytes.Buffer, text, otherwise string) {
	if text = strings.Trim(text, "\n"); text == "" {
		text = otherwise
	}
	for i, block := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		lines := strings.Split(strings.Trim(block, "\n"), "\n")
		for len(lines) > 0 {
			n := 0
			for n < len(lines) && indented(lines[n]) == indented(lines[0]) {
				n++
			}
			if indented(lines[0]) {
				verbatim(b, lines[:n])
			} else {
				for _, l := range lines[:n] {
					b.WriteString(line(prose(strings.TrimRight(l, " "))) + "\n")
				}
			}
			lines = lines[n:]
		}
	}
}

func indented(s string) bool { return strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\t") }

// verbatim writes lines as they are, without the two blanks that help texts indent by: the page indents itself.
func verbatim(b *bytes.Buffer, lines []string) {
	b.WriteString(".nf\n.RS\n")
	for _, l := range lines {
		if l = strings.TrimPrefix(l, "  "); l == "" {
			b.WriteString(".sp\n")
			continue
		}
		b.WriteString(line(code(l)) + "\n")
	}
	b.WriteString(".RE\n.fi\n")
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(next) { // an abbreviation
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}
