package flows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

const (
	account = "shop"
	apology = "系统开小差了,请稍后再试。"
)

// world is an engine over a store in memory, with a clock that the test moves and a due-queue that it empties.
type world struct {
	t      *testing.T
	store  store.Store
	engine *flows.Engine
	ids    atomic.Int64

	mu    sync.Mutex
	now   time.Time
	seen  []flows.Observation
	extra []*wechat.Push // that concern the account
	sent  []store.Send   // in the order they fell due
}

// newWorld begins on Monday, 2026-11-02, 21:30 in Shanghai.
func newWorld(t *testing.T) *world { return newWorldOn(t, mem.New()) }

func newWorldOn(t *testing.T, s store.Store) *world {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: s, now: time.Date(2026, 11, 2, 21, 30, 0, 0, zone)}
	w.engine, err = flows.New(flows.Config{
		Store: s, Now: w.clock, Limits: sandbox.Limits{Time: time.Minute}, // a busy machine ends no script
		Accounts: []flows.Account{{
			Name: account, Location: zone, Apology: apology, Type: "service", Customer: true, Fallback: "fallback",
			Templates: map[string]string{"COUPON_EXPIRING": "TEMPLATE-1"},
		}},
		Observe: func(o flows.Observation) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, o)
		},
		OnAccountPush: func(_ string, p *wechat.Push) { w.extra = append(w.extra, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.replays)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) last() flows.Observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[len(w.seen)-1]
}

// publish pushes and publishes a script.
func (w *world) publish(kind, file, source string) store.Publication {
	w.t.Helper()
	s, err := w.engine.Push(w.t.Context(), account, kind, file, source, "test")
	if err != nil {
		w.t.Fatalf("push %s: %v", file, err)
	}
	p, err := w.engine.Publish(w.t.Context(), s.ScriptID, s.Version, "test")
	if err != nil {
		w.t.Fatalf("publish %s: %v", file, err)
	}
	return p
}

// flow publishes a flow of one test.
func (w *world) flow(source string) { w.t.Helper(); w.publish(store.KindFlow, "test.lua", source) }

// coupon publishes the flow of the design with its plugins.
func (w *world) coupon() {
	w.t.Helper()
	w.publish(store.KindPlugin, "shops.lua", read(w.t, filepath.Join("..", "examples", "plugins", "shops.lua")))
	w.publish(store.KindPlugin, "stock.lua", read(w.t, filepath.Join("testdata", "plugins", "stock.lua"))) // ten codes only
	w.publish(store.KindFlow, "coupon.lua", read(w.t, filepath.Join("testdata", "coupon", "coupon.lua")))
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (w *world) push(fan, msgType, event, key string, body wechat.Body) *wechat.Push {
	p := &wechat.Push{
		ToUserName: "gh_1", FromUserName: fan, CreateTime: w.clock().Unix(), MsgType: msgType, Event: event, EventKey: key, Body: body,
	}
	id := fmt.Sprint(w.ids.Add(1))
	if msgType != "event" {
		p.MsgID = id
	} else {
		p.CreateTime += w.ids.Load() // two taps of a test are two
	}
	return p
}

func (w *world) receive(p *wechat.Push) wechat.Reply {
	w.t.Helper()
	r, err := w.engine.Receive(w.t.Context(), account, p)
	if err != nil {
		w.t.Fatalf("receive %s %s: %v", p.MsgType, p.Event, err)
	}
	w.engine.Written(account, p)
	return r
}

func (w *world) text(fan, s string) string {
	w.t.Helper()
	return w.receive(w.push(fan, "text", "", "", &wechat.Text{Content: s})).Content
}

func (w *world) subscribe(fan, scene string) string {
	w.t.Helper()
	return w.receive(w.push(fan, "event", "subscribe", "", &wechat.Subscribe{Scene: scene})).Content
}

func (w *world) unsubscribe(fan string) {
	w.t.Helper()
	w.receive(w.push(fan, "event", "unsubscribe", "", &wechat.Unsubscribe{}))
}

func (w *world) scan(fan, scene string) string {
	w.t.Helper()
	return w.receive(w.push(fan, "event", "SCAN", scene, &wechat.Scan{Scene: scene})).Content
}

func (w *world) click(fan, key string) string {
	w.t.Helper()
	return w.receive(w.push(fan, "event", "CLICK", key, &wechat.Click{Key: key})).Content
}

func (w *world) place(fan string, lat, lon float64) string {
	w.t.Helper()
	return w.receive(w.push(fan, "location", "", "", &wechat.Location{Latitude: lat, Longitude: lon, Label: "here"})).Content
}

// advance walks through every due instant up to d from now.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	until := w.clock().Add(d)
	for {
		w.settle()
		next, err := w.store.NextDue(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if next.IsZero() || next.After(until) {
			break
		}
		w.set(next)
	}
	w.set(until)
}

func (w *world) set(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = t
}

// settle does what is due, until nothing is. Sends are accepted at once.
func (w *world) settle() {
	w.t.Helper()
	ctx := w.t.Context()
	for {
		jobs, err := w.store.Lease(ctx, store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: "test", Max: 10})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			w.do(ctx, j)
		}
	}
}

