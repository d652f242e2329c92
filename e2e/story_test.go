package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// signIn does what the demo's greeting says.
func (b *tab) signIn(token string) {
	b.t.Helper()
	b.open("/")
	b.fill("#token", token)
	b.click("#login-submit")
	b.until("the overview is shown", `document.querySelector("#total-fans")`)
}

func TestWrongTokenIsRefused(t *testing.T) {
	d := startDemo(t, filepath.Join(t.TempDir(), "demo"))
	b := openTab(t, d.base)
	b.allowed = "401" // Chromium notes the status of the refused login
	b.open("/phone")
	b.fill("#token", "guess")
	b.click("#login-submit")
	b.until("the login says no", `document.querySelector("#login-error")`)
	b.fill("#token", d.token)
	b.click("#login-submit")
	b.until("the page that was asked for is shown", `location.pathname === "/phone" && document.querySelector("#fan-openid")`)
}

// TestTheStoryOfTheReadme is what a newcomer is promised: three fans, of whom one pays, one stops midway and one comes by
// the location; the funnel counts them, each has a timeline, and a restart changes nothing.
func TestTheStoryOfTheReadme(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	d := startDemo(t, dir)
	if d.token == "" {
		t.Fatalf("no login in what the demo printed:\n%s", d.out)
	}
	b := openTab(t, d.base)
	b.open("/")
	b.shot("login")
	b.signIn(d.token)
	b.shot("overview-empty")
	b.click("#nav-phone")
	p := phone{b}

	first := p.fan()
	p.moveTo(11) // the reminder comes at ten in the morning of the sixth day, so an earlier start would need some hours more
	p.click("#subscribe")
	p.reads("欢迎")
	p.shot("phone-welcome")
	p.write("1")
	p.reads("您的券码")
	p.shot("phone-code")

	second := p.newFan()
	p.click("#subscribe")
	p.reads("欢迎")
	p.write("什么")
	p.reads("请回复 1 或 2")

	start := p.now()
	p.click("#clock-6d")
	p.moved(start.Add(6 * 24 * time.Hour))
	p.untilText(`[data-testid="bubble-customer"]`, "还没领券") // the nudge of one day
	p.play(first)
	p.untilText(`[data-testid="card-template"]`, "春季新人券")
	p.shot("phone-reminder")

	d.hook(setting(t, dir, "hook_secret"), "order.paid", "order-1", map[string]any{"openid": first, "data": map[string]any{"order": "A-1"}})

	third := p.newFan()
	p.click("#subscribe")
	p.reads("欢迎")
	p.write("2")
	p.reads("请发送您的位置")
	p.click(`[data-testid="location-preset"]`)
	p.reads("您的券码")
	p.reads("店可用")
	p.shot("phone-location")

	fans := []string{first, second, third}
	before := tell(t, b, d, fans)
	checkStory(t, before)

	b.open("/a/demo/fans/" + first)
	b.shot("timeline")
	b.open("/a/demo")
	b.shot("overview")
	b.open("/a/demo/flows/coupon")
	b.shot("flow")
	d.stop()

	d = startDemo(t, dir)
	d.token = setting(t, dir, "admin_token")
	earlier := b.shots
	b = openTab(t, d.base)
	b.shots = earlier
	b.signIn(d.token)
	after := tell(t, b, d, fans)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("a restart has changed the story:\nbefore %+v\nafter  %+v", before, after)
	}
}

// told is the story as the pages and the API tell it.
type told struct {
	Funnel    []funnelStep
	Rows      []string // of the funnel's table on the page
	Followers string
	Timelines []timeline
}

type timeline struct {
	Kinds []string          // of the journal, in order
	Raw   []json.RawMessage // the journal's rows
	Page  []string          // the steps in words
}

func tell(t *testing.T, b *tab, d *demo, fans []string) told {
	t.Helper()
	s := told{Funnel: d.funnel("coupon")}
	b.open("/a/demo/flows/coupon/funnel")
	b.until("the funnel is shown", `document.querySelector("#funnel-table")`)
	b.shot("funnel")
	s.Rows = b.texts(`[data-testid="funnel-row"]`)
	b.open("/a/demo")
	b.until("the overview is shown", `document.querySelector("#total-followers")`)
	s.Followers = b.texts("#total-followers")[0]
	for _, fan := range fans {
		rows, raw := d.journal(fan)
		line := timeline{Raw: raw}
		for _, row := range rows {
			line.Kinds = append(line.Kinds, row.Kind)
		}
		b.open("/a/demo/fans/" + fan)
		b.until("the timeline is shown", `document.querySelector('#timeline [data-testid="step"]')`)
		line.Page = b.texts(`#timeline [data-testid="step"]`)
		s.Timelines = append(s.Timelines, line)
	}
	return s
}

func checkStory(t *testing.T, s told) {
	t.Helper()
	var steps []funnelStep
	for _, step := range s.Funnel {
		step.MedianSeconds = 0 // as long as the test took
		steps = append(steps, step)
	}
	want := []funnelStep{
		{State: "greet", Entered: 3, Completed: 2, Dropped: 1},
		{State: "coupon", Entered: 2, Completed: 1},
		{State: "redeemed", Entered: 1, Completed: 1},
	}
	if !reflect.DeepEqual(steps, want) {
		t.Errorf("funnel %+v, want %+v", steps, want)
	}
	for i, row := range []string{"greet 3 2 1 0", "coupon 2 1 0 1", "redeemed 1 1 0 0"} {
		if i >= len(s.Rows) || !strings.HasPrefix(strings.Join(strings.Fields(s.Rows[i]), " "), row) {
			t.Errorf("the funnel page shows %q, row %d should begin %q", s.Rows, i+1, row)
		}
	}
	if s.Followers != "3" {
		t.Errorf("the overview shows %s followers, want 3", s.Followers)
	}
	for i, kinds := range [][]string{
		{"heard", "subscribed", "enrolled", "entered", "tagged", "replied", "armed", "claimed", "goal", "ordered", "sending", "settled", "left"},
		{"heard", "subscribed", "enrolled", "entered", "replied", "fired", "settled", "left"},
		{"heard", "subscribed", "enrolled", "entered", "var", "claimed", "replied"},
	} {
		line := s.Timelines[i]
		for _, kind := range kinds {
			if !slices.Contains(line.Kinds, kind) {
				t.Errorf("the journal of fan %d has no %q: %v", i+1, kind, line.Kinds)
			}
		}
		if len(line.Page) == 0 {
			t.Errorf("the timeline page of fan %d is empty", i+1)
		}
	}
}
