package flows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/wechat"
)

// replay plays the fan's journal again.
func (w *world) replay(openID string, until uint64) *flows.Replay {
	w.t.Helper()
	r, err := w.engine.Replay(w.t.Context(), store.FanID{Account: account, OpenID: openID}, until)
	if err != nil {
		w.t.Fatalf("replay %s: %v", openID, err)
	}
	return r
}

// decided counts the steps of a replay that were decided again.
func decided(r *flows.Replay) (n int) {
	for _, s := range r.Steps {
		if !s.Folded {
			n++
		}
	}
	return n
}

const dice = `return { name = "dice", roll = function(n) return math.random(n) + %d end }`

// journey is a flow that draws, counts, reads, reminds, and tells another flow.
const journey = `
local kv, dice = require "kv", require "dice"
return flow { name = "journey", triggers = { subscribe = true, text = { "go" } }, again = "1d", first = "ask", states = {
	ask = {
		enter = { run = function(fan)
			fan.vars.n = kv.increment("fans", 1)
			fan.vars.luck = dice.roll(6)
			fan.vars.seen = kv.get("seen")
			kv.set("seen", fan.vars.n)
			fan:reply("%s " .. fan.vars.n)
		end },
		on = { text = { ["1"] = "won", ["*"] = { reply = "1?", tag = "asked" } } },
		after = { ["%s"] = "late" },
	},
	won = { enter = { tag = "winner", message = "well done", goal = "won" }, after = { ["2h"] = "done" }, leave = { untag = "asked" } },
	late = { enter = { send = "still there?" }, on = { text = { ["*"] = "done" } }, after = { ["1d"] = "done" } },
	done = { final = true },
} }`

const cheers = `return flow { name = "cheers", triggers = { tag = { "winner" } }, again = "1h", first = "s", states = {
	s = { enter = { set = { cheered = true } }, on = { text = { ["bye"] = "e" } }, after = { ["3d"] = "e" } }, e = { final = true } } }`

// TestReplay: the whole path of each of many fans, over three publications, a pause and another version of a plugin, is decided
// again and comes out the same, byte for byte; so it does after the old part of each journal was let go.
func TestReplay(t *testing.T) {
	const fans, steps = 1000, 12
	w := newWorld(t)
	w.publish(store.KindPlugin, "dice.lua", fmt.Sprintf(dice, 0))
	w.publish(store.KindFlow, "journey.lua", fmt.Sprintf(journey, "n", "1d"))
	w.publish(store.KindFlow, "cheers.lua", cheers)
	rnd := rand.New(rand.NewPCG(4, 4))
	fan := func() string { return fmt.Sprintf("fan-%04d", rnd.IntN(fans)) }
	says := []string{"go", "1", "?", "bye", "2"}
	for i := range steps {
		for range fans / 2 {
			switch f := fan(); rnd.IntN(12) {
			case 0, 1, 2:
				w.subscribe(f, "")
			case 3:
				w.unsubscribe(f)
			case 4:
				w.place(f, 31.2, 121.4)
			default:
				w.text(f, says[rnd.IntN(len(says))])
			}
		}
		w.advance(time.Duration(rnd.IntN(16)) * time.Hour)
		switch i {
		case 3:
			w.publish(store.KindFlow, "journey.lua", fmt.Sprintf(journey, "number", "12h"))
		case 5:
			w.publish(store.KindPlugin, "dice.lua", fmt.Sprintf(dice, 10))
		case 7:
			w.publish(store.KindFlow, "journey.lua", fmt.Sprintf(journey, "no.", "12h"))
		case 9:
			if err := w.engine.Pause(t.Context(), account, "cheers", "a look at it"); err != nil {
				t.Fatal(err)
			}
		}
	}
	ids, again := []string{}, 0
	for i := range fans {
		id := fmt.Sprintf("fan-%04d", i)
		if w.fan(id).Rev == 0 {
			continue
		}
		ids = append(ids, id)
		r := w.replay(id, 0)
		if !r.Equal || r.Hash == "" || r.Hash != r.Stored {
			t.Fatalf("%s: %s", id, r.Why)
		}
		again += decided(r)
	}
	if len(ids) < fans*9/10 || again < 6*fans {
		t.Fatalf("%d fans, %d steps decided again: too few to show anything", len(ids), again)
	}
	for _, id := range ids { // half of each journal goes
		rows := w.journal(id)
		cut := rows[len(rows)/2].Rev
		base := store.Fan{ID: store.FanID{Account: account, OpenID: id}}
		for _, g := range slices.Collect(chunks(rows)) {
			if g[0].Rev >= cut {
				break
			}
			base = folded(t, base, g)
		}
		if err := w.store.Trim(t.Context(), base); err != nil {
			t.Fatal(err)
		}
		if r := w.replay(id, 0); !r.Equal || r.From != base.Seq || r.Hash != r.Stored {
			t.Fatalf("%s from row %d: %s", id, r.From, r.Why)
		}
	}
}

