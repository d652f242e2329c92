package flows

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"fanflow/plugins"
	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/wechat"
)

// Account is what the engine must know of an Official Account.
type Account struct {
	Name     string
	Location *time.Location // the zone of at, of days and of the scripts' calendar; nil means UTC
	// Apology is what a fan reads when a script fails; empty: nothing.
	Apology string
	// Fallback names the flow that takes what nobody took; empty: none.
	Fallback string
	Type     string // service, subscription or wecom
	// Quiet are the hours in which nobody is to be disturbed: what is late and may wait (late = "next") waits until they are over,
	// unless the flow has hours of its own. The zero Hours: none.
	Quiet Hours
	// Templates maps the names that flows use to the account's template ids.
	Templates map[string]string
	// Customer: the account may send customer-service messages and hand fans over to agents.
	Customer bool
	// Words are the account's own words, which it answers before any flow: human (hands over to customer service), stop (no
	// campaigns any more) and resume. A kind that is not there has its default, an empty list switches it off.
	Words map[string][]string
	// Says are the answers to them, by kind; one that is not there has its default.
	Says map[string]string
	// Plugins are the configuration of plugins for this account, by name; of one that is not here there is none. Secrets are not
	// part of it: Config.Host knows them.
	Plugins map[string]plugins.Setting `json:",omitempty"`
	// HTTPAllow are the hosts that scripts of the account may reach, as fetch.ParseRule reads them.
	HTTPAllow []string `json:",omitempty"`
	// Journal is how long rows of fans' journals are kept; 0: for ever. See [Engine.Retain].
	Journal time.Duration
}

// Config makes an Engine. Store, Accounts and Now must be given.
type Config struct {
	Store    store.Store
	Accounts []Account
	Now      func() time.Time
	// Poke is called after a commit that made jobs that may be due; nil: nobody is told.
	Poke   func()
	Logger *slog.Logger // nil: silent
	// Limits bound one script's part of a decision; the zero value means sandbox.DefaultLimits.
	Limits sandbox.Limits
	// Host runs the scripts; nil: one over Store, without secrets.
	Host *plugins.Host
	// Gate bounds the scripts that run at a time; nil: a Gate for this machine. Host and Engine share one.
	Gate *sandbox.Gate
	// Fetch makes the requests of scripts; nil: a client of the default settings.
	Fetch *fetch.Client
	// SickAfter is how many events in a row a flow may fail before it is paused; 0 means 20, less than 0: it is never paused.
	SickAfter int
	// Unconfigured: the accounts stand for ones whose configuration is not known. Check says nothing of what that may allow: templates,
	// hosts.
	Unconfigured bool
	// Observe is told of every decision, for metrics; it must be quick and safe for concurrent use. nil: nobody is told.
	Observe func(Observation)
	// OnAccountPush takes the pushes that concern the account and not one fan (results of mass sends, verification, …).
	// nil: they are dropped.
	OnAccountPush func(account string, p *wechat.Push)
}

// Observation says how one decision went.
type Observation struct {
	Account string
	Event   string // text, subscribe, timer, webhook, …
	Flow    string // that took the event; empty if none did
	// Outcome is replied, silent, ignored, repeat, stale, failed or error.
	Outcome   string
	Runs      int // how often decide ran
	Lua       int // Lua states that the last run started; 0 where plain data was enough
	Conflicts int
	Refused   int
}

// ErrNoFan is the answer of Hook and Tag for a fan who was never heard of or was erased.
var ErrNoFan = errors.New("no such fan")

// ErrNoAccount names an account that the configuration does not have.
var ErrNoAccount = errors.New("no such account")

// Hook is an event from another system.
type Hook struct {
	Event   string // its name, as flows write it: order.paid
	OpenID  string
	UnionID string // instead of OpenID
	Data    json.RawMessage
	// Key makes repeats known: two hooks of one account, event, fan and key are one. Empty: every call is an event of its own.
	Key string
	// Create takes the event also for an OpenID never heard of; not for a fan who was erased.
	Create bool
}

// Engine moves fans through flows. It is safe for concurrent use.
type Engine struct {
	store        store.Store
	accounts     map[string]*Account
	unconfigured bool // see Config
	now          func() time.Time
	poke         func()
	logger       *slog.Logger
	limits       sandbox.Limits
	observe      func(Observation)
	onPush       func(account string, p *wechat.Push)

	library *library
	configs *configs
	units   *allocator
	lanes   *lanes
	talks   *talks
	doubts  doubts
	health  health
	// publishing is held while it is read what is current and something else made so.
	publishing sync.Mutex
	// gate bounds the decisions that run at a time: scripts may use memory, and their time limit is wall time, so that many
	// at once would starve each other.
	gate  *sandbox.Gate
	fetch *fetch.Client
	calls chan struct{} // places for calls on their way
	logs  scriptLog
	// shared lets decisions that met on a key of an account go one after the other, see run.
	shared *lanes
}

// New makes an Engine. It reads nothing yet.
func New(c Config) (*Engine, error) {
	if c.Store == nil || c.Now == nil {
		return nil, errors.New("flows: a store and a clock are needed")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Gate == nil {
		c.Gate = NewGate()
	}
	if c.Host == nil {
		c.Host = plugins.NewHost(plugins.Config{Source: c.Store, Gate: c.Gate})
	}
	if c.Fetch == nil {
		c.Fetch = fetch.New(fetch.Config{Now: c.Now})
	}
	e := &Engine{
		store: c.Store, accounts: map[string]*Account{}, unconfigured: c.Unconfigured, now: c.Now, poke: c.Poke, logger: c.Logger, limits: c.Limits,
		observe: c.Observe, onPush: c.OnAccountPush, lanes: newLanes(), talks: newTalks(), doubts: doubts{open: map[string]store.FanID{}}, shared: newLanes(),
		gate: c.Gate, fetch: c.Fetch, calls: make(chan struct{}, callsAtOnce),
	}
	for _, a := range c.Accounts {
		if a.Name == "" || e.accounts[a.Name] != nil {
			return nil, fmt.Errorf("flows: account %q has no name, or stands there twice", a.Name)
		}
		if err := a.CheckWords(); err != nil {
			return nil, fmt.Errorf("flows: account %s: %w", a.Name, err)
		}
		if err := a.CheckHosts(); err != nil {
			return nil, fmt.Errorf("flows: account %s: %w", a.Name, err)
		}
		if a.Location == nil {
			a.Location = time.UTC
		}
		e.accounts[a.Name] = &a
	}
	e.health.rows, e.health.after = map[flowID]*failures{}, cmp.Or(c.SickAfter, sickAfter)
	e.library = newLibrary(&c, e.accounts)
	e.configs = newConfigs(c.Store, c.Limits, e.accounts)
	e.units = newAllocator(c.Store.KV)
	return e, nil
}

// NewGate makes the Gate that this machine bears.
func NewGate() *sandbox.Gate { return sandbox.NewGate(min(24, max(4, 2*runtime.GOMAXPROCS(0))), 1) }

func (e *Engine) account(name string) (*Account, error) {
	a := e.accounts[name]
	if a == nil {
		return nil, fmt.Errorf("account %q: %w", name, ErrNoAccount)
	}
	return a, nil
}
