package flows

import (
	"errors"
	"slices"

	"fanflow/store"
)

// fits finds a Change that would be larger than most bytes, with the receipt, with what other flows are told, and with the trace.
func (d *decision) fits(most int) error {
	event, answers := 0, 0
	if !d.unkept {
		var err error
		if event, answers, err = d.traceRoom(); err != nil {
			return err
		}
	}
	if d.draft.size()+event+answers < store.MaxChange/16 { // whatever JSON makes of it, and though some of it stands there more than once
		return nil
	}
	c, err := d.change()
	if err != nil {
		return err
	}
	jobs, err := d.tidings()
	if err != nil {
		return err
	}
	c.Jobs = slices.Concat(c.Jobs, jobs)
	n, err := c.Size()
	switch {
	case err != nil:
		return err
	case n > most:
		return &failure{err: errTooMuch}
	case n+answers > most:
		return &failure{err: errReadsMuch}
	}
	return nil
}

// within adds to the draft, and takes it back and reports false where the Change would become too large.
func (d *decision) within(add func() error) (bool, error) {
	before := d.draft.save()
	err := add()
	if err == nil {
		err = d.fits(store.MaxChange)
	}
	if errors.As(err, new(*failure)) {
		*d.draft = before
		return false, nil
	}
	return err == nil, err
}

var (
	errTooMuch   = errors.New("the flow wants to write more than 64 KB for one event: say or keep less")
	errReadsMuch = errors.New("the flow reads and writes more than 64 KB for one event: keep less under the keys that it reads")
)
