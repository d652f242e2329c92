package flows

import (
	"fmt"
	"time"

	"fanflow/store"
)

// publishedEvent brings a fan through the publications of a flow, with nothing else.
const publishedEvent = "published"

// modernise moves the enrollments whose state the published version still has to that version, and sets the timers that are
// new in it, counted from when the state was entered. Timers that both versions declare are set already; one that the new
// version has not will be found stale when it fires.
func (d *decision) modernise() error {
	for i := range d.draft.fan.Live {
		n := d.draft.fan.Live[i]
		p := d.edition.ByName[n.Flow]
		if p == nil || p.Paused || p.Version == n.Version || p.States[n.State] == nil {
			continue
		}
		old := d.flowOf(&n)
		err := d.draft.add(store.Entry{
			Kind: store.Versioned, Flow: n.Flow, No: n.No, Version: p.Version, State: n.State,
			Why: fmt.Sprintf("version %d was published; it was %d", p.Version, n.Version),
		})
		if err != nil {
			return err
		}
		for j := range p.States[n.State].Timers {
			t := &p.States[n.State].Timers[j]
			if old != nil && old.States[n.State] != nil && old.States[n.State].timer(t.Name) != nil {
				continue
			}
			if err := d.arm(&n, t, time.Time{}, ""); err != nil {
				return err
			}
		}
	}
	return nil
}
