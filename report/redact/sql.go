package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// NormalizeSQL reduces a statement to its shape: literals become ?, comments
// go, white space is squeezed, lists of literals after IN become (?, …) and
// equal rows of VALUES become one. Identifiers, keywords and parameter marks
// stay as written.
//
// The dialect is not known, so what is a literal in any of the usual ones is
// masked: 'a', E'a', N'a', q'[a]', $tag$a$tag$, 1.5e3, 0xff, and "a" where it
// does not stand like an identifier. Where dialects disagree about the end of
// a literal, and where one does not end, the rest becomes "? …". A text that
// does not begin like a statement is masked as a value.
func NormalizeSQL(s string) string {
	tokens := scanSQL(strings.ToValidUTF8(s, "\uFFFD"))
	if !beginsStatement(tokens) {
		return MaskValue(s)
	}
	maskWords(tokens)
	tokens = dropSigns(tokens)
	tokens = collapseLists(tokens)
	tokens = collapseRows(tokens)
	return joinSQL(tokens)
}

// FingerprintSQL is a short key (16 hexadecimal digits) that is equal for
// statements of one shape, whatever their case outside of quotes.
func FingerprintSQL(s string) string {
	sum := sha256.Sum256([]byte(strings.ToUpper(NormalizeSQL(s))))
	return hex.EncodeToString(sum[:8])
}

// statementWords are the words that a statement can begin with.
var statementWords = wordSet(`
	ALTER ANALYZE ATTACH BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE
	DEALLOCATE DECLARE DELETE DESC DESCRIBE DETACH DISCARD DO DROP END EXEC EXECUTE EXPLAIN
	FETCH FLUSH FROM GRANT HANDLER IF INSERT KILL LISTEN LOAD LOCK MERGE MOVE NOTIFY
	OPTIMIZE PRAGMA PREPARE PURGE REFRESH REINDEX RELEASE RENAME REPLACE RESET REVOKE
	ROLLBACK SAVEPOINT SELECT SET SHOW START TABLE TRUNCATE UNLISTEN UNLOCK UPDATE UPSERT
	USE VACUUM VALUES WITH`)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

func beginsStatement(tokens []token) bool {
	for _, t := range tokens {
		if t.kind == word {
			return statementWords[t.upper()]
		}
		if t.kind != param && !strings.Contains("({=", t.text) {
			return false
		}
	}
	return false
}

// maskWords masks the words that are contents though no quotes tell so: Oracle's
// IDENTIFIED BY secret, and what SET assigns to a variable.
func maskWords(tokens []token) {
	assigns := len(tokens) > 0 && tokens[0].is("SET")
	assigned := false
	for i := range tokens {
		t := &tokens[i]
		if assigned && (t.kind == word || t.kind == quoted) {
			*t = token{kind: literal, text: "?", space: t.space}
		}
		if assigns && (t.text == "=" || t.is("TO")) {
			assigned = true
		}
		if i >= 2 && tokens[i-2].is("IDENTIFIED") && (tokens[i-1].is("BY") || tokens[i-1].is("AS")) {
			*t = token{kind: literal, text: "?", space: true}
			for j := i + 1; j < len(tokens) && !tokens[j].space; j++ {
				tokens[j] = token{kind: gone}
			}
		}
	}
}

// dropSigns removes the sign of a number, so that -1 and 1 have one shape.
func dropSigns(tokens []token) []token {
	out := tokens[:0:0]
	for i, t := range tokens {
		if t.kind == gone {
			continue
		}
		sign := t.text == "-" || t.text == "+"
		if sign && i+1 < len(tokens) && tokens[i+1].kind == literal && opensValue(out) {
			tokens[i+1].space = t.space
			continue
		}
		out = append(out, t)
	}
	return out
}

// opensValue reports whether a sign after these tokens belongs to a number.
func opensValue(before []token) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	return last.kind == operator && last.text != ")" && last.text != "]" ||
		last.kind == word && valueWords[last.upper()]
}

var valueWords = wordSet(`AND BETWEEN BY CASE ELSE ESCAPE IN LIKE LIMIT OFFSET OR RETURN SELECT THEN TOP VALUES WHEN WHERE`)

// collapseLists turns a list of literals or parameter marks after IN or ARRAY
// into (?, …), whatever its length.
func collapseLists(tokens []token) []token {
	out := tokens[:0:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i > 0 && (t.text == "(" && tokens[i-1].is("IN") || t.text == "[" && tokens[i-1].is("ARRAY")) {
			if end := literalList(tokens, i+1); end > 0 {
				out = append(out, t, token{kind: literal, text: "?"},
					token{kind: operator, text: ","}, token{kind: literal, text: "…"}, tokens[end])
				i = end
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

// literalList returns the index of the bracket that ends a list which has
// nothing but literals and parameter marks, 0 if it is another list.
func literalList(tokens []token, i int) int {
	for ; i+1 < len(tokens); i += 2 {
		if tokens[i].kind != literal && tokens[i].kind != param {
			return 0
		}
		switch tokens[i+1].text {
		case ")", "]":
			return i + 1
		case ",":
		default:
			return 0
		}
	}
	return 0
}

// collapseRows turns VALUES (?, ?), (?, ?) into VALUES (?, ?), ….
func collapseRows(tokens []token) []token {
	out := tokens[:0:0]
	for i := 0; i < len(tokens); i++ {
		out = append(out, tokens[i])
		if !tokens[i].is("VALUES") || i+1 >= len(tokens) || tokens[i+1].text != "(" {
			continue
		}
		end := literalList(tokens, i+2)
		if end == 0 {
			continue
		}
		out = append(out, tokens[i+1:end+1]...)
		i = end
		more := false
		for i+2 < len(tokens) && tokens[i+1].text == "," && tokens[i+2].text == "(" {
			next := literalList(tokens, i+3)
			if next == 0 {
				break
			}
			i, more = next, true
		}
		if more {
			out = append(out, token{kind: operator, text: ","}, token{kind: literal, text: "…"})
		}
	}
	return out
}

// joinSQL writes the tokens with single spaces where the statement had white
// space, none inside brackets and before commas, one after commas.
func joinSQL(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && needsSpace(tokens[i-1], t) {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

func needsSpace(before, t token) bool {
	switch {
	case t.text == "," || t.text == ")" || before.text == "(":
		return false
	case before.text == ",":
		return true
	}
	return t.space
}
