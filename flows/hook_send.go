package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/wechat"
)

// passOn is the on_error of a plugin whose failing before_send lets a message go.
const passOn = "pass"

// shown is what a before_send sees of a message.
type shown struct {
	send    store.Send
	content map[string]any // text, or message, or template with data and url
}

// value makes the `send` of a script. Its fan is the fan object; nil where it is for many.
func (s *shown) value(sc *script, fan bool) lua.LValue {
	t := map[string]any{"channel": s.send.Channel, "purpose": s.send.Purpose}
	for name, v := range map[string]string{"id": s.send.ID, "flow": s.send.Flow, "status": string(s.send.Status), "reason": s.send.Reason} {
		if v != "" {
			t[name] = v
		}
	}
	for name, at := range map[string]time.Time{"created": s.send.Created, "due": s.send.Due, "sent_at": s.send.SentAt} {
		if v := seconds(at); v != nil {
			t[name] = v
		}
	}
	maps.Copy(t, s.content)
	table := sandbox.ToLua(sc.state.L, t).(*lua.LTable)
	if fan {
		table.RawSetString("fan", sc.fan)
	}
	return table
}

// sendValue makes the `send` of an after_send.
func sendValue(sc *script, s *store.Send, fan bool) lua.LValue {
	return (&shown{*s, contentOf(s.Content)}).value(sc, fan)
}

// contentOf reads a message as scripts write it.
func contentOf(raw json.RawMessage) map[string]any {
	var out wechat.Outgoing
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	if t := ownTemplate(&out); t != nil {
		data := make(map[string]any, len(t.Data))
		for k, v := range t.Data {
			data[k] = v
		}
		c := map[string]any{"template": t.Name, "data": data}
		if t.URL != "" {
			c["url"] = t.URL
		}
		return c
	}
	if out.Text != "" {
		return map[string]any{"text": out.Text}
	}
	m, _ := jsonValue(raw).(map[string]any)
	if articles, ok := m["articles"]; ok {
		delete(m, "articles")
		m["news"] = articles
	}
	return map[string]any{"message": any(m)}
}

func ownTemplate(out *wechat.Outgoing) *wechat.Template {
	if out.Template != nil {
		return out.Template
	}
	return out.Notice
}

// replyContent reads a passive reply as scripts write it.
func replyContent(r wechat.Reply) map[string]any {
	out := wechat.Outgoing{Articles: r.Articles}
	if r.MsgType != "news" {
		all := outgoing(r)
		if len(all) == 0 {
			return nil
		}
		out = all[0]
	}
	raw, err := encode(out)
	if err != nil {
		return nil
	}
	return contentOf(raw)
}

// ruled is what a before_send says of a message.
type ruled struct {
	veto    string
	message *message          // instead of it
	data    map[string]string // of a template, instead of its own
	url     *string
}

func (r *ruled) changes() bool { return r.message != nil || r.data != nil || r.url != nil }

