package flows

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"fanflow/store"
	"fanflow/wechat"
)

// This file holds what makes jobs of plugins, and what looks after them: webhooks that are about no fan, the times of every, the ends of
// mass sends, and jobs that failed three times.

// PluginHook is a call of another system that is about no fan.
type PluginHook struct {
	Event string // its name: order.paid
	// Body is what was sent, at most 32 KB: JSON, else any text.
	Body []byte
	// Key makes repeats known: two calls of one account, event and key are one. Empty: every call is one of its own.
	Key string
}

// ErrNoPlugin says that no plugin's on_webhook wants an event.
var ErrNoPlugin = errors.New("no plugin takes it")

// HookPlugins takes a call of another system that is about no fan for the plugins whose on_webhook wants its event. It is durable when
// HookPlugins returns; id is the first job's. A repeat with the same Key within seven days gives the same id and changes nothing.
// Errors: ErrNoPlugin, ErrNoAccount, a sentence on what is wrong with the call, or the store's.
func (e *Engine) HookPlugins(ctx context.Context, account string, h PluginHook) (id string, err error) {
	acc, err := e.account(account)
	if err != nil {
		return "", err
	}
	ed, err := e.inForce(ctx, acc)
	if err != nil {
		return "", err
	}
	var wanting []*hook
	for i := range ed.Hooks.Webhooks {
		w := &ed.Hooks.Webhooks[i]
		if _, ok := w.wants(h.Event, false); ok && !acc.Plugins[w.Plugin.Name].Off {
			wanting = append(wanting, w)
		}
	}
	if len(wanting) == 0 {
		return "", fmt.Errorf("webhook %s of account %s: %w", h.Event, account, ErrNoPlugin)
	}
	now := store.Stamp(e.now())
	args := pluginArgs{Hook: onWebhook, Name: h.Event, Key: h.Key, At: now}
	if err := args.body(h.Body); err != nil {
		return "", err
	}
	key := h.Key
	if key == "" {
		key = rand.Text() // a call of its own
	}
	cause := hookCause(store.FanID{Account: account}, h.Event, key)
	var jobs []store.Job
	for _, w := range wanting {
		j, err := args.job(account, cause+"/"+w.Plugin.Name, w.Plugin.Name, now)
		if err != nil {
			return "", err
		}
		jobs = append(jobs, j)
	}
	return jobs[0].ID, e.keepJobs(ctx, account, cause+"/once", jobs)
}

// body keeps what was sent: as data if it is JSON.
func (a *pluginArgs) body(raw []byte) error {
	switch {
	case len(raw) > maxHook:
		return fmt.Errorf("a hook's body for a plugin is %d bytes; at most %d are taken", len(raw), maxHook)
	case !utf8.Valid(raw):
		return errors.New("a hook's body for a plugin is a text: this one is no UTF-8")
	case json.Valid(raw):
		a.Data = raw
	default:
		a.Body = string(raw)
	}
	return nil
}

// job makes a job for one plugin.
func (a pluginArgs) job(account, id, plugin string, now time.Time) (store.Job, error) {
	a.Plugin = plugin
	raw, err := encode(a)
	if err != nil {
		return store.Job{}, fmt.Errorf("encode a job of plugin %s: %w", plugin, err)
	}
	return store.Job{ID: id, Account: account, Kind: pluginKind, Due: now, Flow: pluginPart + plugin, Name: a.Hook, Args: raw}, nil
}

