package flows

import (
	"errors"
	"maps"
	"slices"
	"time"

	"fanflow/store"
)

// profileFields are what a script and ${fan.x} can read of the fan and of this enrollment. Times are seconds since 1970; what is
// not known is nil.
var profileFields = map[string]func(w *walk, f *store.Fan) any{
	"openid":        func(_ *walk, f *store.Fan) any { return f.ID.OpenID },
	"unionid":       func(_ *walk, f *store.Fan) any { return known(f.UnionID) },
	"remark":        func(_ *walk, f *store.Fan) any { return known(f.Remark) },
	"scene":         func(_ *walk, f *store.Fan) any { return known(f.Scene) },
	"subscribed":    func(_ *walk, f *store.Fan) any { return f.Subscribed },
	"subscribed_at": func(_ *walk, f *store.Fan) any { return seconds(f.SubscribedAt) },
	"first_seen":    func(_ *walk, f *store.Fan) any { return seconds(f.FirstSeen) },
	"last_seen":     func(_ *walk, f *store.Fan) any { return seconds(f.LastSeen) },
	"opted_out":     func(_ *walk, f *store.Fan) any { return f.OptOut },
	"state": func(w *walk, _ *store.Fan) any {
		if n := w.at(); n != nil {
			return known(n.State)
		}
		return nil
	},
	"entered_at": func(w *walk, _ *store.Fan) any {
		if n := w.at(); n != nil {
			return seconds(n.EnteredAt)
		}
		return nil
	},
}

// profileNames are their names in order.
var profileNames = slices.Sorted(maps.Keys(profileFields))

// profile gives the value of a field, nil where there is none.
func (w *walk) profile(name string) any {
	if field := profileFields[name]; field != nil {
		return field(w, &w.d.draft.fan)
	}
	return nil
}

func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func seconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return float64(t.UnixMilli()) / 1000
}

// opt notes whether the fan wants campaigns.
func (w *walk) opt(out bool) error {
	if w.d.draft.fan.OptOut == out {
		return nil
	}
	kind := store.OptedIn
	if out {
		kind = store.OptedOut
	}
	return w.note(store.Entry{Kind: kind, Why: w.why})
}

var errNoArgument = errors.New("it takes nothing")

func fanOpt(out bool) func(*walk, args) error {
	return func(w *walk, a args) error {
		if len(a) > 0 {
			return errNoArgument
		}
		return w.opt(out)
	}
}