// chunks gives the rows of one revision at a time.
func chunks(rows []store.Row) func(yield func([]store.Row) bool) {
	return func(yield func([]store.Row) bool) {
		for from := 0; from < len(rows); {
			to := from
			for to < len(rows) && rows[to].Rev == rows[from].Rev {
				to++
			}
			if !yield(rows[from:to]) {
				return
			}
			from = to
		}
	}
}

func folded(t *testing.T, f store.Fan, rows []store.Row) store.Fan {
	t.Helper()
	c := store.Change{Fan: f.ID, Cause: rows[0].Cause, At: rows[0].At}
	for _, r := range rows {
		c.Entries = append(c.Entries, r.Entry)
	}
	f.Rev = rows[0].Rev - 1
	a, err := store.Apply(f, c)
	if err != nil {
		t.Fatal(err)
	}
	return a.Fan
}

// forged shows a journal that somebody has changed.
type forged struct {
	store.Store
	change func(r *store.Row) (keep bool)
}

func (s forged) Journal(ctx context.Context, fan store.FanID, after uint64, limit int) ([]store.Row, uint64, error) {
	rows, next, err := s.Store.Journal(ctx, fan, after, limit)
	kept := rows[:0]
	for i := range rows {
		if s.change(&rows[i]) {
			kept = append(kept, rows[i])
		}
	}
	return kept, next, err
}

// TestReplayFindsWhatWasChanged: a row that is not as it was written does not go unseen, whichever it is.
func TestReplayFindsWhatWasChanged(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindPlugin, "dice.lua", fmt.Sprintf(dice, 0))
	w.publish(store.KindFlow, "journey.lua", fmt.Sprintf(journey, "n", "1d"))
	w.subscribe("fan", "")
	w.text("fan", "hm")
	w.text("fan", "1")
	w.advance(3 * time.Hour)
	if r := w.replay("fan", 0); !r.Equal || decided(r) != 4 {
		t.Fatalf("%d steps decided again, %s", decided(r), r.Why)
	}
	first := func(kind store.Kind, change func(r *store.Row)) func(*store.Row) bool {
		return func(r *store.Row) bool {
			if r.Kind == kind {
				change(r)
			}
			return true
		}
	}
	for name, c := range map[string]struct {
		change func(r *store.Row) bool
		want   string
	}{
		"a tag":              {first(store.Tagged, func(r *store.Row) { r.Name = "rich" }), "comes out as"},
		"what the fan said":  {first(store.Heard, func(r *store.Row) { r.Text = "2" }), "comes out as"},
		"a variable":         {first(store.VarSet, func(r *store.Row) { r.Value = json.RawMessage("99") }), "comes out as"},
		"a reason":           {first(store.Replied, func(r *store.Row) { r.Why = "because" }), "comes out as"},
		"the time of a step": {first(store.Fired, func(r *store.Row) { r.Due = r.Due.Add(time.Second) }), "comes out as"},
		"a trace": {first(store.Decided, func(r *store.Row) {
			r.Value = json.RawMessage(strings.Replace(string(r.Value), `"sum":"`, `"sum":"0`, 1))
		}), "differs"},
		"a trace that is none": {first(store.Decided, func(r *store.Row) { r.Value = json.RawMessage(`[1]`) }), "cannot be read"},
		"a row that is gone":   {func(r *store.Row) bool { return r.Kind != store.VarSet }, "stands where row"},
		"the last ones gone":   {func(r *store.Row) bool { return r.Seq < 12 }, "it ends with row 11"},
		"an impossible state":  {first(store.Entered, func(r *store.Row) { r.No = 7 }), "is not in enrollment 7"},
		"a settled send":       {first(store.Settled, func(r *store.Row) { r.Kind = store.OptedOut }), "another fan than the one that is stored"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngineOn(t, forged{w.store, c.change}, w.clock)
			r, err := e.Replay(t.Context(), store.FanID{Account: account, OpenID: "fan"}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if r.Equal || !strings.Contains(r.Why, c.want) {
				t.Errorf("equal %v, %q; want it to say %q", r.Equal, r.Why, c.want)
			}
		})
	}
}

