// Package scheduler runs what is due.
package scheduler

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"fanflow/store"
)

// Worker does a job and commits its end itself; an error means try again later.
type Worker func(ctx context.Context, job store.Job) error

// Config says what a Runner works on.
type Config struct {
	Store    store.Store
	Now      func() time.Time
	Workers  map[string]Worker
	Parallel int
	Logger   *slog.Logger
	Observe  func(kind, outcome string, lateness time.Duration)
}

// Runner leases due jobs and runs their workers.
type Runner struct{}

// New makes a Runner.
func New(c Config) (*Runner, error) { panic("unwritten") }

// Run works until ctx ends.
func (r *Runner) Run(ctx context.Context) error { panic("unwritten") }

// Poke hints that something may be due.
func (r *Runner) Poke() { panic("unwritten") }

// Hold stops Run from starting jobs until release is called; Settle works all the same.
func (r *Runner) Hold() (release func()) { panic("unwritten") }

// Settle does everything due at Now, one job after another, and gives the earliest next due instant; zero if none.
func (r *Runner) Settle(ctx context.Context) (next time.Time, err error) { panic("unwritten") }

// Entry is a recurring job of an account.
type Entry struct {
	Account, Name, Spec string
	Location            *time.Location
	Missed              string // "run" (default) or "skip"
	Kind                string
	Args                json.RawMessage
}

// SetEntries makes entries the account's entries, durably.
func (r *Runner) SetEntries(ctx context.Context, account string, entries []Entry) error {
	panic("unwritten")
}

// Schedule is a parsed cron expression in a zone.
type Schedule struct{}

// ParseCron parses spec.
func ParseCron(spec string, loc *time.Location) (Schedule, error) { panic("unwritten") }

// Next is the first run after t.
func (s Schedule) Next(t time.Time) time.Time { panic("unwritten") }

// Coming are the next n runs after t.
func (s Schedule) Coming(t time.Time, n int) []time.Time { panic("unwritten") }
