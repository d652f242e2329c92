package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/scheduler/outbox"
	"fanflow/store"
	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

func hello(words string) wechat.Outgoing { return wechat.Outgoing{Text: words} }

func TestCustomerMessageSpendsTheWindow(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	var quiet []store.FanID
	g.quiet = func(_ context.Context, fan store.FanID) error { quiet = append(quiet, fan); return nil }
	for i := 1; i <= 6; i++ {
		g.order("fan1", fmt.Sprintf("c/%02d", i), store.Customer, hello(fmt.Sprint("message ", i)))
	}
	g.settle()
	g.expectInbox("fan1", "customer message 1", "customer message 2", "customer message 3", "customer message 4", "customer message 5")
	g.expect("c/01", store.Sent, "")
	g.expect("c/05", store.Sent, "")
	g.expect("c/06", store.Skipped, "no open customer-service window")
	if d := cmp.Diff([]string{"ordered", "spent message", "sending", "settled sent"}, g.journal("fan1", "c/01")); d != "" {
		t.Error(d)
	}
	if q := g.quota("customer"); q.Used != 5 || q.Limit != 500_000 {
		t.Errorf("quota %+v", q)
	}
	if len(quiet) != 6 || quiet[0] != id("fan1") {
		t.Errorf("waited for quiet: %v", quiet)
	}
	if s := g.send("c/01"); s.SentAt.IsZero() || s.Tried.IsZero() {
		t.Errorf("times of the send: %+v", s)
	}
}

func TestShortestWindowIsSpentFirst(t *testing.T) {
	g := newRig(t)
	now := g.sim.Now()
	menu := store.Window{Trigger: "menu", Opened: now, Until: now.Add(time.Minute), Left: 1}
	g.follow("fan1", store.Entry{Kind: store.WindowOpened, Window: &menu})
	g.writes("fan1")
	g.order("fan1", "a", store.Customer, hello("a"))
	g.order("fan1", "b", store.Auto, hello("b"))
	g.settle()
	for sendID, trigger := range map[string]string{"a": "spent menu", "b": "spent message"} {
		if got := g.journal("fan1", sendID); !slices.Contains(got, trigger) {
			t.Errorf("send %s: %v, want %q", sendID, got, trigger)
		}
	}
	if s := g.send("b"); s.Channel != store.Customer {
		t.Errorf("auto went by %q", s.Channel)
	}
}

func TestSkips(t *testing.T) {
	g := newRig(t)
	g.follow("fan")
	g.follow("left", store.Entry{Kind: store.Unsubscribed, Created: g.sim.Now().Add(time.Minute)})
	g.follow("out", store.Entry{Kind: store.OptedOut})
	g.writes("out")
	campaign := func(s *store.Send) { s.Purpose = "campaign" }
	past := func(s *store.Send) { s.Expires = g.sim.Now().Add(-time.Second) }
	notice := wechat.Outgoing{Notice: &wechat.Template{Name: "COUPON", Data: map[string]string{"thing1": "x"}}}
	tests := []struct {
		name, fan, channel string
		message            wechat.Outgoing
		change             func(*store.Send)
		status             store.Status
		why                string
	}{
		{"unsubscribed", "left", store.Template, coupon("x"), nil, store.Skipped, "not subscribed"},
		{"no window", "fan", store.Customer, hello("x"), nil, store.Skipped, "no open customer-service window"},
		{"auto without a window", "fan", store.Auto, hello("x"), nil, store.Skipped, "no open customer-service window"},
		{"expired", "fan", store.Template, coupon("x"), past, store.Expired, "passed"},
		{"campaign by template", "fan", store.Template, coupon("x"), campaign, store.Skipped, "never goes by template"},
		{"campaign by auto with a template", "fan", store.Auto, coupon("x"), campaign, store.Skipped, "never goes by template"},
		{"campaign to who opted out", "out", store.Customer, hello("x"), campaign, store.Skipped, "opted out"},
		{"service to who opted out", "out", store.Customer, hello("x"), nil, store.Sent, ""},
		{"mass to one fan", "fan", store.Mass, hello("x"), nil, store.Skipped, "mass"},
		{"text by template", "fan", store.Template, hello("x"), nil, store.SendFail, "content"},
		{"nothing to say", "out", store.Auto, wechat.Outgoing{}, nil, store.SendFail, "content"},
		{"notice without consent", "fan", store.Notice, notice, nil, store.SendFail, "43101"},
		{"template", "fan", store.Template, coupon("x"), nil, store.Sent, ""},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			change := tt.change
			if change == nil {
				change = func(*store.Send) {}
			}
			sendID := fmt.Sprint("s", i)
			g.order(tt.fan, sendID, tt.channel, tt.message, change)
			g.settle()
			g.expect(sendID, tt.status, tt.why)
		})
	}
}

