package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// follower is a program whose clock goes with the simulator's, as a service has one: it knows jobs, does what is due when it
// is told an instant, and says what comes next.
type follower struct {
	p    *platform
	id   string
	stop context.CancelFunc
	over chan struct{}
	dies func(o order) bool // whether it dies of the order instead of carrying it out

	mu   sync.Mutex
	jobs []task
	now  time.Time
	seen []string // the instants it was told, for the frozen orders
}

type task struct {
	due time.Time
	run func(now time.Time)
}

type order struct {
	Order  int64     `json:"order"`
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"`
}

// follow starts a follower, which has its first order when follow returns.
func (p *platform) follow(id string) *follower {
	ctx, stop := context.WithCancel(context.Background())
	f := &follower{p: p, id: id, stop: stop, over: make(chan struct{})}
	first := make(chan struct{})
	go f.loop(ctx, first)
	<-first
	p.t.Cleanup(f.end)
	return f
}

func (f *follower) end() {
	f.stop()
	<-f.over
}

func (f *follower) loop(ctx context.Context, first chan struct{}) {
	defer close(f.over)
	seen, next := int64(0), time.Time{}
	for ctx.Err() == nil {
		o, err := poll(ctx, f.p.url, f.id, seen, next)
		if err != nil {
			return
		}
		if f.dies != nil && f.dies(o) {
			return
		}
		next, seen = f.obey(o), o.Order
		if first != nil {
			close(first)
			first = nil
		}
	}
}

func poll(ctx context.Context, base, id string, seen int64, next time.Time) (order, error) {
	var o order
	text := ""
	if !next.IsZero() {
		text = next.Format(time.RFC3339Nano)
	}
	body, err := json.Marshal(map[string]any{"follower": id, "seen": seen, "next": text})
	if err != nil {
		return o, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sim/clock/follow", bytes.NewReader(body))
	if err != nil {
		return o, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return o, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return o, fmt.Errorf("%s", res.Status)
	}
	text2, err := io.ReadAll(res.Body)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(text2, &o)
}

// obey does everything due at the order's instant, also what that makes due, and says what is next.
func (f *follower) obey(o order) time.Time {
	f.mu.Lock()
	f.now = o.Now
	if o.Frozen {
		f.seen = append(f.seen, o.Now.Format("01-02T15:04:05.000"))
	}
	f.mu.Unlock()
	for {
		f.mu.Lock()
		slices.SortStableFunc(f.jobs, func(a, b task) int { return a.due.Compare(b.due) })
		if len(f.jobs) == 0 || f.jobs[0].due.After(o.Now) {
			var next time.Time
			if len(f.jobs) > 0 {
				next = f.jobs[0].due
			}
			f.mu.Unlock()
			return next
		}
		job := f.jobs[0]
		f.jobs = f.jobs[1:]
		f.mu.Unlock()
		job.run(o.Now)
	}
}

func (f *follower) at(due time.Time, run func(now time.Time)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs = append(f.jobs, task{due, run})
}

// stamped are the fan's items as at:kind:content.
func (p *platform) stamped(openID string) []string {
	items := p.control("GET", appID+"/fans/"+openID+"/inbox", "")["items"]
	list := lines(items)
	for i, v := range items.([]any) {
		list[i] = strings.TrimPrefix(object(v.(map[string]any)).text("at"), "2026-11-") + " " + list[i]
	}
	return list
}

// call is a server-API call that a job makes: with a new token, and without ending the test from another goroutine.
func (p *platform) call(path, body string) {
	if code := p.post(path, p.token(), body).code(); code != 0 {
		p.t.Errorf("%s: errcode %d", path, code)
	}
}

func TestAdvanceAlone(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	for _, c := range []struct{ body, want string }{
		{`{"advance":"6d"}`, "2026-11-16T04"},
		{`{"advance":"1w1d2h30m"}`, "2026-11-24T06:30"},
		{`{"to":"2026-12-01T10:00:00+08:00"}`, "2026-12-01T02:00:0"},
		{`{"to":"2020-12-01T10:00:00+08:00"}`, "2026-12-01T02:00:0"}, // never back
	} {
		if got := p.control("POST", "clock", c.body).text("now"); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s…", c.body, got, c.want)
		}
	}
	if got := p.control("GET", "clock", "").text("now"); !strings.HasPrefix(got, "2026-12-01T02:00") {
		t.Error(got)
	}
	for _, bad := range []string{`{}`, `{"advance":"-1h"}`, `{"advance":"soon"}`, `{"advance":"1h","to":"x"}`, `{"to":"tomorrow"}`, `{"advance":"200000w"}`, `{"advance":"99999w"}`, `{"advance":"50000w"}`, `{"advance":"99999d"}`, `{"advance":"2000000h"}`, `{"to":"2400-01-01T00:00:00Z"}`, `x`} {
		if status, text := p.request("POST", "/sim/clock", bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, status, text)
		}
	}
}

