package duckdb

import (
	"os"
	"strings"
	"testing"
)

const page = "../../docs/fleet.md"

// question is one question of the page: its SQL, and the answer as printed there.
type question struct{ title, sql, answer string }

// document is the SQL of the page.
type document struct {
	text                string
	views, spark, trino string
	questions           []question
}

// read reads the page: a view block, a block of SQL and one of text per question, and the definitions for others.
func read(t *testing.T) document {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	d := document{text: string(b)}
	for _, part := range strings.Split(d.text, "\n## ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		switch head {
		case "Questions in SQL":
			parts := strings.Split(body, "\n### ")
			d.views = block(t, parts[0], "sql")
			for _, q := range parts[1:] {
				title, body, _ := strings.Cut(q, "\n")
				d.questions = append(d.questions, question{title, block(t, body, "sql"), block(t, body, "text")})
			}
		case "Spark":
			d.spark = block(t, body, "sql")
		case "Trino":
			d.trino = block(t, body, "sql")
		}
	}
	if len(d.questions) < 10 || d.views == "" || d.spark == "" || d.trino == "" {
		t.Fatalf("%s has %d questions", page, len(d.questions))
	}
	return d
}

// block is the content of the first fenced block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "```"+language+"\n")
	content, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("no block of %s in %.60q", language, text)
	}
	return content
}
