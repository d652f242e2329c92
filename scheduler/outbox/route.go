package outbox

import (
	"fmt"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// route is how a send goes to its fan, or how it ends without being sent.
type route struct {
	channel string
	window  *store.Window // what a customer-service message spends
	end     store.Status  // empty: it goes
	why     string
}

// choose decides a send's route by the state of its fan. Auto takes the cheapest open one that the content allows.
func choose(f *store.Fan, s *store.Send, m *wechat.Outgoing, now time.Time) route {
	campaign := s.Purpose == "campaign"
	r := route{channel: s.Channel}
	fits := content(m)
	if r.channel == store.Auto {
		r.channel = fits
	}
	switch {
	case !s.Expires.IsZero() && !now.Before(s.Expires):
		return r.ends(store.Expired, "its time had passed")
	case f.Erased || f.Rev == 0:
		return r.ends(store.Skipped, "the fan is not known")
	case !follows(f):
		return r.ends(store.Skipped, "not subscribed")
	case campaign && f.OptOut:
		return r.ends(store.Skipped, "opted out")
	case campaign && r.channel == store.Template:
		return r.ends(store.Skipped, "a campaign never goes by template message")
	case r.channel == store.Mass:
		return r.ends(store.Skipped, "a mass send is never the route of one fan")
	case r.channel == "" || r.channel != fits:
		return r.ends(store.SendFail, fmt.Sprintf("its content cannot go by channel %q", s.Channel))
	case r.channel == store.Customer:
		if r.window = open(f, now); r.window == nil {
			return r.ends(store.Skipped, "no open customer-service window")
		}
	}
	return r
}

// follows reports whether the fan follows the account. Who was heard of and never seen to come or go does: only followers can
// write to an account.
func follows(f *store.Fan) bool {
	return f.Subscribed || f.DecidedAt.IsZero() && !f.LastSeen.IsZero()
}

func (r route) ends(status store.Status, why string) route {
	r.end, r.why = status, why
	return r
}

// content is the channel that can carry the message, empty if none can. Whether its parts are whole is the client's to find.
func content(m *wechat.Outgoing) string {
	kinds := m.Kinds()
	if len(kinds) != 1 {
		return ""
	}
	switch kinds[0] {
	case "template":
		return store.Template
	case "notice":
		return store.Notice
	case "images": // mass sends alone have several pictures
		return ""
	}
	return store.Customer
}

// open is the fan's customer-service window that ends first among those with messages left; nil if there is none. Source for
// the order: fact sheet 2.2.
func open(f *store.Fan, now time.Time) *store.Window {
	var best *store.Window
	for i := range f.Windows {
		w := &f.Windows[i]
		if w.Left <= 0 || !now.Before(w.Until) {
			continue
		}
		if best == nil || w.Until.Before(best.Until) || w.Until.Equal(best.Until) && w.Trigger < best.Trigger {
			best = w
		}
	}
	return best
}
