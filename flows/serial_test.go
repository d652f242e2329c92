package flows_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// serialFlow counts, moves, tells and arms: what could go wrong if two decisions on one fan met.
const serialFlow = `return flow { name = "serial", triggers = { text = { "in" } }, again = "0s", first = "a",
	funnel = { "a", "b", "c" }, exit = { webhook = { ["stop"] = "c" } },
	states = {
		a = { enter = { set = { ["vars.n"] = "0" }, reply = "a" }, after = { ["2s"] = { add = { ["vars.n"] = 1 }, to = "b" } },
			on = { text = { go = "b", ["*"] = { add = { ["vars.n"] = 1 }, tag = "${event.text}", reply = "${vars.n}" } } } },
		b = { enter = { run = function(fan) fan.attrs.seen = (fan.attrs.seen or 0) + 1; fan:reply("b " .. fan.attrs.seen) end },
			after = { ["3s"] = { message = "still b" }, ["5s"] = "c" },
			on = { text = { go = "c", ["*"] = { reply = "${event.text} in b" } } } },
		c = { final = true, enter = { goal = "end", reply = "c" } },
	} }`

const serialHears = `return flow { name = "hears", triggers = { tag = { "*" } }, again = "0s", first = "a",
	states = { a = { enter = { set = { heard = "${event.name}" } }, final = true } } }`

const (
	serialClients = 64
	serialFans    = 10
	serialEach    = 12 // pushes of a client
)

// done is a push or a job that a decision was made on, with the answer.
type done struct {
	fan   string
	push  *wechat.Push
	job   *store.Job
	reply wechat.Reply
}

// TestSerial: 64 clients write for the same ten fans, repeat what they wrote, and let timers fire between. What comes of it is
// what comes of the same events one after the other, in the order of the journals; and every push is answered once. Paragraphs
// of design.md: "Which push is which", "One message's way".
func TestSerial(t *testing.T) {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "data"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := modelWorld(t, s, time.Time{})
	w.flow(serialFlow)
	w.publish(store.KindFlow, "hears.lua", serialHears)
	var mu sync.Mutex
	all := map[string]*done{}
	note := func(cause string, d *done) {
		mu.Lock()
		defer mu.Unlock()
		if was := all[cause]; was != nil {
			if d.push != nil && was.reply.Content != d.reply.Content {
				t.Errorf("one push was answered %q and %q", was.reply.Content, d.reply.Content)
			}
			return
		}
		all[cause] = d
	}
	var clients sync.WaitGroup
	for c := range serialClients {
		clients.Go(func() { serialClient(t, w, c, note) })
	}
	stop := make(chan struct{})
	var jobs sync.WaitGroup
	for range 4 {
		jobs.Go(func() { serialJobs(t, w, stop, note) })
	}
	clients.Wait()
	close(stop)
	jobs.Wait()
	for range 5 { // on a busy machine the clients may be done before a timer has come: now there is time
		for i := range serialFans {
			serialReceive(t, w, w.push(fmt.Sprint("fan", i), "text", "", "", &wechat.Text{Content: "in"}), note)
		}
		w.set(w.clock().Add(10 * time.Second))
		serialJobs(t, w, stop, note)
	}
	compareSerial(t, w, all)
}

// serialClient writes, and writes each third thing again at once.
func serialClient(t *testing.T, w *world, c int, note func(string, *done)) {
	words := []string{"in", "go", "x", "y", "in", "z"}
	random := rand.New(rand.NewPCG(uint64(c), 0))
	for i := range serialEach {
		fan := fmt.Sprint("fan", random.IntN(serialFans))
		p := w.push(fan, "text", "", "", &wechat.Text{Content: pick(random, words)})
		var again sync.WaitGroup
		for range 1 + (c+i)%3/2 {
			again.Go(func() { serialReceive(t, w, p, note) })
		}
		again.Wait()
		if i%4 == 3 { // time passes for all: timers fall due
			w.mu.Lock()
			w.now = w.now.Add(time.Second)
			w.mu.Unlock()
		}
	}
}

func serialReceive(t *testing.T, w *world, p *wechat.Push, note func(string, *done)) {
	reply, err := w.engine.Receive(t.Context(), account, p)
	if err != nil {
		t.Errorf("receive: %v", err)
		return
	}
	note(p.Key(), &done{fan: p.FromUserName, push: p, reply: reply})
}

// serialJobs does what is due, twice at times, as after a crash, until there is nothing and stop is closed.
func serialJobs(t *testing.T, w *world, stop chan struct{}, note func(string, *done)) {
	for n := 0; ; n++ {
		jobs, err := w.store.Lease(t.Context(), store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: fmt.Sprint("worker", n), Max: 5})
		if err != nil {
			t.Errorf("lease: %v", err)
			return
		}
		for _, j := range jobs {
			if j.Kind == "send" {
				continue // it stays leased: what is sent is not this test's
			}
			if err := w.engine.Wake(t.Context(), j); err != nil {
				t.Errorf("wake %s: %v", j.ID, err)
			}
			if n%3 == 0 {
				if err := w.engine.Wake(t.Context(), j); err != nil {
					t.Errorf("wake %s again: %v", j.ID, err)
				}
			}
			note(j.ID, &done{fan: j.OpenID, job: &j})
		}
		if len(jobs) > 0 {
			continue
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}

// compareSerial does the same on a store in memory, one after the other in the order of the decisions, at their times.
func compareSerial(t *testing.T, w *world, all map[string]*done) {
	t.Helper()
	type place struct {
		at    time.Time
		rev   uint64
		fan   string
		cause string
	}
	var order []place
	fired, told := 0, 0
	for i := range serialFans {
		fan := fmt.Sprint("fan", i)
		seen := map[string]bool{}
		for _, row := range w.journal(fan) {
			if !seen[row.Cause] {
				seen[row.Cause] = true
				order = append(order, place{row.At, row.Rev, fan, row.Cause})
			}
		}
		pushes := 0
		for cause, d := range all {
			if d.fan == fan && d.push != nil {
				pushes++
				if !seen[cause] {
					t.Errorf("a push of %s left no trace", fan)
				}
			}
		}
		if heard := w.rows(fan, store.Heard); len(heard) != pushes {
			t.Errorf("%s: %d pushes were heard, %d were made", fan, len(heard), pushes)
		}
		fired += len(w.rows(fan, store.Fired))
		told += w.fan(fan).Past["hears"].Count
	}
	if fired < serialFans || told < serialFans {
		t.Errorf("%d timers fired, and %d tags were told: the test shows little", fired, told)
	}
	slices.SortFunc(order, func(a, b place) int { return cmp.Or(cmp.Compare(a.fan, b.fan), cmp.Compare(a.rev, b.rev)) })
	one := modelWorld(t, mem.New(), w.clock())
	one.flow(serialFlow)
	one.publish(store.KindFlow, "hears.lua", serialHears)
	for _, p := range order {
		d := all[p.cause]
		if d == nil {
			t.Fatalf("%s was decided on for %s, and nobody asked for it", p.cause, p.fan)
		}
		one.set(p.at)
		if d.job != nil {
			if err := one.engine.Wake(t.Context(), *d.job); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := one.receive(d.push); got.Content != d.reply.Content {
			t.Errorf("the answer to %s was %q; one after the other it is %q", p.fan, d.reply.Content, got.Content)
		}
	}
	for i := range serialFans {
		fan := fmt.Sprint("fan", i)
		got, want := w.fan(fan), one.fan(fan)
		if g, m := asJSON(t, got), asJSON(t, want); g != m {
			t.Errorf("%s\n    is %s\nserial %s", fan, g, m)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
