package flows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fanflow/plugins/fetch"
	"fanflow/plugins/std/http"
	"fanflow/store"
)

// callKind is the kind of the jobs that make a request which is no reading.
const callKind = "http"

const (
	maxErrands  = 20       // that one decision may order
	maxCallArgs = 32 << 10 // bytes of one in JSON
	callLimit   = 10 * time.Second
	callsAtOnce = 16 // of all accounts: a system that does not answer leaves most of the scheduler's workers to others
	callBusy    = time.Second
	maxPatience = time.Hour // that Retry-After is listened to
)

// callDelays are the waits before a call is tried again.
var callDelays = []time.Duration{
	time.Second, 5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
}

// callArgs are the Args of a call's job.
type callArgs struct {
	http.Request
	As    string    `json:"as"`
	Key   string    `json:"key,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Flow  string    `json:"flow,omitempty"` // that ordered it, with No of its enrollment
	No    int       `json:"no,omitempty"`
}

// Call orders a request of a script: it is a job of the Change.
func (p *port) Call(r http.Request, o http.Order) (string, error) {
	if p.walk.hook == beforeSend {
		return "", errors.New("before_send orders no calls: it may read over HTTP, and the rest is for on_event or after_send")
	}
	ordered := 0
	for i := range p.d.draft.jobs {
		if p.d.draft.jobs[i].Kind == callKind {
			ordered++
		}
	}
	if ordered >= maxErrands {
		return "", fmt.Errorf("one decision orders at most %d calls", maxErrands)
	}
	args := callArgs{Request: r, As: o.As, Key: o.Key, Flow: p.flow.Name}
	if w := p.serves(); w != nil {
		args.No = w.no
	}
	if o.Expires > 0 {
		args.Until = p.d.draft.at.Add(o.Expires)
	}
	job, err := args.job(p.d.draft.nextID(), p.d.fan, p.d.draft.at, p.d.event.Depth+1)
	if err != nil {
		return "", err
	}
	if err := p.enter(store.Entry{Kind: store.Asked, No: args.No, Name: address(&r), Key: o.Key, Job: job.ID}); err != nil {
		return "", err
	}
	if err := p.d.draft.weigh(len(job.Args)); err != nil {
		return "", err
	}
	p.d.draft.jobs = append(p.d.draft.jobs, job)
	return job.ID, nil
}

// serves is the walk that the script runs for; nil where it serves none.
func (p *port) serves() *walk {
	if s := p.d.scripts[p.flow]; s != nil && s.call != nil {
		return s.call.walk
	}
	return p.walk
}

// job makes the job of a call. An account's own call has no OpenID in fan.
func (a *callArgs) job(id string, fan store.FanID, now time.Time, depth int) (store.Job, error) {
	raw, err := encode(a)
	if err != nil {
		return store.Job{}, fmt.Errorf("encode the call: %w", err)
	}
	if len(raw) > maxCallArgs {
		return store.Job{}, fmt.Errorf("the call is longer than %d KB", maxCallArgs>>10)
	}
	return store.Job{
		ID: id, Account: fan.Account, OpenID: fan.OpenID, Kind: callKind, Name: a.As, Due: now, Flow: a.Flow, No: a.No, Args: raw, Depth: depth,
	}, nil
}

// outcall makes the call that a script has ordered, with the hosts and secrets of now. The job stays until it has ended one way or the
// other, so that after a crash it is made again, under the same key.
func (e *Engine) outcall(ctx context.Context, acc *Account, job store.Job) error {
	t := task{fan: job.Fan(), cause: job.ID, job: &job, now: e.now()}
	select {
	case e.calls <- struct{}{}:
		defer func() { <-e.calls }()
	default:
		return e.snooze(ctx, t, t.now.Add(callBusy), "too many calls are being made")
	}
	var args callArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return fmt.Errorf("read the call of job %s: %w", job.ID, err)
	}
	if gone, err := e.erased(ctx, job); gone || err != nil {
		if err != nil {
			return err
		}
		return e.drop(ctx, t)
	}
	if !args.Until.IsZero() && t.now.After(args.Until) {
		why := "expired: it was not to be made after " + args.Until.In(acc.Location).Format(time.DateTime)
		if job.Why != "" {
			why += "; " + job.Why
		}
		return e.answered(ctx, t, &args, &httpAnswer{Why: cut(why, shortWhy)}, false)
	}
	a, err := e.request(ctx, acc, errand{Request: args.Request, limit: callLimit, key: args.idempotency(&job)})
	if err != nil {
		return fmt.Errorf("make the call of job %s: %w", job.ID, err)
	}
	t.now = e.now()
	switch {
	case a.done():
		return e.answered(ctx, t, &args, a, true)
	case a.final(), job.Attempt >= len(callDelays):
		return e.answered(ctx, t, &args, a, false)
	}
	wait := callDelays[job.Attempt]
	if asked, ok := a.retryAfter(t.now); ok {
		wait = max(wait, asked) // who asks for less is no reason to be out of tries within seconds
	}
	due := t.now.Add(wait)
	if over := args.Until.Add(time.Millisecond); !args.Until.IsZero() && due.After(over) {
		due = over // its end is told when it comes
	}
	again := job
	again.Attempt++
	t.job = &again
	return e.snooze(ctx, t, due, a.failure())
}

// erased reports whether the fan of a job is no more.
func (e *Engine) erased(ctx context.Context, job store.Job) (bool, error) {
	if job.OpenID == "" {
		return false, nil
	}
	snap, err := e.store.Load(ctx, job.Fan(), "")
	if err != nil {
		return false, fmt.Errorf("load fan %s: %w", job.Fan(), err)
	}
	return snap.Fan.Erased, nil
}

// answered ends a call: its job ends, and its fan hears of it, in one Change.
func (e *Engine) answered(ctx context.Context, t task, args *callArgs, a *httpAnswer, ok bool) error {
	c := store.Change{
		Fan: store.FanID{Account: t.fan.Account}, Cause: t.job.ID, At: store.Stamp(t.now), Done: []string{t.job.ID},
	}
	if t.fan.OpenID != "" {
		next, err := answerJob(t, args, a, ok)
		if err != nil {
			return err
		}
		c.Jobs = []store.Job{next}
	} else if !ok {
		e.logger.WarnContext(ctx, "a call has failed", "account", t.fan.Account, "flow", args.Flow, "call", args.As, "why", a.failure())
	}
	_, err := e.store.Commit(ctx, c)
	switch {
	case errors.Is(err, store.ErrGone):
		return nil
	case err != nil:
		return fmt.Errorf("end the call of job %s: %w", t.job.ID, err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}

// idempotency is the call's key, the same at every try. A job's id may hold what no header may: then its digest stands for it.
func (a *callArgs) idempotency(job *store.Job) string {
	if a.Key != "" {
		return a.Key
	}
	if strings.ContainsFunc(job.ID, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		sum := sha256.Sum256([]byte(job.Account + "\n" + job.ID))
		return hex.EncodeToString(sum[:16])
	}
	return job.ID
}

// done reports whether the other system has done what the call asked for, though its answer may be of no use.
func (a *httpAnswer) done() bool {
	return a.Status >= 200 && a.Status < 300 && slices.Contains([]fetch.Fault{"", fetch.Large, fetch.Encoding}, a.Fault)
}

// final reports whether the same call would come to the same.
func (a *httpAnswer) final() bool {
	if slices.Contains([]fetch.Fault{fetch.Denied, fetch.Private, fetch.Redirect}, a.Fault) {
		return true
	}
	return a.Status >= 300 && a.Status < 500 && !slices.Contains([]int{408, 425, 429}, a.Status)
}

// failure says what went wrong; empty: nothing.
func (a *httpAnswer) failure() string {
	switch {
	case a.Fault != "":
		return string(a.Fault) + ": " + a.Why
	case a.Why != "":
		return a.Why
	case a.Status < 200 || a.Status > 299:
		return fmt.Sprintf("status %d", a.Status)
	}
	return ""
}

// retryAfter is how long the other system wants to be left alone. Source: RFC 9110, section 10.2.3.
func (a *httpAnswer) retryAfter(now time.Time) (time.Duration, bool) {
	text := a.Headers["retry-after"]
	if text == "" {
		return 0, false
	}
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := time.Parse(time.RFC1123, text); err == nil {
		wait = at.Sub(now)
	} else {
		return 0, false
	}
	return min(max(wait, time.Second), maxPatience), true
}
