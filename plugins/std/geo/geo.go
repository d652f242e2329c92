// Package geo is the Lua module geo: distances between places given in degrees.
package geo

import (
	"cmp"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Library is the module.
var Library = sandbox.Describe(words, map[string]lua.LGFunction{"distance": distance, "nearest": nearest, "within": within}, nil)

// earth is the mean radius in metres.
const earth = 6371008.8

// Metres is the distance between two places along the surface, good to about 0.5 %.
func Metres(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	a := math.Sin((lat2 - lat1) * rad / 2)
	b := math.Sin((lon2 - lon1) * rad / 2)
	h := a*a + math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b
	return 2 * earth * math.Asin(math.Sqrt(min(h, 1)))
}

// distance is geo.distance(lat1, lon1, lat2, lon2): metres, rounded.
func distance(L *lua.LState) int {
	d := Metres(float64(L.CheckNumber(1)), float64(L.CheckNumber(2)), float64(L.CheckNumber(3)), float64(L.CheckNumber(4)))
	L.Push(lua.LNumber(math.Round(d)))
	return 1
}

// nearest is geo.nearest(places, latitude, longitude): of a list of tables with latitude and longitude the nearest one, and
// its distance in metres; nil where the list is empty. Of equally near ones the first.
func nearest(L *lua.LState) int {
	var best lua.LValue = lua.LNil
	metres := math.Inf(1)
	each(L, "nearest", func(place *lua.LTable, d float64) {
		if d < metres {
			best, metres = place, d
		}
	})
	L.Push(best)
	if best == lua.LNil {
		return 1
	}
	L.Push(lua.LNumber(math.Round(metres)))
	return 2
}

// within is geo.within(places, latitude, longitude, metres): those of the places that are at most so far, the nearest first, and
// the list of their distances in metres. Of equally near ones the order of the list holds.
func within(L *lua.LState) int {
	most := float64(L.CheckNumber(4))
	var near []hit
	each(L, "within", func(place *lua.LTable, d float64) {
		if d <= most {
			sandbox.From(L).Charge(32)
			near = append(near, hit{place, d})
		}
	})
	sandbox.From(L).Spend(len(near))
	slices.SortStableFunc(near, func(a, b hit) int { return cmp.Compare(a.metres, b.metres) })
	places, metres := make([]any, len(near)), make([]any, len(near))
	for i, h := range near {
		places[i], metres[i] = h.place, math.Round(h.metres)
	}
	L.Push(sandbox.ToLua(L, places))
	L.Push(sandbox.ToLua(L, metres))
	return 2
}

// hit is a place that is near enough.
type hit struct {
	place  *lua.LTable
	metres float64
}

// each shows the tables of the list in the first argument, with their distance from the place in the second and third.
func each(L *lua.LState, name string, see func(place *lua.LTable, metres float64)) {
	s, places := sandbox.From(L), L.CheckTable(1)
	lat, lon := float64(L.CheckNumber(2)), float64(L.CheckNumber(3))
	for i := 1; ; i++ {
		v := places.RawGetInt(i)
		if v == lua.LNil {
			return
		}
		s.Spend(4)
		place, ok := v.(*lua.LTable)
		if !ok {
			L.RaiseError("geo.%s: item %d is a %s, not a table with latitude and longitude", name, i, v.Type())
		}
		la, okA := place.RawGetString("latitude").(lua.LNumber)
		lo, okO := place.RawGetString("longitude").(lua.LNumber)
		if !okA || !okO {
			L.RaiseError("geo.%s: item %d has no latitude and longitude in numbers", name, i)
		}
		see(place, Metres(lat, lon, float64(la), float64(lo)))
	}
}