// ruledBy reads what a before_send returned.
func ruledBy(v lua.LValue) (r ruled, err error) {
	switch v := v.(type) {
	case *lua.LNilType:
		return r, nil
	case lua.LBool:
		if !v {
			r.veto = "it may not go"
		}
		return r, nil
	case lua.LString:
		if r.veto = cut(string(v), shortWhy); r.veto == "" {
			r.veto = "it may not go"
		}
		return r, nil
	}
	data, err := fromLua(v)
	if err != nil {
		return r, err
	}
	given, ok := data.(map[string]any)
	if !ok {
		return r, fmt.Errorf("it returned %s: return nothing to let it go, a text to stop it, or a table with text, message, data or url to change it", typeName(data))
	}
	t := maps.Clone(given)
	text, hasText := t["text"]
	body, hasMessage := t["message"]
	if hasText && hasMessage {
		return r, errors.New("it returned text and message: one of them says what goes")
	}
	if hasText {
		body = text
	}
	if hasText || hasMessage {
		m, o, err := messageOf(body)
		switch {
		case err != nil:
			return r, fmt.Errorf("what it returned cannot go: %w", err)
		case o != (sendOptions{}):
			return r, fmt.Errorf("what it returned cannot go: a plugin cannot change %s of a message", strings.Join(optionFields, ", "))
		case hasText && m.Text == "":
			return r, fmt.Errorf("what it returned cannot go: text is %s, not a text", typeName(text))
		}
		r.message = &m
	}
	if v, ok := t["data"]; ok {
		if r.data, err = templateData(v); err != nil {
			return r, fmt.Errorf("what it returned cannot go: %w", err)
		}
	}
	if _, ok := t["url"]; ok {
		url, err := takeString(t, "url")
		if err != nil {
			return r, err
		}
		r.url = &url
	}
	for _, name := range []string{"text", "message", "data", "url"} {
		delete(t, name)
	}
	if err := nothingElse(t, "text, message, data, url"); err != nil {
		return r, fmt.Errorf("it returned a table with an %w", err)
	}
	if !r.changes() {
		return r, errors.New("it returned an empty table: return nothing to let it go, or text, message, data or url to change it")
	}
	return r, nil
}

// reply changes a passive reply.
func (r *ruled) reply(was wechat.Reply, push *wechat.Push) (wechat.Reply, error) {
	if r.message == nil {
		return was, errors.New("data and url are those of templates and notices: change a reply by text or message")
	}
	m := *r.message
	next := wechat.TextReply(m.Text)
	var err error
	switch {
	case m.Rich != "" && !m.passive():
		return was, fmt.Errorf("a passive reply cannot hold a %s", m.Rich)
	case m.Rich != "":
		next, err = m.answer()
	case m.Image != "":
		next = wechat.Reply{MsgType: "image", MediaID: m.Image}
	case m.Voice != "":
		next = wechat.Reply{MsgType: "voice", MediaID: m.Voice}
	case len(m.Articles) > 0:
		next = wechat.Reply{MsgType: "news", Articles: m.Articles}
	}
	if err == nil {
		err = next.Validate(push)
	}
	if err != nil {
		return was, fmt.Errorf("what it returned cannot go: %w", err)
	}
	return next, nil
}

// outgoing changes a message of the outbox. A template stays a template, a notice a notice.
func (r *ruled) outgoing(was wechat.Outgoing) (wechat.Outgoing, error) {
	t := ownTemplate(&was)
	if t == nil {
		return r.words(was)
	}
	switch {
	case r.message != nil:
		return was, errors.New("what it returned cannot go: a template or notice is changed by data and url")
	case was.Notice != nil && r.url != nil && *r.url != "":
		return was, errors.New("what it returned cannot go: " + noticeURL)
	}
	changed := *t
	if r.data != nil {
		changed.Data = r.data
	}
	if r.url != nil {
		changed.URL = *r.url
	}
	if was.Notice != nil {
		was.Notice = &changed
	} else {
		was.Template = &changed
	}
	return was, nil
}

// words changes a message that is no template.
func (r *ruled) words(was wechat.Outgoing) (wechat.Outgoing, error) {
	if r.message == nil {
		return was, errors.New("what it returned cannot go: data and url are those of templates and notices; change this one by text or message")
	}
	m := *r.message
	next := wechat.Outgoing{Text: m.Text, Image: m.Image, Voice: m.Voice, Articles: m.Articles}
	if m.Rich != "" {
		var err error
		if next, err = m.outgoing(); err != nil {
			return was, fmt.Errorf("what it returned cannot go: %w", err)
		}
	}
	if _, rest := wechat.SplitText(next.Text); rest != "" {
		return was, fmt.Errorf("what it returned cannot go: the text is longer than one message, %d bytes", wechat.MaxText)
	}
	if len(next.Articles) > 1 {
		return was, errors.New("what it returned cannot go: customer service takes one article at a time")
	}
	next.Agent, next.AI, next.IgnoreReprint = was.Agent, was.AI, was.IgnoreReprint
	return next, nil
}

