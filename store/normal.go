package store

import (
	"slices"
	"time"
)

// Stamp is a time as stores keep it: UTC, whole milliseconds.
func Stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Normal is the Change with all its times as stores keep them. c is not changed; values that hold no time are shared with it.
func (c Change) Normal() Change {
	c.At = Stamp(c.At)
	c.Entries = slices.Clone(c.Entries)
	for i := range c.Entries {
		e := &c.Entries[i]
		e.Due, e.Created = Stamp(e.Due), Stamp(e.Created)
		if e.Window != nil {
			w := *e.Window
			w.Opened, w.Until = Stamp(w.Opened), Stamp(w.Until)
			e.Window = &w
		}
	}
	c.Jobs = slices.Clone(c.Jobs)
	for i := range c.Jobs {
		c.Jobs[i].Due = Stamp(c.Jobs[i].Due)
	}
	c.Snooze = slices.Clone(c.Snooze)
	for i := range c.Snooze {
		c.Snooze[i].Due = Stamp(c.Snooze[i].Due)
	}
	c.Sends = slices.Clone(c.Sends)
	for i := range c.Sends {
		s := &c.Sends[i]
		s.Created, s.Due, s.Expires = Stamp(s.Created), Stamp(s.Due), Stamp(s.Expires)
		s.Tried, s.SentAt = Stamp(s.Tried), Stamp(s.SentAt)
		if string(s.Content) == "null" {
			s.Content = nil
		}
	}
	c.Spends = slices.Clone(c.Spends)
	for i := range c.Spends {
		c.Spends[i].Resets = Stamp(c.Spends[i].Resets)
	}
	return c
}
