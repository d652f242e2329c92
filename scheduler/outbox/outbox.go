// Package outbox is the only room that sends.
package outbox

import (
	"context"
	"log/slog"
	"time"

	"fanflow/store"
	"fanflow/wechat"
	"fanflow/wechat/api"
)

// Account is one Official Account.
type Account struct {
	Name, Type     string
	Verified, Test bool
	Client         *api.Client
	Templates      map[string]string
	Location       *time.Location
}

// Config says what an Outbox sends for.
type Config struct {
	Store    store.Store
	Accounts []Account
	Now      func() time.Time
	Quiet    func(ctx context.Context, fan store.FanID) error
	Logger   *slog.Logger
	Observe  func(account, channel string, status store.Status)
}

// Outbox sends.
type Outbox struct{}

// New makes an Outbox.
func New(c Config) (*Outbox, error) { panic("unwritten") }

// Send is the worker of jobs of kind "send".
func (o *Outbox) Send(ctx context.Context, job store.Job) error { panic("unwritten") }

// Broadcast is the worker of jobs of kind "broadcast".
func (o *Outbox) Broadcast(ctx context.Context, job store.Job) error { panic("unwritten") }

// Quotas lists the account's known quotas with what is used of them.
func (o *Outbox) Quotas(ctx context.Context, account string) ([]store.Quota, error) {
	panic("unwritten")
}

// MassResult keeps the counts of a MASSSENDJOBFINISH event.
func (o *Outbox) MassResult(ctx context.Context, account string, p *wechat.Push) error {
	panic("unwritten")
}

// Paused says why an account's sending pauses, "" if it does not.
func (o *Outbox) Paused(account string) (why string) { panic("unwritten") }
