package flows

// plannedEvent is the event of an enrollment that was scheduled.
const plannedEvent = "enroll"

// planned makes an enrollment that was scheduled.
func (d *decision) planned() error { return nil }
