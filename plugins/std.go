package plugins

import (
	"time"

	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/config"
	"fanflow/plugins/std/crypto"
	"fanflow/plugins/std/geo"
	"fanflow/plugins/std/http"
	"fanflow/plugins/std/json"
	"fanflow/plugins/std/kv"
	"fanflow/plugins/std/log"
	"fanflow/plugins/std/text"
	"fanflow/plugins/std/when"
)

// Port is what one decision lends to the standard modules: the shared values of the account and the decision's log. A method
// that cannot answer yet calls State.Abort with an error of its own, which Run and Call then return.
type Port interface {
	crypto.Port
	http.Port
	kv.Port
	log.Port
}

// Std gives the standard modules by the names that scripts know them by. port may be nil where no fan is being served: then
// kv, http, config and secrets fail, and the log goes nowhere.
func Std(port Port) map[string]sandbox.Module { return std(port, &scopes{run: &Run{}}) }

func std(port Port, own *scopes) map[string]sandbox.Module {
	var src config.Source
	if port != nil {
		src = own
	}
	return map[string]sandbox.Module{
		"config":  config.Config(src),
		"crypto":  crypto.Module(port),
		"geo":     geo.Library.Module,
		"http":    own.versioned(http.Module(port)),
		"json":    json.Library.Module,
		"kv":      kv.Module(port, own.keys),
		"log":     log.Module(port),
		"secrets": config.Secrets(src),
		"text":    text.Library.Module,
		"time":    when.Library.Module,
	}
}

// ParseWhen reads a moment as scripts write it, "+6d 22:00", "+2h", "2026-11-02 21:30", "22:00" (the next such time), seen from
// now in the zone loc. Days before a time of the day are the calendar's; a day alone is 24 hours.
func ParseWhen(spec string, now time.Time, loc *time.Location) (time.Time, error) {
	return when.ParseWhen(spec, now, loc)
}

// Every is a time that comes again and again; the zero Every never comes.
type Every = when.Every

// ParseEvery reads what every says: "1d" after "1d" from an anchor, at least "1m"; "10:00" every day; "mon,thu 10:00" and
// "mon-fri 10:00" every week; "day 1 10:00" every month, on its last day where it has no such day.
func ParseEvery(s string) (Every, error) { return when.ParseEvery(s) }

// ParseDuration reads a duration as scripts write it: "90s", "30m", "1d" (24 hours), "2d12h", "2w".
func ParseDuration(s string) (time.Duration, error) { return when.ParseDuration(s) }

// Metres is the distance between two places in degrees along the surface, good to about 0.5 %: what geo.distance rounds.
func Metres(lat1, lon1, lat2, lon2 float64) float64 { return geo.Metres(lat1, lon1, lat2, lon2) }
