package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/scheduler"
	"fanflow/scheduler/outbox"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const appID = "wx00000000000000aa"

// rig is an outbox with a runner on a store in memory, sending to a played platform over a socket. The platform's clock is
// everybody's.
type rig struct {
	t        *testing.T
	sim      *simulator.Server
	url      string
	store    *mem.Store
	outbox   *outbox.Outbox
	runner   *scheduler.Runner
	quiet    func(context.Context, store.FanID) error
	tell     func(context.Context, store.Send) []store.Job
	before   func(context.Context, store.Send, *store.Fan) (outbox.Ruling, error)
	as       func(*outbox.Account) // what the outbox takes the account for; nil: a verified service account
	through  store.Store           // what the outbox sees of store; nil: store itself
	mu       sync.Mutex
	observed []string
	log      bytes.Buffer
}

func newRig(t *testing.T, change ...func(*simulator.Config)) *rig {
	t.Helper()
	c := simulator.Config{
		Start: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), // noon in Shanghai
		Accounts: []simulator.Account{{
			Name: "shop", Type: "service", AppID: appID, AppSecret: "secret", Token: "token", Verified: true, Templates: []string{"T-COUPON"},
		}},
	}
	for _, f := range change {
		f(&c)
	}
	sim, err := simulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim)
	g := &rig{t: t, sim: sim, url: srv.URL, store: mem.New()}
	t.Cleanup(func() {
		srv.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	g.restart()
	return g
}

// restart puts a new outbox and runner on the same store, as a new process would.
func (g *rig) restart() {
	g.t.Helper()
	logger := slog.New(slog.NewTextHandler(writer{g}, nil))
	var st store.Store = g.store
	if g.through != nil {
		st = g.through
	}
	a := outbox.Account{
		Name: "shop", Type: "service", Verified: true, Templates: map[string]string{"COUPON": "T-COUPON"},
		Client: api.New(api.Config{AppID: appID, Secret: "secret", BaseURL: g.url, Now: g.sim.Now, Logger: logger}),
	}
	if g.as != nil {
		g.as(&a)
	}
	var err error
	g.outbox, err = outbox.New(outbox.Config{
		Store: st, Now: g.sim.Now, Logger: logger, Accounts: []outbox.Account{a},
		Quiet: func(ctx context.Context, fan store.FanID) error {
			if g.quiet == nil {
				return nil
			}
			return g.quiet(ctx, fan)
		},
		Tell: func(ctx context.Context, s store.Send) []store.Job {
			if g.tell == nil {
				return nil
			}
			return g.tell(ctx, s)
		},
		Before: func(ctx context.Context, s store.Send, fan *store.Fan) (outbox.Ruling, error) {
			if g.before == nil {
				return outbox.Ruling{}, nil
			}
			return g.before(ctx, s, fan)
		},
		Observe: func(account, channel string, status store.Status) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.observed = append(g.observed, channel+" "+string(status))
		},
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.runner, err = scheduler.New(scheduler.Config{
		Store: g.store, Now: g.sim.Now, Logger: logger,
		Workers: map[string]scheduler.Worker{"send": g.outbox.Send, "broadcast": g.outbox.Broadcast},
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

type writer struct{ g *rig }

func (w writer) Write(p []byte) (int, error) {
	w.g.mu.Lock()
	defer w.g.mu.Unlock()
	return w.g.log.Write(p)
}

// request makes a control call of the platform's.
func (g *rig) request(method, path string, body any) []byte {
	g.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		g.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, bytes.NewReader(b))
	if err != nil {
		g.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		g.t.Fatalf("%s %s: %s %s %v", method, path, res.Status, text, err)
	}
	return text
}

func (g *rig) do(fan string, action map[string]any) {
	g.t.Helper()
	g.request("POST", "/sim/"+appID+"/fans/"+fan+"/do", action)
}

func (g *rig) fault(f map[string]any) {
	g.t.Helper()
	f["on"] = "api"
	g.request("POST", "/sim/"+appID+"/faults", f)
}

// advance moves the clock on and does what is due then.
func (g *rig) advance(d string) {
	g.t.Helper()
	g.request("POST", "/sim/clock", map[string]string{"advance": d})
	g.settle()
}

func (g *rig) settle() {
	g.t.Helper()
	if _, err := g.runner.Settle(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
}

// inbox is what the fan got: kind and content or data of each.
func (g *rig) inbox(fan string) []string {
	g.t.Helper()
	var list struct{ Items []simulator.Item }
	if err := json.Unmarshal(g.request("GET", "/sim/"+appID+"/fans/"+fan+"/inbox", nil), &list); err != nil {
		g.t.Fatal(err)
	}
	var got []string
	for _, i := range list.Items {
		got = append(got, strings.TrimSpace(i.Kind+" "+i.Content+i.Data["thing1"]))
	}
	return got
}

func (g *rig) expectInbox(fan string, want ...string) {
	g.t.Helper()
	if got := g.inbox(fan); !slices.Equal(got, want) {
		g.t.Errorf("inbox of %s: %q, want %q", fan, got, want)
	}
}

func id(fan string) store.FanID { return store.FanID{Account: "shop", OpenID: fan} }

var causes int

// commit writes a blind Change, or one on the fan's revision where that is needed.
func (g *rig) commit(fan string, c store.Change) {
	g.t.Helper()
	snap, err := g.store.Load(g.t.Context(), id(fan), "")
	if err != nil {
		g.t.Fatal(err)
	}
	causes++
	c.Fan, c.Base, c.At, c.Cause = id(fan), snap.Fan.Rev, g.sim.Now(), fmt.Sprintf("%08x-test-%d", g.sim.Now().Unix(), causes)
	if _, err := g.store.Commit(g.t.Context(), c); err != nil {
		g.t.Fatal(err)
	}
}

// follow makes the fan a follower here and there.
func (g *rig) follow(fan string, more ...store.Entry) {
	g.t.Helper()
	g.do(fan, map[string]any{"subscribe": map[string]any{}})
	g.commit(fan, store.Change{Entries: append([]store.Entry{{Kind: store.Subscribed, Created: g.sim.Now()}}, more...)})
}

// writes lets the fan write a message, which opens the window here and there.
func (g *rig) writes(fan string) {
	g.t.Helper()
	g.do(fan, map[string]any{"text": "hi"})
	now := g.sim.Now()
	w := store.Window{Trigger: "message", Opened: now, Until: now.Add(48 * time.Hour), Left: 5}
	g.commit(fan, store.Change{Entries: []store.Entry{{Kind: store.Heard, Name: "text"}, {Kind: store.WindowOpened, Window: &w}}})
}

// order commits a send and its job, as a decision does.
func (g *rig) order(fan, sendID, channel string, m wechat.Outgoing, change ...func(*store.Send)) {
	g.t.Helper()
	content, err := json.Marshal(m)
	if err != nil {
		g.t.Fatal(err)
	}
	now := g.sim.Now()
	s := store.Send{
		ID: sendID, Account: "shop", OpenID: fan, Channel: channel, Purpose: "service", Status: store.Waiting, Content: content, Created: now, Due: now,
	}
	for _, f := range change {
		f(&s)
	}
	g.commit(fan, store.Change{
		Entries: []store.Entry{{Kind: store.Ordered, Send: sendID, Channel: channel}},
		Sends:   []store.Send{s},
		Jobs:    []store.Job{{ID: sendID, Account: "shop", OpenID: fan, Kind: "send", Due: s.Due}},
	})
}

func (g *rig) send(sendID string) store.Send {
	g.t.Helper()
	s, err := g.store.Send(g.t.Context(), "shop", sendID)
	if err != nil {
		g.t.Fatalf("send %s: %v", sendID, err)
	}
	return s
}

// expect checks a send's status, and its reason by a part of it. A waiting send has a job, an ended one has none.
func (g *rig) expect(sendID string, status store.Status, why string) {
	g.t.Helper()
	s := g.send(sendID)
	if s.Status != status || !strings.Contains(s.Reason, why) || why == "" && s.Reason != "" {
		g.t.Errorf("send %s is %s (%q), want %s (%q)", sendID, s.Status, s.Reason, status, why)
	}
	_, err := g.store.Job(g.t.Context(), "shop", sendID)
	if open := status == store.Waiting || status == store.InFlight; open != (err == nil) {
		g.t.Errorf("the job of send %s, which is %s: %v", sendID, s.Status, err)
	}
}

func (g *rig) job(jobID string) store.Job {
	g.t.Helper()
	j, err := g.store.Job(g.t.Context(), "shop", jobID)
	if err != nil {
		g.t.Fatalf("job %s: %v", jobID, err)
	}
	return j
}

func (g *rig) left(fan string) int {
	g.t.Helper()
	snap, err := g.store.Load(g.t.Context(), id(fan), "")
	if err != nil {
		g.t.Fatal(err)
	}
	n := 0
	for _, w := range snap.Fan.Windows {
		n += w.Left
	}
	return n
}

// journal are the kinds of the fan's rows that concern a send.
func (g *rig) journal(fan, sendID string) []string {
	g.t.Helper()
	rows, _, err := g.store.Journal(g.t.Context(), id(fan), 0, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		if r.Send == sendID {
			got = append(got, strings.TrimSpace(string(r.Kind)+" "+r.Name))
		}
	}
	return got
}

func (g *rig) quota(name string) store.Quota {
	g.t.Helper()
	list, err := g.outbox.Quotas(g.t.Context(), "shop")
	if err != nil {
		g.t.Fatal(err)
	}
	for _, q := range list {
		if q.Quota == name {
			return q
		}
	}
	g.t.Fatalf("no quota %s in %+v", name, list)
	return store.Quota{}
}

func coupon(words string) wechat.Outgoing {
	return wechat.Outgoing{Template: &wechat.Template{Name: "COUPON", Data: map[string]string{"thing1": words}}}
}
