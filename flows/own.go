package flows

// own lets the account's own words (人工, 退订) take the event before any flow does.
func (d *decision) own() (taken bool, err error) { return false, nil }