func newEngineOn(t *testing.T, s store.Store, now func() time.Time, change ...func(*flows.Account)) *flows.Engine {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	a := flows.Account{
		Name: account, Location: zone, Apology: apology, Type: "service", Fallback: "fallback",
		Templates: map[string]string{"COUPON_EXPIRING": "TEMPLATE-1"},
	}
	for _, c := range change {
		c(&a)
	}
	e, err := flows.New(flows.Config{Store: s, Now: now, Accounts: []flows.Account{a}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestReplayHasTheSettingsOfThen: what the configuration said when a step was decided is kept, and used again.
func TestReplayHasTheSettingsOfThen(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "f", triggers = { text = { "x" } }, again = "0s", first = "s", states = {
		s = { enter = { run = function(fan) error("no") end }, after = { ["1d"] = "e" } }, e = { final = true } } }`)
	expect(t, "apology", w.text("fan", "x"), apology)
	w.engine = newEngineOn(t, w.store, w.clock, func(a *flows.Account) { a.Apology, a.Location = "sorry", time.UTC })
	expect(t, "apology", w.text("fan", "x"), "sorry")
	r := w.replay("fan", 0)
	expect(t, "equal", r.Equal, true)
	expect(t, "decided again", decided(r), 2)
	expect(t, "kept", len(must(w.store.Settings(t.Context(), "flows/config/"+account+"/"))), 2)
	for name := range must(w.store.Settings(t.Context(), "flows/config/")) {
		if err := w.store.SetSetting(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	r = w.replay("fan", 0)
	expect(t, "equal without the first", r.Equal, true)
	expect(t, "decided again without the first", decided(r), 1)
	expect(t, "why", r.Steps[0].Why, "the account's settings of then are not kept")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // only the tests' own stores come here
	}
	return v
}

// TestReplayOfDocuments: pushes are kept as the documents that came, whatever is in them, and read again.
func TestReplayOfDocuments(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "f", triggers = { text = { "*" }, event = { "*" } }, again = "0s", first = "s", states = {
		s = { enter = { run = function(fan, event) fan.vars.raw = event.raw; fan.vars.size = #(event.text or "") end },
			on = { text = { ["*"] = { reply = "again" } }, event = { ["*"] = { set = { e = "${event.name}" } } } }, after = { ["1d"] = "e" } }, e = { final = true } } }`)
	head := func(n int) string {
		return fmt.Sprintf("<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[fan]]></FromUserName><CreateTime>%d</CreateTime>", w.clock().Unix()+int64(n))
	}
	noise := func(n int) string { // that no packing shortens by much
		rnd, b := rand.New(rand.NewPCG(1, 1)), make([]byte, n)
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[rnd.IntN(64)]
		}
		return string(b)
	}
	docs := map[string]string{
		"short":          "<xml>" + head(1) + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好 <\"&]]></Content><MsgId>1</MsgId></xml>",
		"unknown":        "<xml>" + head(2) + "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_change_event]]></Event><New><Part>1</Part></New></xml>",
		"long":           "<xml>" + head(3) + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + strings.Repeat("很长", 3000) + "]]></Content><MsgId>3</MsgId></xml>",
		"long and noisy": "<xml>" + head(4) + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + noise(30000) + "]]></Content><MsgId>4</MsgId></xml>",
		"not UTF-8":      "<xml>" + head(5) + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[a\xffb]]></Content><MsgId>5</MsgId></xml>",
	}
	for _, name := range []string{"short", "unknown", "long", "long and noisy", "not UTF-8"} {
		p, err := wechat.Parse([]byte(docs[name]))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w.receive(p)
		r := w.replay("fan", 0)
		last := r.Steps[len(r.Steps)-1]
		if !r.Equal || last.Cause != p.Key() {
			t.Fatalf("%s: %+v, %s", name, last.Cause, r.Why)
		}
		if name == "long and noisy" {
			expect(t, name, last.Why, "the event is too long to be kept")
		} else {
			expect(t, name, last.Folded, false)
		}
	}
}

