package store

import (
	"encoding/json"
	"time"
)

// What a record takes in JSON beside its texts and values, at most: names of fields, numbers, times, marks.
const (
	roomChange = 512
	roomEntry  = 1024
	roomJob    = 512
	roomSend   = 640
	roomSmall  = 256 // the others
)

// room adds up how large a Change may be in JSON, without encoding it.
type room struct {
	n     int
	doubt bool // something in it may be no JSON
}

// text makes room for texts that JSON may escape: six bytes for one.
func (r *room) text(texts ...string) {
	for _, s := range texts {
		r.n += 6 * len(s)
	}
}

// value makes room for what is JSON already.
func (r *room) value(v json.RawMessage) {
	r.n += len(v)
	r.doubt = r.doubt || v != nil && !json.Valid(v)
}

// times looks for years that cannot be written.
func (r *room) times(times ...time.Time) {
	for _, t := range times {
		if year := t.UTC().Year(); year < 1 || year > 9998 {
			r.doubt = true
		}
	}
}

// surelyFits reports that the Change can be encoded and is not over MaxChange. It is quick, and false does not say the
// contrary: then Size has to tell.
func (c *Change) surelyFits() bool {
	r := c.room()
	return !r.doubt && r.n <= MaxChange
}

func (c *Change) room() room {
	r := room{n: roomChange}
	r.text(c.Fan.Account, c.Fan.OpenID, c.Cause)
	r.value(c.Receipt)
	r.times(c.At)
	for i := range c.Entries {
		r.entry(&c.Entries[i])
	}
	for i := range c.Jobs {
		j := &c.Jobs[i]
		r.n += roomJob
		r.text(j.ID, j.Account, j.OpenID, j.Kind, j.Flow, j.State, j.Name, j.Why)
		r.value(j.Args)
		r.times(j.Due)
	}
	for i := range c.Sends {
		s := &c.Sends[i]
		r.n += roomSend
		r.text(s.ID, s.Account, s.OpenID, s.Flow, s.Channel, s.Purpose, string(s.Status), s.Reason, s.Late, s.Passed)
		r.value(s.Content)
		r.times(s.Created, s.Due, s.Expires, s.Tried, s.SentAt)
	}
	r.small(c)
	return r
}

func (r *room) entry(e *Entry) {
	r.n += roomEntry
	r.text(string(e.Kind), e.Flow, e.State, e.From, e.Name, e.Text, e.Why, e.Day, e.Send, e.Job, e.Channel)
	r.text(e.Key)
	r.value(e.Value)
	r.times(e.Due, e.Created)
	if f := e.Facts; f != nil {
		r.n += roomSmall + 16*(len(f.Tags)+2*len(f.Variants))
		r.text(f.Scene)
		r.text(f.Tags...)
		for experiment, arm := range f.Variants {
			r.text(experiment, arm)
		}
		if f.Caller != nil {
			r.text(f.Caller.Flow)
		}
	}
	if w := e.Window; w != nil {
		r.text(w.Trigger)
		r.times(w.Opened, w.Until)
	}
}

// small makes room for the lists of small records.
func (r *room) small(c *Change) {
	r.n += roomSmall * (len(c.Cancels) + len(c.Done) + len(c.Snooze) + len(c.Claims) + len(c.Reads) + len(c.Writes) + len(c.Spends))
	r.text(c.Done...)
	for i := range c.Snooze {
		r.text(c.Snooze[i].Job, c.Snooze[i].Why)
		r.times(c.Snooze[i].Due)
	}
	for i := range c.Cancels {
		r.text(c.Cancels[i].Send, c.Cancels[i].Why)
	}
	for i := range c.Claims {
		r.text(c.Claims[i].Key)
	}
	for i := range c.Reads {
		r.text(c.Reads[i].Key)
	}
	for i := range c.Writes {
		r.text(c.Writes[i].Key)
		r.value(c.Writes[i].Value)
		r.n += 64 * len(c.Writes[i].Free)
	}
	for i := range c.Spends {
		r.text(c.Spends[i].Quota, c.Spends[i].Period)
		r.times(c.Spends[i].Resets)
	}
}