func (w *world) do(ctx context.Context, j store.Job) {
	w.t.Helper()
	if j.Kind == "send" {
		s, err := w.store.Send(ctx, j.Account, j.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		s.Status, s.SentAt, s.MsgID = store.Sent, w.clock(), w.ids.Add(1)
		_, err = w.store.Commit(ctx, store.Change{
			Fan: j.Fan(), Base: store.AnyRev, Cause: j.ID, At: w.clock(), Done: []string{j.ID}, Sends: []store.Send{s},
			Entries: []store.Entry{{Kind: store.Settled, Send: s.ID, Channel: s.Channel, Name: string(s.Status)}},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.sent = append(w.sent, s)
		return
	}
	if err := w.engine.Wake(ctx, j); err != nil {
		_, err := w.store.Commit(ctx, store.Change{
			Fan: store.FanID{Account: j.Account}, Cause: fmt.Sprintf("%s#%d@%d", j.ID, j.Attempt+1, w.clock().UnixMilli()), At: w.clock(),
			Snooze: []store.Snooze{{Job: j.ID, Due: w.clock().Add(time.Second), Attempt: j.Attempt + 1, Why: err.Error()}},
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) fan(openID string) store.Fan {
	w.t.Helper()
	s, err := w.store.Load(w.t.Context(), store.FanID{Account: account, OpenID: openID}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Fan
}

// state is the state that the fan is in, "" if in none.
func (w *world) state(openID, flow string) string {
	w.t.Helper()
	f := w.fan(openID)
	if n := f.Enrolled(flow); n != nil {
		return n.State
	}
	return ""
}

func (w *world) journal(openID string) []store.Row {
	w.t.Helper()
	rows, _, err := w.store.Journal(w.t.Context(), store.FanID{Account: account, OpenID: openID}, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// rows gives the fan's journal rows of a kind.
func (w *world) rows(openID string, kind store.Kind) (out []store.Row) {
	w.t.Helper()
	for _, r := range w.journal(openID) {
		if r.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// said are the texts that went out beside passive replies, in order.
func (w *world) said() (out []string) {
	w.t.Helper()
	for _, s := range w.sent {
		var m wechat.Outgoing
		if err := json.Unmarshal(s.Content, &m); err != nil {
			w.t.Fatal(err)
		}
		switch {
		case m.Template != nil:
			out = append(out, "template "+m.Template.Name)
		case len(m.Articles) > 0:
			out = append(out, "news "+m.Articles[0].Title)
		default:
			out = append(out, m.Text)
		}
	}
	return out
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// replays decides everything again that the fans' journals hold: every test of flows is one of replay, too.
func (w *world) replays() {
	fans, _, err := w.store.List(context.Background(), account, store.FanFilter{}, "", 50)
	if errors.Is(err, store.ErrClosed) {
		return
	}
	if err != nil {
		w.t.Error(err)
	}
	for i := range fans {
		r, err := w.engine.Replay(context.Background(), fans[i].ID, 0)
		if err != nil {
			w.t.Errorf("replay %s: %v", fans[i].ID, err)
		} else if !r.Equal {
			w.t.Errorf("replay %s: %s", fans[i].ID, r.Why)
		}
	}
}