// story plays two followers with jobs that touch each other, and returns what the fan received and which instants each was
// told.
func story(t *testing.T) (inbox, a, b []string) {
	p := start(t, simulator.Config{Start: noon})
	p.do("fan1", `{"text":"hi"}`)
	one, two := p.follow("one"), p.follow("two")
	say := func(text string) func(time.Time) {
		return func(time.Time) { p.call("message/custom/send", custom("fan1", text)) }
	}
	card := func(text string) func(time.Time) {
		return func(time.Time) {
			p.call("message/template/send", templateBody("fan1", `"thing1":{"value":"`+text+`"}`, ""))
		}
	}
	// The result event of a card makes a job of follower two, due at once, which makes one of follower one, due at once.
	p.back.reply(func(r received, _ int) string {
		if r.field["Event"] == "TEMPLATESENDJOBFINISH" {
			two.at(noon, func(now time.Time) {
				one.at(now, card("结果之后"))
			})
			p.back.reply(nil)
		}
		return "success"
	})
	hour := noon.Add(time.Hour)
	one.at(hour, func(now time.Time) {
		say("first")(now)
		one.at(now, say("nested, same instant"))
		one.at(now.Add(time.Millisecond), say("a millisecond later"))
	})
	one.at(noon.Add(2*time.Hour), card("卡片"))
	two.at(hour.Add(time.Second), say("two's own"))
	p.advance("3h")
	inbox = p.stamped("fan1")
	one.end()
	two.end()
	return inbox, one.seen, two.seen
}

func TestFollowersStepTogether(t *testing.T) {
	want := []string{
		"10T05:00:00.000Z customer:first",
		"10T05:00:00.000Z customer:nested, same instant",
		"10T05:00:00.001Z customer:a millisecond later",
		"10T05:00:01.000Z customer:two's own",
		"10T06:00:00.000Z template:map[thing1:卡片]",
		"10T06:00:01.000Z template:map[thing1:结果之后]",
	}
	for range 3 {
		inbox, one, two := story(t)
		if d := cmp.Diff(want, inbox); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(one, two); d != "" {
			t.Errorf("the followers were told different instants: %s", d)
		}
		if !slices.IsSorted(one) {
			t.Errorf("the clock went back: %v", one)
		}
	}
}

func TestSameInstantOnBothFollowers(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	var wg sync.WaitGroup
	for _, id := range []string{"one", "two", "three"} {
		fan := "fan-" + id
		p.do(fan, `{"text":"hi"}`)
		f := p.follow(id)
		for h := 1; h <= 5; h++ {
			f.at(noon.Add(time.Duration(h)*time.Hour), func(time.Time) {
				p.call("message/custom/send", custom(fan, fmt.Sprint(h)))
			})
		}
	}
	for range 2 { // two callers move the clock: one after the other
		wg.Go(func() { p.advance("150m") })
	}
	wg.Wait()
	for _, id := range []string{"one", "two", "three"} {
		got := p.stamped("fan-" + id)
		if len(got) != 5 || got[4] != "10T09:00:00.000Z customer:5" {
			t.Errorf("%s: %v", id, got)
		}
	}
}