// sendHooks are the hooks that want to see sends of a channel.
func (d *decision) sendHooks(channel string) (hooks []*hook, keys []string) {
	for i := range d.edition.Hooks.Sends {
		h := &d.edition.Hooks.Sends[i]
		if key, ok := h.wants(channel, false); ok && h.on(d.account) {
			hooks, keys = append(hooks, h), append(keys, key)
		}
	}
	return hooks, keys
}

// judge asks one before_send.
func (d *decision) judge(h *hook, key string, s *shown, fan bool) (r ruled, err error) {
	w := d.hookWalk(h, key)
	v, err := w.callHook(key, func(sc *script) []lua.LValue { return []lua.LValue{s.value(sc, fan)} })
	if err != nil {
		return r, err
	}
	if r, err = ruledBy(v); err != nil {
		return r, w.fault(0, "hooks.before_send: %w", err)
	}
	return r, nil
}

// passes shows a passive reply to the plugins that want to see sends; they may change it. veto: it is not given, and the draft says why.
func (d *decision) passes(r *wechat.Reply, e *store.Entry) (veto bool, err error) {
	if len(d.edition.Hooks.Sends) == 0 || r.MsgType == "transfer_customer_service" {
		return false, nil
	}
	hooks, keys := d.sendHooks(store.Passive)
	for i, h := range hooks {
		var said ruled
		next := *r
		f, err := d.attempt(h.Flow, func() (err error) {
			s := &shown{store.Send{Channel: store.Passive, Purpose: service, Flow: e.Flow, Created: d.draft.at, Due: d.draft.at}, replyContent(*r)}
			if said, err = d.judge(h, keys[i], s, true); err != nil || !said.changes() {
				return err
			}
			if next, err = said.reply(*r, d.event.Push); err != nil {
				return &failure{fmt.Errorf("%s: hooks.before_send: %w", h.Flow.Program.File(), err)}
			}
			return nil
		}, store.MaxChange)
		switch {
		case err != nil:
			return false, err
		case f != nil:
			if held, err := d.unpassed(h, f, e); held || err != nil {
				return held, err
			}
		case said.veto != "":
			return true, d.draft.add(store.Entry{
				Kind: store.Refused, Flow: h.Flow.Name, Version: h.Flow.Version, Name: beforeSend + " " + store.Passive, Why: said.veto,
			})
		case said.changes():
			*r = next
			e.Why = strings.TrimPrefix(e.Why+"; plugin "+h.Plugin.Name+" changed it", "; ")
		}
	}
	return false, nil
}

// unpassed deals with a before_send that failed on a passive reply. held: it is not given; who waits for it reads the apology.
func (d *decision) unpassed(h *hook, f *failure, e *store.Entry) (held bool, err error) {
	d.tried(verdict{Flow: h.Flow.Name, Rule: h.Kind, Said: "failed"})
	if h.Plugin.Hooks.OnError == passOn {
		e.Why = strings.TrimPrefix(e.Why+"; before_send of plugin "+h.Plugin.Name+" failed, and lets it pass", "; ")
		return false, d.noteFailed(h.Flow, f)
	}
	return true, d.noteFailure(h.Flow, f)
}

// Ruling is what plugins say of a send that is about to go. The zero Ruling lets it go as it is.
type Ruling struct {
	Veto    string          // why it is not to go; empty: it may
	Content json.RawMessage // that goes instead; nil: its own
	Passed  string          // who was asked, as Send.Passed
	Why     string          // what was changed
	// Held: who was asked could not say, for the reason in Veto. Ask again later.
	Held bool
}

