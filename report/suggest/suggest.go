// Package suggest finds the word that was meant by one that is not known.
package suggest

// Nearest returns the word that is written most like another one, "" when none is near.
func Nearest(word string, words []string) string {
	best, least := "", len(word)/2+1
	for _, w := range words {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// maxLength of words that are compared: no name is longer, and the time goes with the product.
const maxLength = 200

// distance is Levenshtein's.
func distance(a, b string) int {
	if len(a) > maxLength || len(b) > maxLength {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(prev+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
