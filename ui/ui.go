// Package ui is the web UI, the JSON admin API and the webhook door of fanflow.
//
// Pages are rendered on the server from embedded templates; a little JavaScript of our own helps where a page must move by
// itself. Nothing is loaded from elsewhere, and the content security policy says so. Handlers read the store and ask the
// engine; whatever changes a fan goes through them as a Change, so the UI can do nothing that the API cannot.
package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// Account is what the UI must know of an account.
type Account struct {
	Name       string
	Title      string // what people call it; empty: Name
	AppID      string // names the account at the simulator
	Type       string // service, subscription or wecom; shown
	HookSecret string // signs /hooks/{name}/…; empty: hooks are refused
	Location   *time.Location
}

// Engine is what the UI asks of the state machine. *flows.Engine is one.
type Engine interface {
	Hook(ctx context.Context, account string, h flows.Hook) (id string, err error)
	HookPlugins(ctx context.Context, account string, h flows.PluginHook) (id string, err error)
	Signer(ctx context.Context, account, event string) (*flows.Signer, error)
	Tag(ctx context.Context, fan store.FanID, add, remove []string, by string) error
	Check(ctx context.Context, account, kind, file, source string) (name string, findings []flows.Finding, err error)
	Push(ctx context.Context, account, kind, file, source, by string) (store.Script, error)
	PublishAs(ctx context.Context, id store.ScriptID, version int, by string, choice *store.Choice) (store.Publication, error)
	Rollback(ctx context.Context, id store.ScriptID, version int, by string, choice *store.Choice) (store.Publication, error)
	Preview(ctx context.Context, account, flow string, version int, choice *store.Choice) (*flows.Preview, error)
	PreviewRollback(ctx context.Context, account, flow string, version int, choice *store.Choice) (*flows.Preview, error)
	Diff(ctx context.Context, account, flow string, from, to int) (*flows.Diff, error)
	Flow(ctx context.Context, account, name string, version int) (*flows.Flow, error)
	Flows(ctx context.Context, account string) ([]flows.FlowInfo, error)
	FunnelBy(ctx context.Context, account, flow, from, to, by string) (flows.Funnel, error)
	Pause(ctx context.Context, account, flow, why string) error
	Plugins(ctx context.Context, account string) ([]flows.PluginInfo, error)
	Plugin(ctx context.Context, account, name string) (flows.PluginInfo, error)
	PausePlugin(ctx context.Context, name, why string) error
	Republish(ctx context.Context, plugin, by string) ([]store.Publication, error)
	Log(account, kind, name string) ([]flows.LogLine, error)
	Replay(ctx context.Context, fan store.FanID, until uint64) (*flows.Replay, error)
}

var _ Engine = (*flows.Engine)(nil)

// Config is what New needs. Store, Engine, Accounts and AdminToken must be set.
type Config struct {
	Store      store.Store
	Engine     Engine
	Accounts   []Account
	AdminToken string // bearer token of the API and first login of the UI
	// Now is the service's clock (it may be simulated); nil: the wall clock.
	Now func() time.Time
	// Wall is the clock of sessions and of the login throttle; nil: the wall clock.
	Wall func() time.Time
	// Demo shows the phone and the clock, which talk to /sim on the same origin.
	Demo bool
	// Quotas lists an account's windows with their limits; nil: what the store has booked.
	Quotas func(ctx context.Context, account string) ([]store.Quota, error)
	// OnPublish, if not nil, is told after a publication, a pause or a resumption through the UI or the API.
	OnPublish func(store.Publication)
	Logger    *slog.Logger
	Version   string // shown in the footer
}

// New gives the handler of "/", "/login", the pages, "/static/…", "/api/v1/…" and "/hooks/…". It is safe for concurrent use.
// Body limits beyond those of hooks and scripts, and time-outs, are the server's.
func New(c Config) (http.Handler, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	return s.guarded(s.router()), nil
}

// server holds what handlers need. Nothing in it changes after newServer but the sessions and the throttle.
type server struct {
	Config
	log      *slog.Logger
	origin   *http.CrossOriginProtection
	sessions *sessions
	throttle *throttle
	words    map[string]*words
	views    map[string]*views // by language
	assets   *assets
}

func newServer(c Config) (*server, error) {
	switch {
	case c.Store == nil || c.Engine == nil:
		return nil, errors.New("ui: Store and Engine must be given")
	case c.AdminToken == "":
		return nil, errors.New("ui: admin_token is empty, so nobody could log in")
	case len(c.Accounts) == 0:
		return nil, errors.New("ui: there is no account")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if c.Quotas == nil {
		c.Quotas = func(ctx context.Context, account string) ([]store.Quota, error) {
			return c.Store.Quotas(ctx, account, c.Now())
		}
	}
	c.Accounts = slices.Clone(c.Accounts)
	for i := range c.Accounts {
		a := &c.Accounts[i]
		a.Title = cmp.Or(a.Title, a.Name)
		a.Location = cmp.Or(a.Location, time.UTC)
	}
	s := &server{
		Config: c, log: cmp.Or(c.Logger, slog.New(slog.DiscardHandler)), origin: http.NewCrossOriginProtection(),
		sessions: &sessions{settings: c.Store, token: c.AdminToken, now: c.Wall}, throttle: newThrottle(c.Wall),
	}
	var err error
	if s.words, err = loadWords(); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	s.views = map[string]*views{}
	for lang, w := range s.words {
		if s.views[lang], err = loadViews(w, s.assets); err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
	}
	return s, nil
}