// TestReplayUntil: a replay may end at a row.
func TestReplayUntil(t *testing.T) {
	w := newWorld(t)
	w.flow(listener("f", 0, `{ text = { "x" } }`, `{ text = { ["*"] = { reply = "y" } } }`))
	w.text("fan", "x")
	to := w.fan("fan").Seq
	w.text("fan", "z")
	r := w.replay("fan", to)
	expect(t, "steps", len(r.Steps), 1)
	expect(t, "equal", r.Equal, true)
	expect(t, "hash", r.Hash, "")
	if _, err := w.engine.Replay(t.Context(), store.FanID{Account: account, OpenID: "nobody"}, 0); err == nil {
		t.Error("nobody was replayed")
	}
}

// TestReplayHasWhatWasRead: each kind of answer from outside is kept, and a replay asks for nothing else: what the store says by
// now is of no concern.
func TestReplayHasWhatWasRead(t *testing.T) {
	w := newWorld(t)
	w.flow(`local kv = require "kv"
return flow { name = "f", triggers = { text = { "x" } }, first = "s", states = {
	s = { on = { text = {
		units = { run = function(fan) fan.vars.n = kv.increment("n", 2) end },
		key = { run = function(fan) fan.vars.k = kv.get("k") end },
		later = { run = function(fan) fan:message("again", { key = "m", after = "2d" }) end },
	} }, after = { ["9d"] = "e" } }, e = { final = true } } }`)
	set := func(value string) {
		t.Helper()
		_, err := w.store.Commit(t.Context(), store.Change{
			Fan: store.FanID{Account: account}, Cause: "set " + value, At: w.clock(), Writes: []store.KV{{Key: "k", Value: json.RawMessage(value)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(`{"a":[1,2.5,"<三>"]}`)
	for _, s := range []string{"x", "units", "key", "later", "later"} {
		w.text("fan", s)
	}
	set(`"another"`)
	w.text("other", "x")
	w.text("other", "units")
	w.advance(3 * 24 * time.Hour)
	r := w.replay("fan", 0)
	expect(t, "equal", r.Equal, true)
	expect(t, "decided again", decided(r), 5)
	kinds := map[int]bool{}
	for _, row := range w.rows("fan", store.Decided) {
		var trace struct{ Answers []struct{ Kind int } }
		if err := json.Unmarshal(row.Value, &trace); err != nil {
			t.Fatal(err)
		}
		for _, a := range trace.Answers {
			kinds[a.Kind] = true
		}
	}
	expect(t, "kinds of answers", len(kinds), 3)
}

// TestAStepThatRanOutOfTimeIsFolded: whether a script runs out of time hangs on the machine, so that a replay does not ask again.
func TestAStepThatRanOutOfTimeIsFolded(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "f", triggers = { text = "go" }, first = "s", states = { s = { enter = { run = function(fan)
		local n = 0
		for i = 1, 20000 do n = n + i end
		fan:tag("done")
	end } } } }`)
	engine, err := flows.New(flows.Config{
		Store: w.store, Now: w.clock, Accounts: []flows.Account{{Name: account, Location: w.clock().Location()}},
		Limits: sandbox.Limits{Instructions: 1 << 30, Bytes: 1 << 30, Time: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	w.text("fan", "go")
	expect(t, "failed", len(w.rows("fan", store.Failed)), 1)
	r := w.replay("fan", 0)
	expect(t, "equal: "+r.Why, r.Equal, true)
	expect(t, "folded: "+r.Steps[0].Why, r.Steps[0].Folded, true)
}

// TestAPushThatIsNoUTF8IsFolded: JSON cannot keep such a text as it came, so that deciding on it again could come out otherwise. The
// step says so, and the fan is still the same.
func TestAPushThatIsNoUTF8IsFolded(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "say *" } }, again = "0s", first = "a", states = {
		a = { enter = { set = { said = "${event.text}" } }, on = { text = { ["*"] = { reply = "?" }, ["/^say [a-z]\\W$/"] = { tag = "odd" } } } } } }`)
	w.text("fan", "say hello")
	w.text("fan", "say b\xff")
	w.text("fan", "what?")
	r := w.replay("fan", 0)
	folded := 0
	for _, s := range r.Steps {
		if s.Folded {
			folded++
			expect(t, "why", s.Why, "the event is no UTF-8 and cannot be kept as it came")
		}
	}
	expect(t, "folded", folded, 1)
	expect(t, "equal", r.Equal, true)
	expect(t, "why", r.Why, "")
}
