package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fanflow/store"
)

// plannedEvent is the event of an enrollment that was scheduled.
const plannedEvent = "enroll"

// plan is an enrollment that was scheduled, as the Args of its job.
type plan struct {
	Name    string                     `json:"name"` // the flow to enter
	Key     string                     `json:"key,omitempty"`
	Late    string                     `json:"late,omitempty"`
	Expires int64                      `json:"expires,omitempty"` // milliseconds since 1970
	Vars    map[string]json.RawMessage `json:"vars,omitempty"`
	Due     time.Time                  `json:"due"` // what it was planned for: its job's moves on while the flow is paused
}

// isPiece reports whether a key is that of a schedule, or of a further piece of its message.
func isPiece(key, of string) bool {
	rest, ok := strings.CutPrefix(key, of)
	return ok && strings.Trim(rest, "+") == ""
}

// oldPieces are how many pieces of a message are looked for that an earlier program has scheduled.
const oldPieces = 8

// isOldPiece is isPiece for what was scheduled before fans knew what waits under a key. There the id of the send stands for the
// key: a hash of the enrollment and the key.
func (w *walk) isOldPiece(old, key string) bool {
	if !strings.HasPrefix(old, "key-") {
		return false
	}
	for i := range oldPieces {
		piece := key + strings.Repeat("+", i)
		sum := sha256.Sum256([]byte(strings.Join([]string{w.d.fan.OpenID, w.flow.Name, strconv.Itoa(w.no), piece}, "\x00")))
		if old == "key-"+hex.EncodeToString(sum[:12]) {
			return true
		}
	}
	return false
}

// cancel takes back what waits under a key of this flow, all pieces of it. What is being sent already runs on.
func (w *walk) cancel(key string) error {
	if err := checkScheduleKey(key); err != nil {
		return err
	}
	running, err := w.takeBack(key, "cancelled: "+w.why)
	if err != nil || !running {
		return err
	}
	return w.note(store.Entry{Kind: store.Refused, Name: "cancel " + key, Key: key, Why: "it is being sent already"})
}

// takeBack takes back what waits under a key. running tells that some of it is being sent, which nothing stops.
func (w *walk) takeBack(key, why string) (running bool, err error) {
	for _, k := range slices.Clone(w.d.draft.fan.Keyed) {
		if k.Flow != w.flow.Name || !isPiece(k.Key, key) && !w.isOldPiece(k.Key, key) {
			continue
		}
		if k.Kind == "enroll" {
			w.d.draft.endJob(k.Job)
			if err := w.note(store.Entry{Kind: store.Unplanned, Key: k.Key, Due: k.Due, Job: k.Job, Why: why}); err != nil {
				return running, err
			}
			continue
		}
		runs, err := w.takeBackSend(&k, why)
		if err != nil {
			return running, err
		}
		running = running || runs
	}
	return running, nil
}

// takeBackSend takes a send back, one of this decision or one that waits in the store.
func (w *walk) takeBackSend(k *store.Keyed, why string) (running bool, err error) {
	d := w.d.draft
	channel := ""
	if i := slices.IndexFunc(d.sends, func(s store.Send) bool { return s.ID == k.Job }); i >= 0 {
		d.sends = slices.Clone(d.sends) // what save gave shares the array
		channel = d.sends[i].Channel
		d.sends[i].Status, d.sends[i].Reason = store.Cancelled, why
		d.endJob(k.Job)
	} else {
		a, err := w.d.ask(need{Kind: needSend, Key: k.Job})
		if err != nil || a.Status == store.InFlight {
			return err == nil, err
		}
		if a.Status != store.Waiting {
			return false, nil // it has just ended: the commit finds that the fan has changed
		}
		channel = a.Channel
		d.cancels = append(d.cancels, store.Cancel{Send: k.Job, Why: why})
	}
	return false, w.note(store.Entry{
		Kind: store.Settled, Send: k.Job, Channel: channel, Name: string(store.Cancelled), Key: k.Key, Why: why,
	})
}

// replaces takes back what waits under the key of something new. why is what the journal says of the new one.
func (w *walk) replaces(key, why string) (string, error) {
	if key == "" {
		return why, nil
	}
	running, err := w.takeBack(key, "replaced: "+w.why)
	if err != nil {
		return why, err
	}
	f := &w.d.draft.fan
	same := func(k store.Keyed) bool { return k.Flow == w.flow.Name && k.Key == key }
	if len(f.Keyed) >= store.MaxKeyed && !slices.ContainsFunc(f.Keyed, same) {
		return why, fmt.Errorf("the fan has %d schedules with a key waiting, and there can be no more: cancel some, or use one key again", store.MaxKeyed)
	}
	if running {
		why += "; what was ordered under the key before is being sent and runs on"
	}
	return why, nil
}

