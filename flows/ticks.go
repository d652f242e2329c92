package flows

import (
	"context"

	"fanflow/store"
)

// tickEvent is the event of a trigger by time.
const tickEvent = "time"

// tick enrolls the fan by a trigger by time.
func (d *decision) tick() error { return nil }

// tickPage offers a trigger by time to a page of fans.
func (e *Engine) tickPage(ctx context.Context, acc *Account, c *chore, fans []store.Fan) error {
	return nil
}
