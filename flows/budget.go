package flows

import (
	"errors"
	"slices"

	"fanflow/store"
)

// fits finds a Change that would be larger than most bytes, with the receipt and with what other flows are told.
func (d *decision) fits(most int) error {
	if d.draft.size() < store.MaxChange/16 { // whatever JSON makes of it, and though some of it stands there more than once
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
	if err == nil && n > most {
		err = &failure{err: errTooMuch}
	}
	return err
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

var errTooMuch = errors.New("the flow wants to write more than 64 KB for one event: say or keep less")