// enroll asks for an enrollment in another flow: at once, or at a time.
func (w *walk) enroll(flow string, vars map[string]json.RawMessage, o sendOptions) error {
	d := w.d
	if d.edition.ByName[flow] == nil {
		return fmt.Errorf("no flow %q is published%s", flow, didYouMean(flow, sortedKeys(d.edition.ByName)))
	}
	why, err := w.replaces(o.Key, w.why)
	if err != nil {
		return err
	}
	if o.At == "" && o.After == "" {
		if len(d.draft.enrolls) >= maxMoves {
			return fmt.Errorf("more than %d enrollments asked for by one event", maxMoves)
		}
		if err := d.draft.weigh(sizeOf(vars)); err != nil {
			return err
		}
		d.draft.enrolls = append(d.draft.enrolls, enrollWish{flow: flow, by: "flow " + w.flow.Name, vars: vars})
		return nil
	}
	due, expires, err := w.schedule(o)
	if err != nil {
		return err
	}
	p := plan{Name: flow, Key: o.Key, Late: o.Late, Vars: vars, Due: store.Stamp(due)}
	if !expires.IsZero() {
		p.Expires = expires.UnixMilli()
	}
	args, err := encode(p)
	if err != nil {
		return fmt.Errorf("encode the enrollment: %w", err)
	}
	if d.draft.planned++; d.draft.planned > maxSends {
		return fmt.Errorf("more than %d enrollments scheduled for one event", maxSends)
	}
	id := d.draft.nextID()
	d.draft.jobs = append(d.draft.jobs, store.Job{
		ID: id, Account: d.fan.Account, OpenID: d.fan.OpenID, Kind: "event", Due: due, Flow: w.flow.Name, No: w.no, Name: plannedEvent, Args: args,
	})
	return w.note(store.Entry{Kind: store.Planned, Name: flow, Key: o.Key, Due: due, Job: id, Why: why})
}

func sizeOf(vars map[string]json.RawMessage) (n int) {
	for _, raw := range vars {
		n += len(raw)
	}
	return n
}

// planned makes an enrollment that was scheduled, unless it comes too late.
func (d *decision) planned() error {
	var p plan
	if err := json.Unmarshal(d.job.Args, &p); err != nil {
		return fmt.Errorf("read the enrollment that job %s makes: %w", d.job.ID, err)
	}
	over := store.Entry{Kind: store.Unplanned, Flow: d.job.Flow, No: d.job.No, Name: p.Name, Key: p.Key, Due: p.Due, Job: d.job.ID}
	late := lateness{}
	switch flow := d.edition.ByName[p.Name]; {
	case flow == nil:
		over.Why = fmt.Sprintf("no flow %q is published", p.Name)
	case p.Expires != 0 && d.draft.at.UnixMilli() >= p.Expires:
		over.Why = "its time had passed"
	case flow.Paused: // as its timers
		held := *d.job
		held.Due, held.Why = d.draft.at.Add(pausedFor), heldWhy
		d.draft.jobs = append(d.draft.jobs, held)
		return nil
	default:
		if l, err := parseLate(p.Late); err == nil && p.Late != "" {
			late = l.judge(p.Due, d.draft.at, flow.Hours, d.account)
		}
		over.Why = late.why
	}
	if !late.until.IsZero() {
		return d.putOffPlan(&p, over, late.until)
	}
	if err := d.draft.add(over); err != nil || over.Why != "" {
		return err
	}
	d.draft.enrolls = append(d.draft.enrolls, enrollWish{flow: p.Name, by: "flow " + d.job.Flow, vars: p.Vars})
	return nil
}

// putOffPlan makes a scheduled enrollment wait on.
func (d *decision) putOffPlan(p *plan, over store.Entry, due time.Time) error {
	again := *d.job
	again.ID, again.Due, again.Attempt, again.Why = d.draft.nextID(), store.Stamp(due), 0, ""
	p.Due = again.Due
	args, err := encode(p)
	if err != nil {
		return fmt.Errorf("encode the enrollment: %w", err)
	}
	again.Args = args
	d.draft.jobs = append(d.draft.jobs, again)
	if err := d.draft.add(over); err != nil {
		return err
	}
	return d.draft.add(store.Entry{
		Kind: store.Planned, Flow: over.Flow, No: over.No, Name: p.Name, Key: p.Key, Due: again.Due, Job: again.ID, Why: over.Why,
	})
}
