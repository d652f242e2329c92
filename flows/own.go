package flows

import (
	"fmt"
	"slices"

	"fanflow/store"
	"fanflow/wechat"
)

// The kinds of the account's own words.
const (
	ownHuman  = "human"  // hands the fan over to customer service
	ownStop   = "stop"   // the fan wants no campaigns any more
	ownResume = "resume" // the fan wants them again
)

// ownKinds are all of them, in the order in which they are looked at.
var ownKinds = []string{ownHuman, ownStop, ownResume}

// ownWords are the words where the configuration names none.
var ownWords = map[string][]string{
	ownHuman: {"人工", "转人工"}, ownStop: {"退订", "TD"}, ownResume: {"恢复订阅"},
}

// words are the account's own words of a kind; none where they are switched off.
func (a *Account) words(kind string) []string {
	if w, ok := a.Words[kind]; ok {
		return w
	}
	return ownWords[kind]
}

// says is what the account answers to its own word of a kind.
func (a *Account) says(kind string) string {
	if s := a.Says[kind]; s != "" {
		return s
	}
	switch kind {
	case ownHuman:
		return "人工客服暂未开通。您的留言我们已收到，会尽快处理。"
	case ownResume:
		return "已恢复订阅，感谢您的关注。"
	}
	s := "已退订，今后不再向您发送活动消息。"
	if back := a.words(ownResume); len(back) > 0 {
		s += fmt.Sprintf("回复“%s”可重新接收。", back[0])
	}
	return s
}

// ownWord gives the kind of the account's own word that a text is, and the word as configured; empty for none.
func (a *Account) ownWord(text string) (kind, word string) {
	folded := foldFor("text", text)
	for _, kind := range ownKinds {
		for _, w := range a.words(kind) {
			if foldFor("text", w) == folded {
				return kind, w
			}
		}
	}
	return "", ""
}

// ownName stands for the account where a decision names the flow that took an event. No flow can be called so.
const ownName = "(account)"

// own lets the account's own words (人工, 退订) take the event before any flow does. Only a text that is such a word and nothing
// else is one. Who says 退订 twice is answered twice; the second time there is nothing to note.
func (d *decision) own() (taken bool, err error) {
	if d.event.Name != "text" || !d.event.Message {
		return false, nil
	}
	kind, word := d.account.ownWord(d.event.Subject)
	if kind == "" {
		return false, nil
	}
	d.taken = ownName
	why := "the account's own word " + word
	d.tried(verdict{Flow: ownName, Rule: "text " + word, Said: "took"})
	switch out := d.draft.fan.OptOut; {
	case kind == ownHuman && d.account.Customer:
		return true, d.give(wechat.Reply{MsgType: "transfer_customer_service"}, store.Entry{Why: why})
	case kind == ownStop && !out:
		err = d.draft.add(store.Entry{Kind: store.OptedOut, Why: why})
	case kind == ownResume && out:
		err = d.draft.add(store.Entry{Kind: store.OptedIn, Why: why})
	}
	if err != nil {
		return true, err
	}
	text, _ := wechat.SplitText(d.account.says(kind))
	return true, d.give(wechat.TextReply(text), store.Entry{Why: why})
}

// checkOwnWords finds rules that want a word which the account takes before any flow.
func checkOwnWords(s *subject) {
	if s.account == nil {
		return
	}
	look := func(m *matcher) {
		if m == nil || m.Event != "text" {
			return
		}
		for i := range m.Rules {
			r := &m.Rules[i]
			if r.rank != exact && r.rank != list {
				continue
			}
			for _, w := range r.words {
				if _, word := s.account.ownWord(w); word != "" {
					s.at(SeverityWarning, "own-word", r.Line, fmt.Sprintf("text %q: account %s answers %q itself, before any flow", r.Key, s.account.Name, word),
						"use another word, or change [account.words] in fanflow.toml; listen hears it all the same")
				}
			}
		}
	}
	for _, m := range s.decl.Triggers {
		look(m)
	}
	for _, name := range s.decl.Order {
		look(s.decl.States[name].On["text"])
	}
}

// CheckWords finds what is wrong with an account's own words, in one sentence: a kind that there is not, an empty word, a word of
// two kinds, an answer that is too long or to nothing.
func (a *Account) CheckWords() error {
	for _, table := range []struct {
		name string
		keys []string
	}{{"words", sortedKeys(a.Words)}, {"says", sortedKeys(a.Says)}} {
		for _, kind := range table.keys {
			if !slices.Contains(ownKinds, kind) {
				return fmt.Errorf("%s.%s: there is no such kind of word%s; the kinds are human, stop and resume", table.name, kind, didYouMean(kind, ownKinds))
			}
		}
	}
	seen := map[string]string{}
	for _, kind := range ownKinds {
		for _, w := range a.words(kind) {
			folded := foldFor("text", w)
			switch was, ok := seen[folded]; {
			case folded == "":
				return fmt.Errorf("words.%s: a word is empty; remove it, or write [] to switch the words off", kind)
			case ok && was != kind:
				return fmt.Errorf("words.%s: %q is a word of %s also; keep one of them", kind, w, was)
			}
			seen[folded] = kind
		}
		if text := a.says(kind); wechat.TextReply(text).Validate(&wechat.Push{FromUserName: "fan", MsgType: "text"}) != nil {
			return fmt.Errorf("says.%s: a text of 1 to %d bytes with something to read is needed, not %d", kind, wechat.MaxText, len(text))
		}
	}
	return nil
}
