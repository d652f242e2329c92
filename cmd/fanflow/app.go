package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/scheduler"
	"fanflow/scheduler/outbox"
	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/ui"
	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/callback"
)

// app is the wired service: the rooms and who calls whom.
type app struct {
	cfg     *Config
	logger  *slog.Logger
	clock   *Clock
	store   store.Store
	engine  *flows.Engine
	outbox  *outbox.Outbox
	runner  *scheduler.Runner
	metrics *metrics

	callbacks map[string]*callback.Handler
	handler   http.Handler
	follow    *follower // nil on the wall clock
	watch     *watcher  // nil without a folder to follow

	sending sync.Mutex // one change of the cron entries at a time
	served  bool       // pushes were taken

	starting atomic.Bool // the service listens, and does not know the time yet
}

// openApp opens the data file and wires everything; nothing runs yet.
func openApp(ctx context.Context, cfg *Config, logger *slog.Logger, demo bool) (*app, error) {
	tuneMemory()
	a := &app{cfg: cfg, logger: logger, clock: &Clock{}, metrics: newMetrics(), callbacks: map[string]*callback.Handler{}}
	st, err := bolt.Open(cfg.Data, bolt.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: data: the folder of %s does not exist; make it, or name another file", cfg.file, cfg.Data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: data: %w", cfg.file, err)
	}
	a.store = st
	if err := a.wire(ctx, demo); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

// tuneMemory trades memory for speed: at the default of 100 the small live heap makes the collector run all the time.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

func (a *app) wire(ctx context.Context, demo bool) (err error) {
	if a.cfg.Clock == "simulator" {
		if err := a.clock.restore(ctx, a.store); err != nil {
			return err
		}
	}
	if err := a.wireEngine(); err != nil {
		return err
	}
	if err := a.wireScheduler(ctx); err != nil {
		return err
	}
	for i := range a.cfg.Accounts {
		if err := a.wireCallback(&a.cfg.Accounts[i]); err != nil {
			return err
		}
	}
	pages, err := a.wireUI(demo)
	if err != nil {
		return err
	}
	a.handler = a.routes(pages)
	if a.cfg.Clock == "simulator" {
		a.follow = newFollower(follower{
			clock: a.clock, base: a.cfg.Accounts[0].APIBase, runner: a.runner, store: a.store, logger: a.logger,
		})
	}
	return nil
}

// parseCron says what is wrong with a time of a plugin's every.
func parseCron(spec string) error {
	_, err := scheduler.ParseCron(spec, time.UTC)
	return err
}

func (a *app) wireEngine() (err error) {
	var accounts []flows.Account
	for i := range a.cfg.Accounts {
		accounts = append(accounts, a.cfg.Accounts[i].forFlows())
	}
	gate := flows.NewGate()
	host := plugins.NewHost(plugins.Config{
		Source: a.store, Secret: a.cfg.secret, Gate: gate, ParseCron: parseCron,
	})
	a.engine, err = flows.New(flows.Config{
		Host: host, Gate: gate,
		Store: a.store, Accounts: accounts, Now: a.clock.Now, Logger: a.logger,
		Poke:          func() { a.runner.Poke() },
		OnAccountPush: a.accountPush,
	})
	return err
}

func (c *Account) forFlows() flows.Account {
	sends := outbox.Account{Type: c.Type, Verified: c.Verified, Test: c.Test}
	return flows.Account{
		Name: c.Name, Location: c.location, Apology: c.Apology, Fallback: c.Fallback, Type: c.Type, Templates: c.Templates,
		Customer: sends.May(store.Customer), Words: c.Words.byKind(), Says: c.Says.byKind(), Quiet: c.quiet, Journal: c.keep,
		HTTPAllow: c.HTTPAllow, Plugins: c.settings,
	}
}

