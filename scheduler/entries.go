package scheduler

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/store"
)

const (
	cronKind     = "cron"
	cronSettings = "cron/" // + account: its entries as JSON
	// onTime is how late a run may be and not count as missed.
	onTime = time.Minute
)

// Entry is a recurring job of an account. Each run is a job of Kind with the id <kind>/<name>@<tick> and the name of the entry;
// the tick is the time it stands for, RFC 3339 in UTC.
type Entry struct {
	Account, Name, Spec string
	Location            *time.Location // must have an IANA name, as time.LoadLocation gives; nil means UTC
	// Missed says what becomes of runs whose time passed while nobody worked, or is over a minute ago: "run" (also the empty
	// word) catches up with one run for all of them, "skip" goes on with the next future one.
	Missed string
	Kind   string
	Args   json.RawMessage
}

// kept is an Entry as it stands in the settings.
type kept struct {
	Name   string          `json:"name"`
	Spec   string          `json:"spec"`
	Zone   string          `json:"zone"`
	Missed string          `json:"missed,omitempty"`
	Kind   string          `json:"kind"`
	Args   json.RawMessage `json:"args,omitempty"`
}

// clockwork is what the times of an entry are computed from.
type clockwork struct {
	Spec string `json:"spec"`
	Zone string `json:"zone"`
}

// tick are the Args of a cron job. A snooze moves the job's Due, but not the time that it stands for.
type tick struct {
	clockwork
	At time.Time `json:"at"`
}

func (k *kept) schedule() (Schedule, error) {
	loc, err := time.LoadLocation(k.Zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("cron entry %q: time zone: %w", k.Name, err)
	}
	s, err := ParseCron(k.Spec, loc)
	if err != nil {
		return Schedule{}, fmt.Errorf("cron entry %q: %w", k.Name, err)
	}
	return s, nil
}

func (k *kept) clockwork() clockwork { return clockwork{k.Spec, k.Zone} }

// job is the entry's waiting job.
func (k *kept) job(account string, at time.Time) (store.Job, error) {
	args, err := json.Marshal(tick{k.clockwork(), at.UTC()})
	if err != nil {
		return store.Job{}, err
	}
	return store.Job{ID: "cron/" + k.Name + "@" + stamp(at), Account: account, Kind: cronKind, Name: k.Name, Due: at, Args: args}, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// SetEntries makes entries the account's recurring jobs, durably: they go on after a restart without another call. An entry
// that is as before keeps its next run, also one that is overdue; the job of a changed or missing one ends. Nothing is changed
// when one of the entries is wrong.
func (r *Runner) SetEntries(ctx context.Context, account string, entries []Entry) error {
	list, err := keep(account, entries)
	if err != nil {
		return err
	}
	r.cron.Lock()
	defer r.cron.Unlock()
	value, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("keep the cron entries of account %s: %w", account, err)
	}
	if len(list) == 0 {
		value = nil
	}
	if err := r.c.Store.SetSetting(ctx, cronSettings+account, value); err != nil {
		return fmt.Errorf("keep the cron entries of account %s: %w", account, err)
	}
	return r.reconcile(ctx, account, list)
}

// keep checks entries.
func keep(account string, entries []Entry) ([]kept, error) {
	list := []kept{}
	for _, e := range entries {
		if e.Account == "" {
			e.Account = account
		}
		zone := "UTC"
		if e.Location != nil {
			zone = e.Location.String()
		}
		k := kept{e.Name, e.Spec, zone, e.Missed, e.Kind, e.Args}
		_, err := k.schedule()
		switch {
		case err != nil:
			return nil, err
		case e.Name == "" || len(e.Name) > 200:
			return nil, fmt.Errorf("a cron entry of account %s has no name or one of over 200 bytes", account)
		case e.Account != account:
			return nil, fmt.Errorf("cron entry %q is of account %s, not %s", e.Name, e.Account, account)
		case slices.ContainsFunc(list, func(o kept) bool { return o.Name == e.Name }):
			return nil, fmt.Errorf("cron entry %q stands twice in account %s", e.Name, account)
		case e.Kind == "" || e.Kind == cronKind:
			return nil, fmt.Errorf("cron entry %q has no kind of job to start", e.Name)
		case e.Missed != "" && e.Missed != "run" && e.Missed != "skip":
			return nil, fmt.Errorf("cron entry %q: missed is %q; use run or skip", e.Name, e.Missed)
		}
		list = append(list, k)
	}
	return list, nil
}

// restoreEntries puts right what a crash between the settings and the queue may have left. An account whose entries cannot be
// read does not keep the others from working.
func (r *Runner) restoreEntries(ctx context.Context) {
	r.cron.Lock()
	defer r.cron.Unlock()
	all, err := r.c.Store.Settings(ctx, cronSettings)
	if err != nil {
		r.c.Logger.Error("the cron entries cannot be read; what waits already goes on", "err", err)
	}
	for name, value := range all {
		account := strings.TrimPrefix(name, cronSettings)
		var list []kept
		err := json.Unmarshal(value, &list)
		if err == nil {
			err = r.reconcile(ctx, account, list)
		}
		if err != nil {
			r.c.Logger.Error("the cron entries of an account cannot be restored", "account", account, "err", err)
		}
	}
}

