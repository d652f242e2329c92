package lint

import "fmt"

// DidYouMean gives "; did you mean …?" with the known word that is at most two letters away; empty if none is.
func DidYouMean(word string, known []string) string { return within(2, word, known) }

// Slip is DidYouMean for one letter: where other words are no mistake in themselves.
func Slip(word string, known []string) string { return within(1, word, known) }

func within(letters int, word string, known []string) string {
	best, near := "", letters+1
	for _, k := range known {
		if d := distance(word, k); d < near && d < len(k) {
			best, near = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance counts the letters to insert, remove, replace or swap with their neighbour between two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