// BeforeSend asks the plugins about a send that is to go by its channel, one after the other: each sees what those before it made of
// it, and the first veto ends it. fan is nil for a mass send. They read only: nothing of it is written but what the Ruling says. The
// error is a fault of ours, or ctx's.
func (e *Engine) BeforeSend(ctx context.Context, s store.Send, fan *store.Fan) (Ruling, error) {
	acc, err := e.account(s.Account)
	if err != nil {
		return Ruling{}, err
	}
	ed, err := e.inForce(ctx, acc)
	if err != nil {
		return Ruling{}, err
	}
	if len(ed.Hooks.Sends) == 0 {
		return Ruling{Passed: "-"}, nil
	}
	t := task{fan: store.FanID{Account: s.Account, OpenID: s.OpenID}, cause: s.ID + "/" + beforeSend, now: store.Stamp(e.now()), event: &event{Name: beforeSend, Depth: s.Depth}}
	if fan == nil {
		fan = &store.Fan{ID: store.FanID{Account: s.Account}}
	}
	// Each plugin has its own read and its own time for it: what one of them reads is no reason to hold another's answer.
	limit := time.Duration(len(ed.Hooks.Sends)) * readLimit
	a := &attempt{Engine: e, task: t, account: acc, fetch: fetcher{engine: e, account: acc.Name, readsLimit: limit}}
	defer a.end()
	in, err := e.input(ctx, acc, t, *fan, ed)
	if err != nil {
		return Ruling{}, err
	}
	in.maxReads, in.looks, in.unkept = 1, true, true
	var r Ruling
	var parts []part
	var logs []logLine
	err = a.ponder(ctx, func(m *memory, pass *sandbox.Pass) error {
		d := newDecision(ctx, in, m, pass)
		defer d.close()
		var err error
		r, err = d.beforeSend(&s, s.OpenID != "")
		parts, logs = d.parts, d.wrote()
		return err
	})
	if err != nil {
		return Ruling{}, fmt.Errorf("ask the plugins about send %s: %w", s.ID, err)
	}
	e.record(ctx, t.fan, t.now, logs, parts)
	e.diagnose(ctx, store.FanID{Account: s.Account, OpenID: s.ID}, parts)
	return r, nil
}

// beforeSend asks the hooks of a send's channel.
func (d *decision) beforeSend(s *store.Send, fan bool) (r Ruling, err error) {
	hooks, keys := d.sendHooks(s.Channel)
	r.Passed = hookNames(hooks)
	var out wechat.Outgoing
	if err := json.Unmarshal(s.Content, &out); err != nil {
		return r, nil // the outbox says so
	}
	var why []string
	content := s.Content
	for i, h := range hooks {
		var said ruled
		f, err := d.attempt(h.Flow, func() (err error) {
			if said, err = d.judge(h, keys[i], &shown{*s, contentOf(content)}, fan); err != nil || !said.changes() {
				return err
			}
			next, err := said.outgoing(out)
			if err != nil {
				return &failure{fmt.Errorf("%s: hooks.before_send: %w", h.Flow.Program.File(), err)}
			}
			if content, err = encode(next); err != nil {
				return err
			}
			out, r.Content = next, content
			return nil
		}, store.MaxChange)
		switch name := h.Plugin.Name; {
		case err != nil:
			return r, err
		case f != nil && h.Plugin.Hooks.OnError == passOn:
			why = append(why, fmt.Sprintf("before_send of plugin %s failed, and lets it pass: %s", name, firstLine(f)))
		case f != nil:
			return Ruling{Held: true, Veto: fmt.Sprintf("%s's before_send failed: %s", name, firstLine(f))}, nil
		case said.veto != "":
			r.Veto = name + ": " + said.veto
			return r, nil
		case said.changes():
			why = append(why, "plugin "+name+" changed it")
		}
	}
	r.Why = strings.Join(why, "; ")
	return r, nil
}

// inForce gives what is published for an account now.
func (e *Engine) inForce(ctx context.Context, acc *Account) (*edition, error) {
	snap, err := e.store.Load(ctx, store.FanID{Account: acc.Name}, "")
	if err != nil {
		return nil, fmt.Errorf("read what is published: %w", err)
	}
	return e.library.edition(ctx, acc.Name, snap.Catalog)
}
