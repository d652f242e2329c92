package store

import "time"

// Fold applies one entry to f in place, by the rules of [Apply]: what a decision uses to see the effect of what it has
// collected so far. It leaves Rev and Seq alone. Entries of one Change are given the same time.
func Fold(f *Fan, e Entry, at time.Time) error {
	a := Applied{Fan: *f, uncounted: true}
	if err := a.entry(e, Stamp(at)); err != nil {
		return err
	}
	*f = a.Fan
	return nil
}
