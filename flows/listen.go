package flows

// listeners let flows hear the event that do not take it.
func (d *decision) listeners() error { return nil }
