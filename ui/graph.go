package ui

import (
	"cmp"
	"math"
	"slices"
)

// A flow is drawn as a layered graph: states in rows from the first one down, arcs from row to row. The steps are the usual
// ones (Sugiyama): turn back arcs round, give every state a row, let long arcs pass the rows between through bends, order each
// row by where its neighbours lie, then place. All of it is deterministic, so that a drawing can be compared with a file.

// graphState and graphArc are what is drawn. Arcs name states by index; an arc to itself is not drawn.
type graphState struct {
	Name  string
	Note  string // the second line
	First bool
	Final bool
}

type graphArc struct {
	From, To int
	Label    string
}

// spot is a state, or a bend of an arc, in its row.
type spot struct {
	state int // -1 for a bend
	row   int
	width int
	x     float64 // of its middle
	up    []int   // neighbours in the row above and below, as indices of spots
	down  []int
}

// grid is a graph being laid out.
type grid struct {
	spots []spot
	rows  [][]int // indices of spots, from left to right
	// trails are the arcs' ways through the spots, downwards; turned says that the arc runs upwards.
	trails [][]int
	turned []bool
}

const (
	stateWidth  = 148
	stateHeight = 44
	bendWidth   = 28
	columnGap   = 22
	rowGap      = 62
	orderSweeps = 12
	placeSweeps = 16
)

// layOut places states and arcs; trails has an empty trail for an arc to itself.
func layOut(states []graphState, arcs []graphArc) *grid {
	g := &grid{spots: make([]spot, len(states)), trails: make([][]int, len(arcs)), turned: backArcs(len(states), arcs)}
	for i, row := range rowsOf(len(states), arcs, g.turned) {
		g.spots[i] = spot{state: i, row: row, width: stateWidth}
	}
	for i, a := range arcs {
		if a.From != a.To {
			g.trail(i, a)
		}
	}
	g.rows = make([][]int, 1+slices.MaxFunc(append(g.spots, spot{}), func(a, b spot) int { return a.row - b.row }).row)
	for i, s := range g.spots {
		g.rows[s.row] = append(g.rows[s.row], i)
	}
	g.order()
	g.place()
	return g
}

// backArcs finds the arcs that close a circle, walking from the first state on, in the order given.
func backArcs(states int, arcs []graphArc) []bool {
	back := make([]bool, len(arcs))
	const entered, left = 1, 2
	mark := make([]int, states)
	var walk func(int)
	walk = func(s int) {
		mark[s] = entered
		for i, a := range arcs {
			if a.From != s || a.To == s {
				continue
			}
			if mark[a.To] == entered {
				back[i] = true
			} else if mark[a.To] == 0 {
				walk(a.To)
			}
		}
		mark[s] = left
	}
	for s := range states {
		if mark[s] == 0 {
			walk(s)
		}
	}
	return back
}

// rowsOf gives each state the length of the longest way to it, so that all arcs but the back arcs lead down.
func rowsOf(states int, arcs []graphArc, back []bool) []int {
	rows := make([]int, states)
	for range states { // as many rounds as the longest way may have steps
		moved := false
		for i, a := range arcs {
			from, to := a.From, a.To
			if back[i] {
				from, to = to, from
			}
			if from != to && rows[to] <= rows[from] {
				rows[to], moved = rows[from]+1, true
			}
		}
		if !moved {
			break
		}
	}
	return rows
}

// trail leads an arc from row to row, through a new bend in every row between.
func (g *grid) trail(i int, a graphArc) {
	from, to := a.From, a.To
	if g.turned[i] {
		from, to = to, from
	}
	way := []int{from}
	for row := g.spots[from].row + 1; row < g.spots[to].row; row++ {
		g.spots = append(g.spots, spot{state: -1, row: row, width: bendWidth})
		way = append(way, len(g.spots)-1)
	}
	way = append(way, to)
	for k := 1; k < len(way); k++ {
		above, below := way[k-1], way[k]
		g.spots[above].down = append(g.spots[above].down, below)
		g.spots[below].up = append(g.spots[below].up, above)
	}
	g.trails[i] = way
}

// order sorts each row by the mean position of its neighbours, down and up in turn, and keeps the order with the fewest crossings.
func (g *grid) order() {
	best, fewest := g.copyRows(), g.crossings()
	for sweep := range orderSweeps {
		position := make([]float64, len(g.spots))
		for _, row := range g.rows {
			for i, s := range row {
				position[s] = float64(i)
			}
		}
		for k := range g.rows {
			row := g.rows[k]
			near := func(s int) []int { return g.spots[s].up }
			if sweep%2 == 1 {
				row = g.rows[len(g.rows)-1-k]
				near = func(s int) []int { return g.spots[s].down }
			}
			slices.SortStableFunc(row, func(a, b int) int {
				return cmp.Compare(mean(near(a), position, position[a]), mean(near(b), position, position[b]))
			})
			for i, s := range row {
				position[s] = float64(i)
			}
		}
		if n := g.crossings(); n < fewest {
			best, fewest = g.copyRows(), n
		}
	}
	g.rows = best
}

func mean(of []int, values []float64, otherwise float64) float64 {
	if len(of) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, i := range of {
		sum += values[i]
	}
	return sum / float64(len(of))
}

func (g *grid) copyRows() [][]int {
	rows := make([][]int, len(g.rows))
	for i, row := range g.rows {
		rows[i] = slices.Clone(row)
	}
	return rows
}

func (g *grid) crossings() int {
	position := make([]int, len(g.spots))
	for _, row := range g.rows {
		for i, s := range row {
			position[s] = i
		}
	}
	n := 0
	for _, row := range g.rows {
		for i, a := range row {
			for _, b := range row[i+1:] {
				for _, x := range g.spots[a].down {
					for _, y := range g.spots[b].down {
						if position[x] > position[y] {
							n++
						}
					}
				}
			}
		}
	}
	return n
}

// place gives every spot its x: as near to its neighbours' middle as the order and the gaps of its row allow.
func (g *grid) place() {
	for _, row := range g.rows {
		for i := 1; i < len(row); i++ {
			g.spots[row[i]].x = g.spots[row[i-1]].x + g.apart(row[i-1], row[i])
		}
	}
	for sweep := range placeSweeps {
		for k := range g.rows {
			row := g.rows[k]
			if sweep%2 == 1 {
				row = g.rows[len(g.rows)-1-k]
			}
			g.settle(row)
		}
	}
	left := math.Inf(1)
	for _, s := range g.spots {
		left = min(left, s.x-float64(s.width)/2)
	}
	for i := range g.spots {
		g.spots[i].x -= left
	}
}

// settle moves a row's spots towards the middle of their neighbours. Pushing right from the left end and left from the right
// end each keep the gaps; their mean does so too.
func (g *grid) settle(row []int) {
	xs := make([]float64, len(g.spots))
	for i, s := range g.spots {
		xs[i] = s.x
	}
	right := make([]float64, len(row))
	left := make([]float64, len(row))
	for i, s := range row {
		want := mean(slices.Concat(g.spots[s].up, g.spots[s].down), xs, xs[s])
		right[i], left[i] = want, want
	}
	for i := 1; i < len(row); i++ {
		right[i] = max(right[i], right[i-1]+g.apart(row[i-1], row[i]))
	}
	for i := len(row) - 2; i >= 0; i-- {
		left[i] = min(left[i], left[i+1]-g.apart(row[i], row[i+1]))
	}
	for i, s := range row {
		g.spots[s].x = (left[i] + right[i]) / 2
	}
}

func (g *grid) apart(a, b int) float64 {
	return float64(g.spots[a].width+g.spots[b].width)/2 + columnGap
}
