package flows

import (
	"context"
	"encoding/json"
	"time"

	"fanflow/plugins"
	"fanflow/store"
	"fanflow/wechat"
)

// hookSet are the hooks of the plugins that are published and on for an account, by order, then name.
type hookSet struct{ Events, Sends, Sent, Webhooks, Every []hook }

// hook is one plugin's for one kind of thing.
type hook struct {
	Plugin *plugins.Plugin
	Flow   *compiled // stands for the plugin in parts and entries: its Name is "plugin:crm"
	Match  []string  // what it wants to see
}

// pluginKind is the kind of the jobs that run a plugin without a fan.
const pluginKind = "plugin"

// hooks gives what the catalog's plugins hook for an account.
func (l *library) hooks(ctx context.Context, catalog store.Catalog, account string) (hookSet, error) {
	return hookSet{}, nil
}

// hooked shows the event to the plugins that want to see it. stopped: nobody else is to see it.
func (d *decision) hooked() (stopped bool, err error) { return false, nil }

// passes shows a passive reply to the plugins that want to see sends; they may change it. veto: it is not given, and that stands in the draft.
func (d *decision) passes(r *wechat.Reply, e store.Entry) (veto bool, err error) { return false, nil }

// Ruling is what plugins say of a send that is about to go. The zero Ruling lets it go as it is.
type Ruling struct {
	Veto    string          // why it is not to go; empty: it may
	Content json.RawMessage // that goes instead; nil: its own
	Passed  string          // who was asked
	Why     string          // what was changed
	Again   time.Duration   // puts it off: who was asked could not say
}

// BeforeSend asks the plugins about a send. fan is nil for a mass send.
func (e *Engine) BeforeSend(ctx context.Context, s store.Send, fan *store.Fan) (Ruling, error) {
	return Ruling{}, nil
}

// accountRun runs a plugin's on_webhook or every.
func (e *Engine) accountRun(ctx context.Context, acc *Account, job store.Job) error {
	return e.drop(ctx, task{fan: job.Fan(), job: &job, now: e.now()})
}
