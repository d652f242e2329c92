package ui

import (
	"fmt"
	"slices"
	"strings"
)

// drawing is what graph.svg in parts.html draws: whole pixels only, so that it is the same everywhere.
type drawing struct {
	Width, Height int
	Boxes         []box
	Lines         []line
	Labels        []label
}

type box struct {
	X, Y, Width, Height int
	Middle              int // x of the texts
	Name, Note          string
	Full                string // the name uncut
	First, Final        bool
}

type line struct {
	D    string // of an SVG path
	Back bool
}

type label struct {
	X, Y int
	Text string
	Full string // uncut
}

const (
	margin     = 14
	labelLine  = 14
	labelRunes = 20 // as wide as Latin letters
	nameRunes  = 18
)

// draw lays a graph out and gives its shapes.
func draw(states []graphState, arcs []graphArc) drawing {
	g := layOut(states, arcs)
	d := drawing{Height: 2*margin + len(g.rows)*stateHeight + (len(g.rows)-1)*rowGap}
	for _, s := range g.spots {
		d.Width = max(d.Width, 2*margin+round(s.x+float64(s.width)/2))
		if s.state < 0 {
			continue
		}
		st := states[s.state]
		x := margin + round(s.x)
		d.Boxes = append(d.Boxes, box{
			X: x - stateWidth/2, Y: top(s.row), Width: stateWidth, Height: stateHeight, Middle: x,
			Name: cut(st.Name, nameRunes), Full: st.Name, Note: st.Note, First: st.First, Final: st.Final,
		})
	}
	for i, way := range g.trails {
		if len(way) > 0 {
			d.Lines = append(d.Lines, line{D: g.curve(i), Back: g.turned[i]})
			d.Labels = append(d.Labels, g.label(i, arcs[i].Label))
		}
	}
	spread(d.Labels)
	for _, l := range d.Labels {
		d.Width = max(d.Width, l.X+textWidth(l.Text)/2+margin)
	}
	return d
}

func top(row int) int { return margin + row*(stateHeight+rowGap) }

func round(x float64) int { return int(x + 0.5) }

// curve is the path of an arc: from the lower edge of a box, straight through the rows of its bends, to the upper edge of
// another; an arc that was turned round runs the same way upwards.
func (g *grid) curve(i int) string {
	way := g.trails[i]
	type point struct{ x, y int }
	var points []point
	for k, s := range way {
		x, y := margin+round(g.spots[s].x), top(g.spots[s].row)
		if k == 0 {
			x += g.side(way[0], g.spots[way[0]].down, way[1])
		}
		if k == len(way)-1 {
			x += g.side(s, g.spots[s].up, way[k-1])
		}
		if k > 0 {
			points = append(points, point{x, y})
		}
		if k < len(way)-1 {
			points = append(points, point{x, y + stateHeight})
		}
	}
	if g.turned[i] {
		slices.Reverse(points)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", points[0].x, points[0].y)
	for k := 1; k < len(points); k++ {
		p, q := points[k-1], points[k]
		if p.x == q.x {
			fmt.Fprintf(&b, " V%d", q.y)
			continue
		}
		bend := (q.y - p.y) / 2
		fmt.Fprintf(&b, " C%d %d %d %d %d %d", p.x, p.y+bend, q.x, q.y-bend, q.x, q.y)
	}
	return b.String()
}

// side spreads the ends of several arcs along a box: it is how far from the box's middle the arc to a neighbour ends.
func (g *grid) side(s int, neighbours []int, to int) int {
	if g.spots[s].state < 0 || len(neighbours) < 2 {
		return 0
	}
	sorted := slices.Clone(neighbours)
	slices.SortStableFunc(sorted, func(a, b int) int { return round(g.spots[a].x) - round(g.spots[b].x) })
	step := min(26, (stateWidth-28)/(len(sorted)-1))
	return (2*slices.Index(sorted, to) - (len(sorted) - 1)) * step / 2
}

// label puts an arc's text beside the end that fewer arcs share.
func (g *grid) label(i int, text string) label {
	way := g.trails[i]
	a, b, t := way[0], way[1], 0.42
	if last := len(way) - 1; len(g.spots[way[0]].down) > len(g.spots[way[last]].up) {
		a, b, t = way[last-1], way[last], 0.62
	}
	ax := g.spots[a].x + float64(g.side(a, g.spots[a].down, b))
	bx := g.spots[b].x + float64(g.side(b, g.spots[b].up, a))
	y := top(g.spots[a].row) + stateHeight + round(t*rowGap)
	return label{X: margin + round(ax+(bx-ax)*smooth(t)), Y: y, Text: cut(text, labelRunes), Full: text}
}

// smooth is how far across a curve is when it is t of its way down.
func smooth(t float64) float64 { return t * t * (3 - 2*t) }

// spread moves labels that would lie on one another apart, up and down in turn.
func spread(labels []label) {
	for i := range labels {
		for _, by := range []int{0, labelLine, -labelLine, 2 * labelLine, -2 * labelLine} {
			l := labels[i]
			l.Y += by
			if !slices.ContainsFunc(labels[:i], l.covers) {
				labels[i] = l
				break
			}
		}
	}
}

func (l label) covers(o label) bool {
	near := l.Y - o.Y
	across := l.X - o.X
	return max(near, -near) < labelLine && max(across, -across) < (textWidth(l.Text)+textWidth(o.Text))/2+6
}

// textWidth is about how wide a label is: Chinese characters take a full square.
func textWidth(s string) int {
	w := 0
	for _, r := range s {
		w += 6
		if r > 0x2e80 {
			w += 5
		}
	}
	return w
}

// cut shortens a text to about as many Latin letters.
func cut(s string, runes int) string {
	if textWidth(s) <= runes*6 {
		return s
	}
	for i := range s {
		if textWidth(s[:i]) > (runes-1)*6 {
			return s[:i] + "…"
		}
	}
	return s
}
