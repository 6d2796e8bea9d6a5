// Package man writes a manual page for each command, as man(7) source. Help texts are plain text with line breaks, not Markdown as
// cobra/doc takes them: there a "SELECT * FROM" would lose its asterisk and an indented list its lines.
package man