// What an account may not send at all ends at once, and says which setting would change it.
func TestAccountsThatMayNotSend(t *testing.T) {
	for _, tc := range []struct {
		name, channel, why string
		as                 func(*outbox.Account)
	}{
		{"not verified", store.Customer, "set verified = true", func(a *outbox.Account) { a.Verified = false }},
		{"template of a subscription account", store.Template, "a subscription account may not", func(a *outbox.Account) { a.Type = "subscription" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newRig(t)
			g.as = tc.as
			g.restart()
			g.follow("fan")
			g.writes("fan")
			m := hello("hello")
			if tc.channel == store.Template {
				m = coupon("hello")
			}
			g.order("fan", "s", tc.channel, m)
			g.settle()
			g.expect("s", store.Skipped, tc.why)
			g.expectInbox("fan")
		})
	}
}

func TestUnknownFanAndMissingSend(t *testing.T) {
	g := newRig(t)
	now := g.sim.Now()
	s := store.Send{ID: "s", Account: "shop", OpenID: "stranger", Channel: store.Template, Status: store.Waiting, Content: []byte(`{}`), Created: now, Due: now}
	_, err := g.store.Commit(t.Context(), store.Change{
		Fan: store.FanID{Account: "shop"}, Base: store.AnyRev, Cause: "x", At: now, Sends: []store.Send{s},
		Jobs: []store.Job{{ID: "s", Account: "shop", OpenID: "stranger", Kind: "send", Due: now}, {ID: "lost", Account: "shop", OpenID: "stranger", Kind: "send", Due: now}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.settle()
	g.expect("s", store.Skipped, "not known")
	if jobs, _, err := g.store.Jobs(t.Context(), "shop", store.JobFilter{}, "", 0); err != nil || len(jobs) > 0 {
		t.Errorf("jobs left: %v %v", jobs, err)
	}
	if snap, err := g.store.Load(t.Context(), id("stranger"), ""); err != nil || snap.Fan.Rev != 0 {
		t.Errorf("a skipped send made a fan: %+v %v", snap, err)
	}
}

func TestPlatformsRefusals(t *testing.T) {
	tests := []struct {
		name    string
		errcode int
		status  store.Status
		why     string
		left    int           // of five in the window
		wait    time.Duration // at least, where it waits
	}{
		{"window gone", 45015, store.SendFail, "45015 response out of time limit", 4, 0},
		{"window used up", 45047, store.SendFail, "45047", 4, 0},
		{"user blocks", 48002, store.SendFail, "48002", 5, 0},
		{"payload", 45002, store.SendFail, "45002", 5, 0},
		{"busy", -1, store.Waiting, "-1 system error", 5, time.Second},
		{"minute quota", 45011, store.Waiting, "45011", 5, time.Minute},
		{"unknown code", 99999, store.Waiting, "99999", 5, time.Second},
		{"no permission", 48001, store.Waiting, "48001", 5, 10 * time.Minute},
		{"day's quota", 45009, store.Waiting, "45009", 5, 12*time.Hour - time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1")
			g.writes("fan1")
			g.fault(map[string]any{"path": "/cgi-bin/message/custom/send", "errcode": tt.errcode})
			g.order("fan1", "s", store.Customer, hello("x"))
			g.settle()
			g.expect("s", tt.status, tt.why)
			if got := g.left("fan1"); got != tt.left {
				t.Errorf("%d left in the window, want %d", got, tt.left)
			}
			g.expectInbox("fan1")
			if tt.status != store.Waiting {
				return
			}
			if wait := g.job("s").Due.Sub(g.sim.Now()); wait < tt.wait-time.Second {
				t.Errorf("waits %s, want at least %s", wait, tt.wait)
			}
			g.advance("13h")
			g.expect("s", store.Sent, "")
			g.expectInbox("fan1", "customer x")
			if got := g.left("fan1"); got != 4 {
				t.Errorf("%d left in the window after all, want 4", got)
			}
		})
	}
}

// A call that the client holds back was not made: it costs nothing, and no try.
func TestRateOfCalls(t *testing.T) {
	const path = "/cgi-bin/message/custom/send"
	g := newRig(t)
	g.oncePerHour(path)
	g.follow("fan1")
	g.writes("fan1")
	for _, s := range []string{"s1", "s2", "s3"} {
		g.order("fan1", s, store.Customer, hello(s))
	}
	hour := g.sim.Now().Truncate(time.Hour)
	for n := range 3 {
		g.settle()
		g.expect(fmt.Sprintf("s%d", n+1), store.Sent, "")
		if q := g.quota("customer"); q.Used != int64(n+1) {
			t.Errorf("quota after %d calls: %+v", n+1, q)
		}
		if got := g.left("fan1"); got != 4-n {
			t.Errorf("%d left in the window after %d calls", got, n+1)
		}
		hour = hour.Add(time.Hour)
		for i, s := range []string{"s2", "s3"}[min(n, 2):] {
			if j := g.job(s); j.Attempt != 0 || j.Due.Before(hour) || j.Due.After(hour.Add(time.Second)) {
				t.Errorf("send %s waits until %s after %d tries, want %s and none", s, j.Due, j.Attempt, hour)
			}
			if i == 0 { // the others wait behind it
				g.expect(s, store.Waiting, "held back")
			}
		}
		g.advance((hour.Sub(g.sim.Now()) + time.Second).String()) // a job may be due up to a second later
	}
	g.expectInbox("fan1", "customer s1", "customer s2", "customer s3")
}

// 45011 is over with the minute; that call was made, and is a try.
func TestTooManyCallsWaitForTheNextMinute(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	g.advance("20s")
	g.fault(map[string]any{"path": "/cgi-bin/message/custom/send", "errcode": 45011})
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	minute := g.sim.Now().Truncate(time.Minute).Add(time.Minute)
	if j := g.job("s"); j.Attempt != 1 || j.Due.Before(minute) || j.Due.After(minute.Add(time.Second)) {
		t.Errorf("waits until %s after %d tries, want %s and one", j.Due, j.Attempt, minute)
	}
	g.advance("41s")
	g.expect("s", store.Sent, "")
}

// oncePerHour lets the client call path once in an hour.
func (g *rig) oncePerHour(path string) {
	g.as = func(a *outbox.Account) {
		a.Client = api.New(api.Config{
			AppID: appID, Secret: "secret", BaseURL: g.url, Now: g.sim.Now, Rates: map[string]api.Rate{path: {Calls: 1, Per: time.Hour}},
		})
	}
	g.restart()
}

// What somebody has to mend is named.
func TestReasonsThatName(t *testing.T) {
	t.Run("address", func(t *testing.T) {
		g := newRig(t, func(c *simulator.Config) { c.Accounts[0].AllowIPs = []string{"192.0.2.1"} })
		g.follow("fan1")
		g.order("fan1", "s", store.Template, coupon("x"))
		g.settle()
		g.expect("s", store.Waiting, "40164")
		g.expect("s", store.Waiting, "put the address 127.0.0.1 on the account's list of IP addresses")
	})
	t.Run("field", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.do("fan1", map[string]any{"consent": map[string]any{"template_id": "T-COUPON", "count": 1}})
		g.order("fan1", "s", store.Notice, wechat.Outgoing{Notice: coupon(strings.Repeat("长", 30)).Template})
		g.settle()
		g.expect("s", store.SendFail, "47003")
		g.expect("s", store.SendFail, "the value of thing1")
	})
}

// Customer service carries what else a message can hold; what lacks a part is refused before a call, in the client's words.
func TestKindsOfCustomerMessages(t *testing.T) {
	g := newRig(t, func(c *simulator.Config) { c.Switches.AnyMedia = true })
	g.follow("fan1")
	g.writes("fan1")
	g.order("fan1", "choice", store.Customer, wechat.Outgoing{Menu: &wechat.ChoiceMenu{Choices: []wechat.Choice{{ID: "1", Content: "yes"}}}})
	g.order("fan1", "video", store.Customer, wechat.Outgoing{Video: &wechat.Video{MediaID: "M"}})
	g.order("fan1", "images", store.Customer, wechat.Outgoing{Images: &wechat.Images{MediaIDs: []string{"M"}}})
	g.order("fan1", "two", store.Customer, wechat.Outgoing{Text: "x", Image: "M"})
	g.settle()
	g.expect("choice", store.Sent, "")
	g.expect("video", store.SendFail, "a video needs thumb_media_id")
	g.expect("images", store.SendFail, "cannot go by channel")
	g.expect("two", store.SendFail, "cannot go by channel")
	if got := g.left("fan1"); got != 4 {
		t.Errorf("%d left in the window, want 4", got)
	}
}

func TestQuotaOfTheDay(t *testing.T) {
	g := newRig(t)
	for _, fan := range []string{"fan1", "fan2", "fan3"} {
		g.follow(fan)
	}
	g.fault(map[string]any{"path": "/cgi-bin/message/template/send", "errcode": 45009})
	g.order("fan1", "a", store.Template, coupon("a"))
	g.settle()
	// The window is closed now: further sends wait without a call.
	g.order("fan2", "b", store.Template, coupon("b"))
	g.order("fan3", "c", store.Template, coupon("c"), func(s *store.Send) { s.Expires = g.sim.Now().Add(time.Hour) })
	g.settle()
	g.expect("a", store.Waiting, "45009")
	g.expect("b", store.Waiting, "")
	if q := g.quota("template"); !q.Closed {
		t.Errorf("quota %+v is not closed", q)
	}
	midnight := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	for _, s := range []string{"a", "b"} {
		if due := g.job(s).Due; due.Before(midnight) || due.After(midnight.Add(time.Minute)) {
			t.Errorf("send %s waits until %s, want soon after Shanghai's midnight", s, due)
		}
	}
	g.advance("61m")
	g.expect("c", store.Expired, "passed")
	g.advance("12h")
	g.expect("a", store.Sent, "")
	g.expect("b", store.Sent, "")
	g.expectInbox("fan1", "template a")
	if q := g.quota("template"); q.Used != 2 || q.Closed || q.Period != "2026-11-23" {
		t.Errorf("the next day's quota: %+v", q)
	}
}

func TestMisconfiguredAccountPauses(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.follow("fan2")
	g.fault(map[string]any{"path": "/cgi-bin/message/template/send", "errcode": 48001})
	g.order("fan1", "a", store.Template, coupon("a"))
	g.settle()
	g.order("fan2", "b", store.Template, coupon("b"))
	g.settle()
	g.expect("b", store.Waiting, "")
	if j := g.job("b"); j.Attempt != 0 || j.Why == "" {
		t.Errorf("a send that found the pause: %+v", j)
	}
	if why := g.outbox.Paused("shop"); why == "" || g.outbox.Paused("other") != "" {
		t.Errorf("paused: %q", why)
	}
	if !slices.Contains(g.observed, "template configuration") {
		t.Errorf("observed %v", g.observed)
	}
	g.advance("11m")
	g.expect("a", store.Sent, "")
	g.expect("b", store.Sent, "")
	if why := g.outbox.Paused("shop"); why != "" {
		t.Errorf("still paused: %q", why)
	}
}

func TestWrongTemplateStopsNobodyElse(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	wrong := coupon("x")
	wrong.Template.Name = "no-such-id"
	g.order("fan1", "a", store.Template, wrong)
	g.order("fan1", "b", store.Template, coupon("b"))
	g.settle()
	g.expect("a", store.Waiting, "40037")
	g.expect("b", store.Sent, "")
	if why := g.outbox.Paused("shop"); why != "" {
		t.Errorf("paused: %q", why)
	}
	for range 150 {
		g.advance("11m")
	}
	g.expect("a", store.SendFail, "given up")
}

func TestUnreachablePlatform(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	good := g.url
	g.url = "http://127.0.0.1:1"
	g.restart()
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	g.expect("s", store.Waiting, "cannot be reached")
	if q := g.quota("customer"); q.Used != 0 {
		t.Errorf("quota %+v", q)
	}
	g.url = good
	g.restart()
	g.advance("1m")
	g.expect("s", store.Sent, "")
	g.expectInbox("fan1", "customer x")
}