func TestFollowerDies(t *testing.T) {
	t.Run("in an order", func(t *testing.T) {
		p := start(t, simulator.Config{Start: noon, OrderTimeout: 50 * time.Millisecond})
		p.do("fan1", `{"text":"hi"}`)
		other := p.follow("other")
		other.at(noon.Add(2*time.Hour), func(time.Time) { p.call("message/custom/send", custom("fan1", "alive")) })
		f := p.follow("mortal")
		f.at(noon.Add(time.Hour), func(time.Time) {})
		f.dies = func(o order) bool { return o.Now.Equal(noon.Add(time.Hour)) }
		p.advance("3h")
		if d := cmp.Diff([]string{"10T06:00:00.000Z customer:alive"}, p.stamped("fan1")); d != "" {
			t.Error(d)
		}
		if got := fmt.Sprint(p.control("GET", "clock", "")["followers"]); strings.Contains(got, "mortal") || !strings.Contains(got, "other") {
			t.Error(got)
		}
	})
	t.Run("between orders", func(t *testing.T) {
		p := start(t, simulator.Config{Start: noon, FollowerTimeout: 50 * time.Millisecond})
		p.follow("mortal").end()
		p.advance("3h")
	})
	t.Run("and comes again", func(t *testing.T) {
		p := start(t, simulator.Config{Start: noon})
		p.follow("phoenix").end()
		again := p.follow("phoenix")
		ran := 0
		again.at(noon.Add(time.Hour), func(time.Time) { ran++ })
		p.advance("3h")
		again.end()
		if ran != 1 {
			t.Errorf("its job ran %d times", ran)
		}
	})
	t.Run("by leaving", func(t *testing.T) {
		p := start(t, simulator.Config{Start: noon})
		p.follow("guest").end()
		p.control("POST", "clock/follow", `{"follower":"guest","leave":true}`)
		p.advance("3h")
	})
}

func TestOverdueJobsHoldNothingUp(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { // says that it is done and that something is overdue, always
		defer close(over)
		for seen := int64(0); ctx.Err() == nil; {
			o, err := poll(ctx, p.url, "stuck", seen, noon)
			if err != nil {
				return
			}
			seen = o.Order
		}
	}()
	p.advance("3h")
	stop()
	<-over
}

func TestClockRefusesAnEndlessInstant(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	f := p.follow("busy")
	f.dies = func(o order) bool { // not at all: it calls the platform in every order
		if o.Frozen {
			p.api("GET", "getcallbackip?access_token="+token, "")
		}
		return false
	}
	status, text := p.request("POST", "/sim/clock", `{"advance":"1h"}`)
	if status != http.StatusConflict || !strings.Contains(text, "keep each other busy") {
		t.Errorf("%d %s", status, text)
	}
	if frozen := p.control("GET", "clock", "").text("frozen"); frozen != "false" {
		t.Errorf("frozen: %s", frozen)
	}
}

func TestFirstPollAnswersAtOnce(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	o, err := poll(t.Context(), p.url, "x", 0, time.Time{})
	if err != nil || o.Order == 0 || o.Frozen || o.Now.Before(noon) {
		t.Errorf("%+v %v", o, err)
	}
	for _, bad := range []string{`{}`, `x`, `{"follower":"x","next":"soon"}`} {
		if status, _ := p.request("POST", "/sim/clock/follow", bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, status)
		}
	}
}

// TestFansWhileTheClockMoves lets many fans act while the clock is moved again and again. Nothing is lost, and the instants
// in each inbox rise.
func TestFansWhileTheClockMoves(t *testing.T) {
	const fans, rounds = 32, 6
	p := start(t, simulator.Config{Start: noon})
	p.run()
	f := p.follow("service")
	p.back.reply(func(r received, _ int) string {
		f.at(noon, func(time.Time) {})
		return replyXML(r, r.field["Content"])
	})
	var wg sync.WaitGroup
	for i := range fans {
		wg.Go(func() {
			for n := range rounds {
				p.do(fmt.Sprint("fan", i), fmt.Sprintf(`{"text":"%d"}`, n))
			}
		})
	}
	for range 4 {
		p.advance("12h")
	}
	wg.Wait()
	for i := range fans {
		got := p.stamped(fmt.Sprint("fan", i))
		if len(got) != rounds || !slices.IsSorted(got) || !strings.HasSuffix(got[rounds-1], fmt.Sprint(rounds-1)) {
			t.Errorf("fan%d: %v", i, got)
		}
	}
}
