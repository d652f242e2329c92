package flows

import "strings"

// maxCells bounds the table by which texts are compared. Longer middles are shown as taken out and put in as a whole.
const maxCells = 4 << 20

// diffLines gives the lines that only one of two texts has, in the order of the texts: the fewest that do.
func diffLines(old, text string) []LineChange {
	a, b := strings.Split(old, "\n"), strings.Split(text, "\n")
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA--
		endB--
	}
	a, b = a[start:endA], b[start:endB]
	out := []LineChange{}
	i, j := 0, 0
	gone := func() {
		out = append(out, LineChange{"-", start + i + 1, a[i]})
		i++
	}
	come := func() {
		out = append(out, LineChange{"+", start + j + 1, b[j]})
		j++
	}
	if len(a)*len(b) <= maxCells {
		common := commonLines(a, b)
		for i < len(a) && j < len(b) {
			switch {
			case a[i] == b[j]:
				i++
				j++
			case common[i+1][j] >= common[i][j+1]:
				gone()
			default:
				come()
			}
		}
	}
	for i < len(a) {
		gone()
	}
	for j < len(b) {
		come()
	}
	return out
}

// commonLines gives, for every pair of places, how many lines the rests of both have in common, in order.
func commonLines(a, b []string) [][]int32 {
	rows := make([][]int32, len(a)+1)
	for i := range rows {
		rows[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				rows[i][j] = rows[i+1][j+1] + 1
			} else {
				rows[i][j] = max(rows[i+1][j], rows[i][j+1])
			}
		}
	}
	return rows
}
