package flows

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"fanflow/plugins"
)

// placed are the events that have a place, whose keys are circles.
var placed = map[string]bool{"location": true, "report": true}

// circle is the key of a place: "31.2235,121.4457 3km" holds what is at most 3 km from there.
type circle struct{ Lat, Lon, Metres float64 }

// maxRadius is half the way round the earth, in metres.
const maxRadius = 20_100_000

// readCircle reads latitude and longitude in degrees, as the platform gives them (GCJ-02), and a radius in m or km.
func readCircle(key string) (*circle, error) {
	wrong := fmt.Errorf("%q is no circle: write latitude, longitude and a radius, such as \"31.2235,121.4457 3km\" or \"31.2235,121.4457 500m\"", key)
	place, radius, ok := strings.Cut(strings.TrimSpace(key), " ")
	if !ok {
		return nil, wrong
	}
	lat, lon, ok := readPlace(place)
	if !ok {
		return nil, wrong
	}
	unit := 1.0
	radius = strings.TrimSpace(radius)
	digits, ok := strings.CutSuffix(radius, "km")
	if ok {
		unit = 1000
	} else if digits, ok = strings.CutSuffix(radius, "m"); !ok {
		return nil, wrong
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil {
		return nil, wrong
	}
	c := &circle{lat, lon, n * unit}
	switch {
	case !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180):
		return nil, fmt.Errorf("%q: latitude is -90 to 90 and stands first, longitude -180 to 180", key)
	case !(c.Metres > 0 && c.Metres <= maxRadius):
		return nil, fmt.Errorf("%q: the radius is more than 0 and at most %d km", key, maxRadius/1000)
	}
	return c, nil
}

// placeText is the subject of an event that has a place.
func placeText(lat, lon float64) string {
	return strconv.FormatFloat(lat, 'f', -1, 64) + "," + strconv.FormatFloat(lon, 'f', -1, 64)
}

func readPlace(s string) (lat, lon float64, ok bool) {
	a, b, ok := strings.Cut(s, ",")
	lat, errA := strconv.ParseFloat(strings.TrimSpace(a), 64)
	lon, errB := strconv.ParseFloat(strings.TrimSpace(b), 64)
	return lat, lon, ok && errA == nil && errB == nil
}

// holds reports whether the circle holds a place, and how many metres it is from the middle.
func (c *circle) holds(subject string) (captures []string, ok bool) {
	lat, lon, ok := readPlace(subject)
	if !ok {
		return nil, false
	}
	d := plugins.Metres(c.Lat, c.Lon, lat, lon)
	if !(d <= c.Metres) {
		return nil, false
	}
	return []string{strconv.FormatFloat(math.Round(d), 'f', -1, 64)}, true
}

// radius orders circles: of two that hold a place the smaller says more. Zero for no circle.
func (c *circle) radius() float64 {
	if c == nil {
		return 0
	}
	return c.Metres
}
