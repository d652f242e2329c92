package flows

import "time"

// window is the time in which a flow takes fans in: from..to, in the account's zone, both zero: always.
type window struct {
	From, To time.Time
	// Closes says what becomes of the fans who are in the flow at To: "" lets them go on, "leave" ends them.
	Closes string
}

// limit bounds the entries of a flow; 0: none.
type limit struct{ All, Day int64 }

// admit looks whether the fan may be enrolled in the flow now. why says what is against it; empty: nothing. call tells that
// another flow calls it. It may ask for what is kept outside: the error is then a need.
func (d *decision) admit(p *published, by string, call bool) (why string, err error) {
	f := &d.draft.fan
	past := f.Past[p.Name]
	switch {
	case p.Paused:
		return "paused", nil
	case f.Enrolled(p.Name) != nil:
		return "the fan is in it already", nil
	case !p.Again.allows(past.Count, past.LeftAt, d.draft.at):
		return "again", nil
	}
	return "", nil
}
