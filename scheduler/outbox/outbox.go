package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"fanflow/store"
	"fanflow/wechat/api"
)

// Account is one Official Account as the outbox needs to know it.
type Account struct {
	Name, Type     string // Type is service or subscription
	Verified, Test bool   // Test: a test account with quotas of its own
	Client         *api.Client
	Templates      map[string]string // names that flows use -> template ids
	Location       *time.Location
}

// Config says what an Outbox sends for. Store, Accounts and Now are required.
type Config struct {
	Store    store.Store
	Accounts []Account
	Now      func() time.Time
	// Quiet waits until no push of the fan is being answered, so that a customer-service message does not overtake the
	// passive reply. nil: there is nothing to wait for.
	Quiet  func(ctx context.Context, fan store.FanID) error
	Logger *slog.Logger // nil: slog.Default
	// Observe, if not nil, is told of every send that ended, and with the status "configuration" of every pause. It is called
	// from many goroutines.
	Observe func(account, channel string, status store.Status)
	// Tell, if not nil, gives the jobs that follow from the end of a send; they are committed with it. The send is as it has
	// ended. It is called from many goroutines, and not for fans of whom nothing is written any more.
	Tell func(ctx context.Context, s store.Send) []store.Job
	// Before, if not nil, is asked once about every send whether it may go and how: when all else lets it go, and before anything is
	// reserved for it. The send's Channel is the one that it would go by; fan is nil for a mass send. An error is a fault of ours: the
	// job is tried again.
	Before func(ctx context.Context, s store.Send, fan *store.Fan) (Ruling, error)
}

// Ruling is what Before says of a send. The zero Ruling lets it go as it is.
type Ruling struct {
	Veto    string          // why it is not to go; empty: it may
	Content json.RawMessage // a wechat.Outgoing that goes instead; nil: its own
	Passed  string          // who was asked, for Send.Passed
	Why     string          // what was changed, for the journal
	// Held: who was asked could not say, for the reason in Veto. It is asked again later.
	Held bool
}

// Outbox sends. Its methods are safe for concurrent use; one job must not be given to two of them at once.
type Outbox struct {
	c        Config
	accounts map[string]*Account
	pauses   pauses
	results  sync.Mutex // one change of a Result at a time

	mu sync.Mutex
	// running are the jobs that this process works on now, unwritten the outcomes of calls that could not be committed yet.
	running   map[store.FanID]bool
	unwritten map[store.FanID]store.Change
}

// New makes an Outbox.
func New(c Config) (*Outbox, error) {
	if c.Store == nil || c.Now == nil {
		return nil, errors.New("an outbox needs a store and a clock")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Observe == nil {
		c.Observe = func(string, string, store.Status) {}
	}
	o := &Outbox{c: c, accounts: map[string]*Account{}, running: map[store.FanID]bool{}, unwritten: map[store.FanID]store.Change{}}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		if a.Name == "" || a.Client == nil || o.accounts[a.Name] != nil {
			return nil, fmt.Errorf("account %q of the outbox lacks a name or a client, or stands twice", a.Name)
		}
		o.accounts[a.Name] = a
	}
	return o, nil
}

func (o *Outbox) account(name string) (*Account, error) {
	if a := o.accounts[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("no account %q is configured", name)
}

// clientID is the id by which the platform recognises a repeated message: 32 characters, the most that it takes.
func clientID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%x", sum[:16])
}

// commit writes a Change also when ctx has ended, as it reports what has happened. Where the outcome is unknown the same
// Change is committed again.
func (o *Outbox) commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	r, err := o.c.Store.Commit(ctx, c)
	for range 2 {
		if err == nil || final(err) {
			break
		}
		r, err = o.c.Store.Commit(ctx, c)
	}
	return r, err
}

// final reports whether an error of Commit is a result and not an unknown outcome.
func final(err error) bool {
	var refused *store.RefusedError
	return errors.As(err, &refused) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrGone) ||
		errors.Is(err, store.ErrTooLarge) || errors.Is(err, store.ErrClosed)
}