// accountPush takes what WeChat tells the account and not about a fan who acted.
func (a *app) accountPush(account string, p *wechat.Push) {
	if r, ok := p.Body.(*wechat.SendResult); ok {
		if err := a.outbox.MassResult(context.Background(), account, p); err != nil {
			a.logger.Error("keep the result of a mass send", "account", account, "status", r.Status, "err", err)
		}
	}
}

func (a *app) wireScheduler(ctx context.Context) (err error) {
	var accounts []outbox.Account
	for i := range a.cfg.Accounts {
		c := &a.cfg.Accounts[i]
		accounts = append(accounts, outbox.Account{
			Name: c.Name, Type: c.Type, Verified: c.Verified, Test: c.Test, Templates: c.Templates, Location: c.location,
			Client: api.New(api.Config{
				AppID: c.AppID, Secret: c.AppSecret, BaseURL: c.APIBase, Now: a.clock.Now, Logger: a.logger,
				Tokens: tokenStore{a.store, c.Name},
			}),
		})
	}
	a.outbox, err = outbox.New(outbox.Config{
		Store: a.store, Accounts: accounts, Now: a.clock.Now, Quiet: a.engine.Quiet, Tell: a.engine.Tidings, Before: a.beforeSend, Logger: a.logger,
		Observe: func(account, channel string, status store.Status) {
			a.metrics.sends.WithLabelValues(account, channel, string(status)).Inc()
		},
	})
	if err != nil {
		return err
	}
	a.runner, err = scheduler.New(scheduler.Config{
		Store: a.store, Now: a.clock.Now, Logger: a.logger, Observe: a.metrics.job,
		Apart: []string{"http", "plugin"},
		Workers: map[string]scheduler.Worker{
			"timer": a.engine.Wake, "event": a.engine.Wake, "chore": a.engine.Wake, "http": a.engine.Wake, "plugin": a.engine.Wake,
			"send": a.outbox.Send, "broadcast": a.outbox.Broadcast,
		},
	})
	if err != nil {
		return err
	}
	for i := range a.cfg.Accounts {
		if err := a.setEntries(ctx, a.cfg.Accounts[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// beforeSend asks the plugins about a send.
func (a *app) beforeSend(ctx context.Context, s store.Send, fan *store.Fan) (outbox.Ruling, error) {
	r, err := a.engine.BeforeSend(ctx, s, fan)
	return outbox.Ruling(r), err
}

// setEntries gives the scheduler the cron entries of the account's published broadcasts and plugins.
func (a *app) setEntries(ctx context.Context, account string) error {
	a.sending.Lock()
	defer a.sending.Unlock()
	c, err := a.cfg.account(account)
	if err != nil {
		return err
	}
	broadcasts, err := a.engine.Broadcasts(ctx, account)
	if err != nil {
		return fmt.Errorf("read the broadcasts of account %s: %w", account, err)
	}
	var entries []scheduler.Entry
	for _, b := range broadcasts {
		if b.Cron == "" {
			continue
		}
		args, err := broadcastArgs(b)
		if err != nil {
			return err
		}
		entries = append(entries, scheduler.Entry{
			Account: account, Name: b.Name, Spec: b.Cron, Location: c.location, Missed: b.Missed, Kind: "broadcast", Args: args,
		})
	}
	times, err := a.engine.PluginEntries(ctx, account)
	if err != nil {
		return fmt.Errorf("read the times of the plugins of account %s: %w", account, err)
	}
	for _, t := range times {
		entries = append(entries, scheduler.Entry{
			Account: account, Name: t.Name, Spec: t.Spec, Location: c.location, Missed: t.Missed, Kind: "plugin", Args: t.Args,
		})
	}
	return a.runner.SetEntries(ctx, account, entries)
}

func broadcastArgs(b plugins.Broadcast) (json.RawMessage, error) {
	return json.Marshal(map[string]any{"name": b.Name, "tag": b.Tag, "all": b.All, "message": b.Message, "purpose": b.Purpose})
}

func (a *app) wireCallback(c *Account) error {
	secrets := []callback.Secret{{Token: c.Token, AESKey: c.AESKey}}
	if c.TokenPrevious != "" || c.AESKeyPrevious != "" {
		previous := secrets[0]
		if c.TokenPrevious != "" {
			previous.Token = c.TokenPrevious
		}
		if c.AESKeyPrevious != "" {
			previous.AESKey = c.AESKeyPrevious
		}
		secrets = append(secrets, previous)
	}
	h, err := callback.New(callback.Config{
		AppID: c.AppID, Secrets: secrets, MaxSkew: c.skew, AnswerOnRetry: c.answerOnRetry(), Now: a.clock.Now, Logger: a.logger,
		Receiver: receiver{a.engine, c.Name},
		Observe:  func(outcome string) { a.metrics.pushes.WithLabelValues(c.Name, outcome).Inc() },
	})
	if err != nil {
		return fmt.Errorf("account %q: %w", c.Name, err)
	}
	a.callbacks[c.Name] = h
	return nil
}

// receiver is the engine seen from one account's callback URL.
type receiver struct {
	engine  *flows.Engine
	account string
}

func (r receiver) Receive(ctx context.Context, p *wechat.Push) (wechat.Reply, error) {
	return r.engine.Receive(ctx, r.account, p)
}
func (r receiver) Written(p *wechat.Push) { r.engine.Written(r.account, p) }
func (r receiver) Late(ctx context.Context, p *wechat.Push, reply wechat.Reply) error {
	return r.engine.Late(ctx, r.account, p, reply)
}

func (a *app) wireUI(demo bool) (http.Handler, error) {
	var accounts []ui.Account
	for i := range a.cfg.Accounts {
		c := &a.cfg.Accounts[i]
		accounts = append(accounts, ui.Account{Name: c.Name, Title: c.Title, AppID: c.AppID, HookSecret: c.HookSecret, Location: c.location})
	}
	return ui.New(ui.Config{
		Store: a.store, Engine: a.engine, Accounts: accounts, AdminToken: a.cfg.AdminToken, Now: a.clock.Now, Demo: demo,
		Quotas: a.outbox.Quotas, Logger: a.logger, Version: version,
		OnPublish: a.published,
	})
}

// published gives the scheduler what a publication has changed.
func (a *app) published(p store.Publication) {
	for i := range a.cfg.Accounts {
		account := a.cfg.Accounts[i].Name
		if p.Kind != store.KindPlugin && (p.Kind != store.KindBroadcast || p.Account != account) {
			continue
		}
		if err := a.setEntries(context.Background(), account); err != nil {
			a.logger.Error("schedule broadcasts and plugins", "account", account, "err", err)
		}
	}
}

// run does the work that is not asked for by a request, until ctx ends: jobs, the clock, upkeep.
func (a *app) run(ctx context.Context) error {
	var wg sync.WaitGroup
	if a.follow != nil {
		wg.Go(func() { a.follow.run(ctx) })
	}
	wg.Go(func() { a.sweep(ctx) })
	wg.Go(func() { a.engine.Run(ctx) })
	if a.watch != nil {
		wg.Go(func() { a.watch.run(ctx) })
	}
	if err := a.engine.Retain(ctx); err != nil {
		a.logger.Error("old rows of journals are not trimmed until the next start", "err", err)
	}
	err := a.runner.Run(ctx)
	wg.Wait()
	return err
}

// sweep removes what has served its time, every ten minutes by the wall clock.
func (a *app) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := a.store.Sweep(ctx, a.clock.Now()); err != nil && ctx.Err() == nil {
			a.logger.Error("sweep old receipts", "err", err)
		}
		pause(ctx, 10*time.Minute)
	}
}

// close ends the runs in flight and closes the data file. run must have returned.
func (a *app) close(ctx context.Context) error {
	var errs []error
	for name, h := range a.callbacks {
		if err := h.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("end the pushes of account %s: %w", name, err))
		}
	}
	if a.served {
		errs = append(errs, a.engine.Mark(ctx))
	}
	return errors.Join(append(errs, a.store.Close())...)
}