// reconcile leaves exactly one waiting job for each entry. r.cron is held.
func (r *Runner) reconcile(ctx context.Context, account string, list []kept) error {
	now := r.c.Now()
	var add []store.Job
	waiting, err := r.cronJobs(ctx, account)
	if err != nil {
		return err
	}
	for i := range list {
		j, keepID, err := list[i].waiting(account, waiting, now)
		if err != nil {
			return err
		}
		delete(waiting, keepID)
		if keepID == "" && !j.Due.IsZero() {
			add = append(add, j)
		}
	}
	var done []string
	for id := range waiting {
		done = append(done, id)
	}
	slices.Sort(done)
	for len(done)+len(add) > 0 { // in Changes of bounded size
		n, m := min(len(done), 100), min(len(add), 100)
		_, err := r.c.Store.Commit(ctx, store.Change{
			Fan: store.FanID{Account: account}, Base: store.AnyRev, Cause: Cause(now, "cron", rand.Text()), At: now,
			Done: done[:n], Jobs: add[:m],
		})
		if err != nil {
			return fmt.Errorf("write the cron jobs of account %s: %w", account, err)
		}
		done, add = done[n:], add[m:]
	}
	r.Poke()
	return nil
}

// waiting finds the entry's job among those there are; keepID is empty when j has to be added.
func (k *kept) waiting(account string, jobs map[string]store.Job, now time.Time) (j store.Job, keepID string, err error) {
	for id, j := range jobs {
		var t tick
		if j.Name == k.Name && json.Unmarshal(j.Args, &t) == nil && t.clockwork == k.clockwork() {
			return j, id, nil
		}
	}
	s, err := k.schedule()
	if err != nil {
		return j, "", err
	}
	at := s.Next(now)
	if at.IsZero() {
		return j, "", nil
	}
	if j, err = k.job(account, at); err != nil {
		return j, "", err
	}
	if _, ok := jobs[j.ID]; ok {
		return j, j.ID, nil
	}
	return j, "", nil
}

func (r *Runner) cronJobs(ctx context.Context, account string) (map[string]store.Job, error) {
	all := map[string]store.Job{}
	for cursor := ""; ; {
		jobs, next, err := r.c.Store.Jobs(ctx, account, store.JobFilter{Kind: cronKind}, cursor, 1000)
		if err != nil {
			return nil, fmt.Errorf("list the cron jobs of account %s: %w", account, err)
		}
		for _, j := range jobs {
			all[j.ID] = j
		}
		if next == "" {
			return all, nil
		}
		cursor = next
	}
}

// tick is the worker of cron jobs: one Change ends this tick, starts the entry's run and arms the next tick.
func (r *Runner) tick(ctx context.Context, job store.Job) error {
	r.cron.Lock()
	defer r.cron.Unlock()
	now := r.c.Now()
	c := store.Change{Fan: store.FanID{Account: job.Account}, Base: store.AnyRev, Cause: job.ID, At: now, Done: []string{job.ID}}
	e, err := r.entry(ctx, job.Account, job.Name)
	if err != nil {
		return err
	}
	if e != nil {
		if c.Jobs, err = e.run(job, now); err != nil {
			return err
		}
		if len(c.Jobs) == 0 || c.Jobs[0].Kind == cronKind {
			r.c.Logger.Warn("a cron run was missed and is skipped", "account", job.Account, "entry", e.Name, "due", job.Due)
		}
	}
	if _, err := r.c.Store.Commit(ctx, c); err != nil {
		return fmt.Errorf("commit the tick of cron entry %q: %w", job.Name, err)
	}
	r.Poke()
	return nil
}

// run is what a tick starts: the entry's job unless it was missed and is to be skipped, and the next tick.
func (k *kept) run(job store.Job, now time.Time) ([]store.Job, error) {
	var t tick
	if err := json.Unmarshal(job.Args, &t); err != nil {
		return nil, fmt.Errorf("read the arguments of cron job %s: %w", job.ID, err)
	}
	var jobs []store.Job
	if k.Missed != "skip" || now.Sub(t.At) <= onTime {
		jobs = append(jobs, store.Job{
			ID: k.Kind + "/" + k.Name + "@" + stamp(t.At), Account: job.Account, Kind: k.Kind, Name: k.Name, Due: now, Args: k.Args,
		})
	}
	s, err := k.schedule()
	if err != nil {
		return nil, err
	}
	from := t.At
	if now.After(from) {
		from = now
	}
	if next := s.Next(from); !next.IsZero() {
		j, err := k.job(job.Account, next)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// entry reads one entry; nil if there is none by that name.
func (r *Runner) entry(ctx context.Context, account, name string) (*kept, error) {
	value, err := r.c.Store.Setting(ctx, cronSettings+account)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the cron entries of account %s: %w", account, err)
	}
	var list []kept
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, fmt.Errorf("read the cron entries of account %s: %w", account, err)
	}
	for i := range list {
		if list[i].Name == name {
			return &list[i], nil
		}
	}
	return nil, nil
}