// keepJobs keeps jobs of the account durably. The cause is known, and adds none, for a week.
func (e *Engine) keepJobs(ctx context.Context, account, cause string, jobs []store.Job) error {
	_, err := e.store.Commit(ctx, store.Change{
		Fan: store.FanID{Account: account}, Base: store.AnyRev, Cause: cause, At: store.Stamp(e.now()), Jobs: jobs, Receipt: json.RawMessage("{}"), Keep: keepHooks,
	})
	if err != nil && !errors.Is(err, store.ErrGone) {
		return fmt.Errorf("keep the jobs of plugins: %w", err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}

// Signer says how another system signs an event that a plugin takes.
type Signer struct {
	Plugin string
	Header string // that has the signature
	prefix string
	secret string
}

// Ready reports whether the plugin's secret is set. Without it nothing is signed right.
func (s *Signer) Ready() bool { return s.secret != "" }

// Signed reports whether value, the header's, is the prefix and the hex HMAC-SHA-256 of the body. It compares in constant time.
func (s *Signer) Signed(body []byte, value string) bool {
	sum, ok := strings.CutPrefix(value, s.prefix)
	given, err := hex.DecodeString(sum)
	if !ok || err != nil || !s.Ready() {
		return false
	}
	m := hmac.New(sha256.New, []byte(s.secret))
	m.Write(body)
	return hmac.Equal(given, m.Sum(nil))
}

// Signer gives how an event of the account is signed where the first plugin that takes it says so; nil: as all are, under the account's
// hook_secret.
func (e *Engine) Signer(ctx context.Context, account, event string) (*Signer, error) {
	acc, err := e.account(account)
	if err != nil {
		return nil, err
	}
	ed, err := e.inForce(ctx, acc)
	if err != nil {
		return nil, err
	}
	for i := range ed.Hooks.Webhooks {
		h := &ed.Hooks.Webhooks[i]
		_, wants := h.wants(event, false)
		if sig := h.Plugin.Signature; sig != nil && wants && !acc.Plugins[h.Plugin.Name].Off {
			s := &Signer{Plugin: h.Plugin.Name, Header: sig.Header, prefix: sig.Prefix}
			if of := e.library.host.Secret; of != nil {
				if secret, set := of(account, h.Plugin.Name, sig.Secret); set {
					s.secret = secret
				}
			}
			return s, nil
		}
	}
	return nil, nil
}

// massSend is how a mass send has ended, as after_send sees it.
type massSend struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	MsgID  string `json:"msgid"`
	Total  int64  `json:"total"`
	Left   int64  `json:"left"` // what was filtered out
	Sent   int64  `json:"sent"`
	Failed int64  `json:"failed"`
}

func (m *massSend) table() map[string]any {
	t := map[string]any{
		"channel": store.Mass, "status": m.Status, "msgid": m.MsgID,
		"counts": map[string]any{"total": float64(m.Total), "filtered": float64(m.Left), "sent": float64(m.Sent), "failed": float64(m.Failed)},
	}
	if m.Reason != "" {
		t["reason"] = m.Reason
	}
	return t
}

// massSent tells plugins of the end of a mass send, once.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html (event of the result).
func (e *Engine) massSent(ctx context.Context, acc *Account, p *wechat.Push) error {
	r, ok := p.Body.(*wechat.SendResult)
	if !ok || !strings.EqualFold(p.Event, "MASSSENDJOBFINISH") {
		return nil
	}
	status, reason := store.Delivered, ""
	if !strings.Contains(strings.ToLower(r.Status), "success") {
		status, reason = store.SendFail, "the platform reports "+r.Status
	}
	ed, err := e.inForce(ctx, acc)
	if err != nil {
		return err
	}
	now := store.Stamp(e.now())
	args := pluginArgs{Hook: afterSend, Name: string(status), At: now, Mass: &massSend{
		Status: string(status), Reason: reason, MsgID: p.MsgID, Total: r.TotalCount, Left: max(r.TotalCount-r.FilterCount, 0), Sent: r.SentCount, Failed: r.ErrorCount,
	}}
	var jobs []store.Job
	for i := range ed.Hooks.Sent {
		h := &ed.Hooks.Sent[i]
		if _, ok := h.wants(args.Name, false); !ok || acc.Plugins[h.Plugin.Name].Off {
			continue
		}
		j, err := args.job(acc.Name, p.Key()+"/"+h.Plugin.Name, h.Plugin.Name, now)
		if err != nil {
			return err
		}
		jobs = append(jobs, j)
	}
	if len(jobs) == 0 {
		return nil
	}
	return e.keepJobs(ctx, acc.Name, p.Key()+"/"+afterSend, jobs)
}

// PluginEntry is a time at which a plugin runs again and again.
type PluginEntry struct {
	Name, Spec string // Spec is a cron expression
	Missed     string // what becomes of a run that was missed: run (also empty) or skip
	Args       json.RawMessage
}

// PluginEntries gives the times of every of the plugins that are published and on for an account. Each is a job of kind "plugin" with Args.
// A plugin that is too slow to say what it is has those that were read of it before, or none, and the log says so.
func (e *Engine) PluginEntries(ctx context.Context, account string) ([]PluginEntry, error) {
	acc, err := e.account(account)
	if err != nil {
		return nil, err
	}
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	ed := &edition{Plugins: pluginsOf(&catalog)} // without its flows: they are not read before they are needed
	if err := e.library.hooks(ctx, catalog, ed, e.library.last(acc.Name)); err != nil {
		return nil, err
	}
	var entries []PluginEntry
	for i := range ed.Hooks.Every {
		h := &ed.Hooks.Every[i]
		if acc.Plugins[h.Plugin.Name].Off {
			continue
		}
		for _, spec := range h.Match {
			raw, err := encode(pluginArgs{Plugin: h.Plugin.Name, Hook: everyHook, Name: spec})
			if err != nil {
				return nil, fmt.Errorf("encode a job of plugin %s: %w", h.Plugin.Name, err)
			}
			entries = append(entries, PluginEntry{Name: pluginPart + h.Plugin.Name + " " + spec, Spec: spec, Missed: h.Plugin.Hooks.Missed, Args: raw})
		}
	}
	return entries, nil
}

// PluginJobs gives the jobs of a plugin that failed three times and wait for somebody to resume them.
func (e *Engine) PluginJobs(ctx context.Context, account, plugin string) (parked []store.Job, err error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	for cursor := ""; ; {
		jobs, next, err := e.store.Jobs(ctx, account, store.JobFilter{Kind: pluginKind}, cursor, 1000)
		if err != nil {
			return nil, fmt.Errorf("list the jobs of plugin %s: %w", plugin, err)
		}
		for _, j := range jobs {
			var args pluginArgs
			if j.Parked && json.Unmarshal(j.Args, &args) == nil && args.Plugin == plugin {
				parked = append(parked, j)
			}
		}
		if cursor = next; next == "" {
			return parked, nil
		}
	}
}

// resumePluginJobs lets the jobs of a plugin that failed three times run again, and gives how many they are.
func (e *Engine) resumePluginJobs(ctx context.Context, account, plugin string) (int, error) {
	jobs, err := e.PluginJobs(ctx, account, plugin)
	if err != nil {
		return 0, err
	}
	now := store.Stamp(e.now())
	for _, j := range jobs {
		if err := e.putAway(ctx, account, store.Snooze{Job: j.ID, Due: now}); err != nil {
			return 0, err
		}
	}
	if len(jobs) > 0 && e.poke != nil {
		e.poke()
	}
	return len(jobs), nil
}
