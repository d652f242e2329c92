package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fanflow/store"
)

// window is the time in which a flow takes fans in. From and To are readings of the clock in the account's zone, kept as if they
// were UTC; a zero one bounds nothing. To itself is outside.
type window struct {
	From, To time.Time
	// Closes says what becomes of the fans who are in the flow at To: "" lets them go on, "leave" ends them.
	Closes string
}

// atZone gives the moment at which clocks of the zone read t.
func atZone(t time.Time, zone *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, zone)
}

// shut says why the window takes nobody in at the moment; empty: it does.
func (w *window) shut(now time.Time, zone *time.Location) string {
	switch {
	case !w.From.IsZero() && now.Before(atZone(w.From, zone)):
		return "window: opens at " + w.From.Format(minuteLayout)
	case !w.To.IsZero() && !now.Before(atZone(w.To, zone)):
		return "window: closed at " + w.To.Format(minuteLayout)
	}
	return ""
}

// ends reports whether those who are in the flow have to leave it by now.
func (w *window) ends(now time.Time, zone *time.Location) bool {
	return w.Closes == closesLeave && !w.To.IsZero() && !now.Before(atZone(w.To, zone))
}

// closesLeave ends the enrollments of a flow with its window.
const closesLeave = "leave"

const (
	dayLayout    = "2006-01-02"
	minuteLayout = "2006-01-02 15:04"
)

// limit bounds the entries of a flow; 0: none.
type limit struct{ All, Day int64 }

// inAlready is why a flow does not take in who is in it: no news, so that the journal does not keep it.
const inAlready = "the fan is in it already"

// admit looks whether the fan may be enrolled in the flow now. why says what is against it; empty: nothing, and enroll may
// follow. call tells that another flow calls it. It may ask for what is kept outside: the error is then a need.
func (d *decision) admit(p *published, by string, call bool) (why string, err error) {
	f := &d.draft.fan
	past := f.Past[p.Name]
	delete(d.places, p.Name)
	switch {
	case f.Enrolled(p.Name) != nil:
		return inAlready, nil
	case p.Paused:
		return "paused", nil
	case !call && !p.Again.allows(past.Count, past.LeftAt, d.draft.at):
		return "again: " + p.Again.refusal(past, d.account.Location), nil
	}
	if why := p.Window.shut(d.now, d.account.Location); why != "" {
		return why, nil
	}
	if h := p.Holdout; h.holds(p.Name, f.ID.OpenID) && h.State == "" {
		return "holdout", nil
	}
	return d.place(p)
}

// entriesPool is the pool that the entries of a flow are units of: who holds one of 1 to the limit is in. It begins with what no
// script may write.
func entriesPool(flow string) string { return reservedKeys + "entries/" + flow }

// place claims the entry's units of a flow with limits. They are taken by the part that begins the enrollment, so that a failing
// one gives them back.
func (d *decision) place(p *published) (why string, err error) {
	day := d.now.In(d.account.Location).Format(dayLayout)
	for _, l := range []struct {
		most int64
		pool string
		full string
	}{
		{p.Limit.All, entriesPool(p.Name), "limit: all %d places are taken"},
		{p.Limit.Day, entriesPool(p.Name) + "/" + day, "limit: all %d places of the day are taken"},
	} {
		if l.most <= 0 {
			continue
		}
		a, err := d.ask(need{Kind: needUnits, Key: l.pool, N: 1, Limit: l.most})
		if errors.As(err, new(*failure)) { // asked for too much: nobody's part could be blamed here
			return "limit: too much was asked for in one event", nil
		}
		if err != nil {
			return "", err
		}
		if !a.Found {
			return fmt.Sprintf(l.full, l.most), nil
		}
		d.places[p.Name] = append(d.places[p.Name], store.Claim{Key: l.pool, From: a.First, To: a.First})
	}
	return "", nil
}

// refuse notes that a rule matched and its flow did not take the fan in: once per decision and flow.
func (d *decision) refuse(flow, rule, why string) error {
	d.tried(verdict{Flow: flow, Rule: rule, Said: "refused: " + why})
	if why == inAlready || d.refused[flow] || !d.event.Acts && d.snapshot.Rev == 0 {
		return nil
	}
	d.refused[flow] = true
	_, err := d.within(func() error {
		return d.draft.add(store.Entry{Kind: store.Refused, Flow: flow, Name: rule, Why: why})
	})
	return err
}

// join enrolls the fan by a wish, if the flow takes them in.
func (d *decision) join(p *published, wish enrollWish) (in bool, err error) {
	why, err := d.admit(p, wish.by, wish.caller != nil)
	if err != nil {
		return false, err
	}
	if why != "" {
		return false, d.refuse(p.Name, wish.by, why)
	}
	return true, d.begin(p.compiled, wish)
}

// enroll starts an enrollment that was admitted, with variables, and enters the first state. by says what led to it.
func (d *decision) enroll(flow *compiled, by string, vars map[string]json.RawMessage) error {
	return d.begin(flow, enrollWish{flow: flow.Name, by: by, vars: vars})
}

// begin starts an enrollment that was admitted.
func (d *decision) begin(flow *compiled, wish enrollWish) error {
	return d.part(flow, func() error {
		facts, err := d.entryFacts(flow)
		if err != nil {
			return err
		}
		if wish.caller != nil {
			if facts == nil {
				facts = &store.Facts{}
			}
			facts.Caller = wish.caller
		}
		no := d.draft.fan.Past[flow.Name].Count + 1
		d.draft.claims = append(d.draft.claims, d.places[flow.Name]...)
		err = d.draft.add(store.Entry{
			Kind: store.Enrolled, Flow: flow.Name, No: no, Version: flow.Version, Pub: d.pub(flow), Name: countable(wish.by), Priority: flow.Priority,
			Day: d.now.In(d.account.Location).Format(dayLayout), Facts: facts,
		})
		if err != nil {
			return err
		}
		w := d.walk(flow, no)
		w.why = "enrolled by " + wish.by
		for _, name := range sortedKeys(wish.vars) {
			if err := w.setVar(name, wish.vars[name]); err != nil {
				return err
			}
		}
		return w.start(w.why)
	})
}
