package outbox_test

import (
	"testing"
	"time"

	"fanflow/scheduler/outbox"
	"fanflow/store"
)

// TestSendsThatComeLate: a service that stood still from noon to 15:00 in Shanghai follows the policy of what was due at 13:00.
func TestSendsThatComeLate(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		late    string
		due     time.Duration // from noon
		expires time.Duration
		status  store.Status
		why     string
		after   string // the clock goes on so far
		then    store.Status
	}{
		"no policy":                  {"", time.Hour, 0, store.Sent, "", "1m", store.Sent},
		"skip":                       {"skip", time.Hour, 0, store.Skipped, "late: it was due 2h0m0s ago", "1m", store.Skipped},
		"skip, not a minute late":    {"skip", 3*time.Hour - 30*time.Second, 0, store.Sent, "", "1m", store.Sent},
		"skip, a second more":        {"skip", 3*time.Hour - 61*time.Second, 0, store.Skipped, "late", "1m", store.Skipped},
		"within the hours":           {"09:00-21:00", time.Hour, 0, store.Sent, "", "1m", store.Sent},
		"before the hours":           {"16:00-20:00", time.Hour, 0, store.Waiting, "", "1h", store.Sent},
		"not yet":                    {"16:00-20:00", time.Hour, 0, store.Waiting, "", "59m", store.Waiting},
		"after the hours":            {"09:00-15:00", time.Hour, 0, store.Waiting, "", "18h", store.Sent},
		"hours over midnight":        {"22:00-06:00", time.Hour, 0, store.Waiting, "", "7h", store.Sent},
		"within those over midnight": {"14:00-06:00", time.Hour, 0, store.Sent, "", "1m", store.Sent},
		"expires before the hours":   {"20:00-21:00", time.Hour, 4 * time.Hour, store.Waiting, "", "2h", store.Expired},
		"no hours":                   {"soon", time.Hour, 0, store.SendFail, "neither skip nor hours", "1m", store.SendFail},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.as = func(a *outbox.Account) { a.Location = zone }
			g.restart()
			g.follow("fan1")
			g.order("fan1", "s", store.Template, coupon("x"), func(s *store.Send) {
				s.Due, s.Late = s.Due.Add(c.due), c.late
				if c.expires > 0 {
					s.Expires = s.Due.Add(c.expires)
				}
			})
			g.advance("3h")
			g.expect("s", c.status, c.why)
			g.advance(c.after)
			if s := g.send("s"); s.Status != c.then {
				t.Errorf("then it is %s (%s), want %s", s.Status, s.Reason, c.then)
			}
		})
	}
}
