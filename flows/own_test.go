package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// newWorldAs is a world whose account is as the test wants it.
func newWorldAs(t *testing.T, as func(*flows.Account)) *world {
	t.Helper()
	w := &world{t: t, store: mem.New(), now: time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)}
	a := flows.Account{Name: account, Apology: apology, Type: "service", Customer: true, Fallback: "fallback"}
	as(&a)
	var err error
	w.engine, err = flows.New(flows.Config{Store: w.store, Now: w.clock, Accounts: []flows.Account{a}, Observe: func(o flows.Observation) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, o)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	stopped = "已退订，今后不再向您发送活动消息。回复“恢复订阅”可重新接收。"
	resumed = "已恢复订阅，感谢您的关注。"
	noAgent = "人工客服暂未开通。您的留言我们已收到，会尽快处理。"
)

// TestTheAccountsOwnWords: "first the account's own words (人工, 退订)" (Offering an event), whatever any flow wants.
func TestTheAccountsOwnWords(t *testing.T) {
	greedy := listener("greedy", 9, `{ text = { "退订", "in", "*" } }`, `{ text = { ["人工"] = { reply = "mine" }, ["退订"] = { reply = "mine" }, ["*"] = { reply = "any" } } }`)
	for name, c := range map[string]struct {
		as   func(*flows.Account)
		says []string // texts and the replies to them
		kind []store.Kind
	}{
		"stop and resume":       {nil, []string{"退订", stopped, "td ", stopped, "ＴＤ", stopped, "恢复订阅", resumed, "恢复订阅", resumed}, []store.Kind{store.OptedOut, store.OptedIn}},
		"only the whole text":   {nil, []string{"我要退订", "any", "退订。", "any", "TDX", "any"}, nil},
		"human":                 {nil, []string{"人工", "transfer_customer_service", "转人工", "transfer_customer_service"}, nil},
		"human without service": {func(a *flows.Account) { a.Customer = false }, []string{"人工", noAgent}, nil},
		"other words": {
			func(a *flows.Account) { a.Words = map[string][]string{"stop": {"Stop It", "停"}} },
			[]string{"stop it", stopped, "停", stopped, "退订", "mine", "恢复订阅", resumed},
			[]store.Kind{store.OptedOut, store.OptedIn},
		},
		"switched off": {
			func(a *flows.Account) { a.Words = map[string][]string{"stop": {}, "resume": {}, "human": {}} },
			[]string{"退订", "mine", "人工", "mine", "恢复订阅", "any"},
			nil,
		},
		"no way back": {
			func(a *flows.Account) { a.Words = map[string][]string{"resume": {}} },
			[]string{"退订", "已退订，今后不再向您发送活动消息。"},
			[]store.Kind{store.OptedOut},
		},
		"other answers": {
			func(a *flows.Account) {
				a.Says = map[string]string{"stop": "bye", "resume": "hello", "human": "never said"}
			},
			[]string{"退订", "bye", "恢复订阅", "hello", "人工", "transfer_customer_service"},
			[]store.Kind{store.OptedOut, store.OptedIn},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.as == nil {
				c.as = func(*flows.Account) {}
			}
			w := newWorldAs(t, c.as)
			w.flow(greedy)
			w.text("fan", "in")
			for i := 0; i < len(c.says); i += 2 {
				r := w.receive(w.push("fan", "text", "", "", textBody(c.says[i])))
				got := r.Content
				if r.MsgType != "text" {
					got = r.MsgType
				}
				expect(t, fmt.Sprintf("%d: %s", i, c.says[i]), got, c.says[i+1])
			}
			var kinds []store.Kind
			for _, r := range w.journal("fan") {
				if r.Kind == store.OptedOut || r.Kind == store.OptedIn {
					kinds = append(kinds, r.Kind)
					if !strings.HasPrefix(r.Why, "the account's own word ") {
						t.Errorf("why: %q", r.Why)
					}
				}
			}
			expect(t, "journal", fmt.Sprint(kinds), fmt.Sprint(c.kind))
		})
	}
}

// TestOwnWordsAreHeard: exits and listeners hear what the account answers itself. A word in an event is none.
func TestOwnWordsAreHeard(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "ads", triggers = { text = "in", click = { "退订" } }, exit = { optout = true }, first = "a", states = { a = { on = { click = { ["退订"] = { reply = "a menu item" } } } } } }`)
	w.flow(`return flow { name = "count", triggers = { text = "count" }, first = "a", states = { a = { listen = { text = { ["退订"] = { tag = "said 退订" } } } } } }`)
	w.text("fan", "in")
	w.text("fan", "count")
	expect(t, "menu", w.click("fan", "退订"), "a menu item")
	expect(t, "answer", w.text("fan", "退订"), stopped)
	f := w.fan("fan")
	expect(t, "opted out", f.OptOut, true)
	expect(t, "exit", w.state("fan", "ads"), "")
	expect(t, "listener", f.Has("said 退订"), true)
	expect(t, "outcome", w.last().Outcome, "replied")
}

// TestCheckWarnsOfOwnWords: a rule for such a word would never be asked.
func TestCheckWarnsOfOwnWords(t *testing.T) {
	w := newWorld(t)
	_, found, err := w.engine.Check(t.Context(), account, store.KindFlow, "x.lua", `return flow { name = "x", triggers = { text = { "in", "退订 " } }, first = "s",
	states = {
		s = { on = { text = {
			["是|ｔｄ"] = { reply = "x" },
			["td*"] = { reply = "patterns take more than the word" },
		} }, listen = { text = { ["退订"] = { tag = "x" } } } } } }`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%d %s %s: %s", f.Line, f.Severity, f.Rule, f.Msg))
	}
	want := []string{
		`1 warning own-word: text "退订 ": account shop answers "退订" itself, before any flow`,
		`4 warning own-word: text "是|ｔｄ": account shop answers "TD" itself, before any flow`,
	}
	expect(t, "found", strings.Join(got, "\n"), strings.Join(want, "\n"))
}

// TestWordsThatAreNone: an engine is not made with words that contradict each other.
func TestWordsThatAreNone(t *testing.T) {
	for want, a := range map[string]flows.Account{
		"there is no such kind of word; did you mean \"stop\"?": {Words: map[string][]string{"stopp": {}}},
		"words.stop: a word is empty":                           {Words: map[string][]string{"stop": {" "}}},
		`"TD" is a word of human also`:                          {Words: map[string][]string{"human": {"ｔｄ"}}},
		"says.resume: a text of 1 to 2048 bytes":                {Says: map[string]string{"resume": strings.Repeat("x", 3000)}},
		"says.bye: there is no such kind":                       {Says: map[string]string{"bye": "x"}},
	} {
		a.Name = account
		_, err := flows.New(flows.Config{Store: mem.New(), Now: time.Now, Accounts: []flows.Account{a}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestAVoiceIsNoOwnWord: what is no text of the fan's is none of the account's words.
func TestAVoiceIsNoOwnWord(t *testing.T) {
	w := newWorld(t)
	r := w.receive(w.push("fan", "voice", "", "", &wechat.Voice{MediaID: "M", Recognition: "退订"}))
	expect(t, "a voice", r.IsZero(), true)
	f := w.fan("fan")
	expect(t, "opted out", f.OptOut, false)
}
