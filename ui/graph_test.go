package ui

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// coupon is the example campaign as a graph; loop has a way back, a state of its own and an arc to itself.
var graphs = map[string]struct {
	states []graphState
	arcs   []graphArc
}{
	"coupon": {
		[]graphState{{Name: "greet", First: true}, {Name: "where"}, {Name: "coupon"}, {Name: "nudge"}, {Name: "redeemed", Final: true}, {Name: "soldout", Final: true}, {Name: "left", Final: true}},
		[]graphArc{
			{0, 2, "text 1"},
			{0, 1, "text 2"},
			{0, 3, "after 1d"},
			{1, 2, "location"},
			{1, 3, "after 1d"},
			{2, 5, "enter"},
			{2, 4, "webhook order.paid"},
			{2, 6, "after 7d"},
			{3, 2, "text 1"},
			{3, 6, "after 2d"},
		},
	},
	"loop": {
		[]graphState{{Name: "a", First: true, Note: "live 3"}, {Name: "b"}, {Name: "<c> & a very long name of a state"}, {Name: "alone", Final: true}},
		[]graphArc{{0, 1, "x"}, {1, 2, "y"}, {2, 0, "again, or something else that is long"}, {1, 1, "stays"}},
	},
	"one": {[]graphState{{Name: "only", First: true, Final: true}}, nil},
}

func TestGraphGolden(t *testing.T) {
	s := bare(t)
	for name, g := range graphs {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := s.views["en"].pages["flow"].ExecuteTemplate(&b, "graph", draw(g.states, g.arcs)); err != nil {
				t.Fatal(err)
			}
			path := "testdata/graph_" + name + ".svg"
			if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
				if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", path, diff)
			}
		})
	}
}

// TestGraphHolds: boxes do not touch, arcs that are not turned lead down, everything lies within the picture.
func TestGraphHolds(t *testing.T) {
	for name, g := range graphs {
		d := draw(g.states, g.arcs)
		if len(d.Boxes) != len(g.states) {
			t.Errorf("%s: %d boxes for %d states", name, len(d.Boxes), len(g.states))
		}
		for i, b := range d.Boxes {
			if b.X < 0 || b.Y < 0 || b.X+b.Width > d.Width || b.Y+b.Height > d.Height {
				t.Errorf("%s: %s lies outside", name, b.Name)
			}
			for _, c := range d.Boxes[:i] {
				if b.Y == c.Y && b.X < c.X+c.Width && c.X < b.X+b.Width {
					t.Errorf("%s: %s and %s overlap", name, b.Name, c.Name)
				}
			}
		}
		for i, l := range d.Labels {
			for _, m := range d.Labels[:i] {
				if l.covers(m) {
					t.Errorf("%s: labels %q and %q overlap", name, l.Text, m.Text)
				}
			}
		}
		for _, l := range d.Lines {
			if !regexp.MustCompile(`^M\d+ \d+[ \dCV]+$`).MatchString(l.D) {
				t.Errorf("%s: path %q", name, l.D)
			}
		}
	}
}

// FuzzGraph: any graph is drawn.
func FuzzGraph(f *testing.F) {
	f.Add(uint8(3), []byte{0, 1, 1, 2, 2, 0})
	f.Add(uint8(1), []byte{0, 0})
	f.Add(uint8(9), []byte{0, 1, 1, 0, 5, 5, 8, 3, 3, 8, 4, 0})
	f.Fuzz(func(t *testing.T, n uint8, pairs []byte) {
		states := make([]graphState, 1+int(n)%20)
		var arcs []graphArc
		for i := 0; i+1 < len(pairs) && len(arcs) < 40; i += 2 {
			arcs = append(arcs, graphArc{From: int(pairs[i]) % len(states), To: int(pairs[i+1]) % len(states), Label: "x"})
		}
		d := draw(states, arcs)
		if len(d.Boxes) != len(states) {
			t.Errorf("%d boxes for %d states", len(d.Boxes), len(states))
		}
	})
}
