// Package geo is the Lua module geo: distances between places given in degrees.
package geo

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Library is the module.
var Library = sandbox.NewLibrary("geo", map[string]lua.LGFunction{"distance": distance, "nearest": nearest}, nil)

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
//
//	geo.distance(lat1: number, lon1: number, lat2: number, lon2: number): integer
func distance(L *lua.LState) int {
	d := Metres(float64(L.CheckNumber(1)), float64(L.CheckNumber(2)), float64(L.CheckNumber(3)), float64(L.CheckNumber(4)))
	L.Push(lua.LNumber(math.Round(d)))
	return 1
}

// nearest is geo.nearest(places, latitude, longitude): of a list of tables with latitude and longitude the nearest one, and
// its distance in metres; nil where the list is empty. Of equally near ones the first.
//
//	geo.nearest(places: table[], latitude: number, longitude: number): table?, integer?
func nearest(L *lua.LState) int {
	s, places := sandbox.From(L), L.CheckTable(1)
	lat, lon := float64(L.CheckNumber(2)), float64(L.CheckNumber(3))
	var best lua.LValue = lua.LNil
	metres := math.Inf(1)
	for i := 1; ; i++ {
		v := places.RawGetInt(i)
		if v == lua.LNil {
			break
		}
		s.Spend(4)
		place, ok := v.(*lua.LTable)
		if !ok {
			L.RaiseError("geo.nearest: item %d is a %s, not a table with latitude and longitude", i, v.Type())
		}
		la, okA := place.RawGetString("latitude").(lua.LNumber)
		lo, okO := place.RawGetString("longitude").(lua.LNumber)
		if !okA || !okO {
			L.RaiseError("geo.nearest: item %d has no latitude and longitude in numbers", i)
		}
		if d := Metres(lat, lon, float64(la), float64(lo)); d < metres {
			best, metres = v, d
		}
	}
	L.Push(best)
	if best == lua.LNil {
		return 1
	}
	L.Push(lua.LNumber(math.Round(metres)))
	return 2
}
