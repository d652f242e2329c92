package simulator

import (
	"fmt"
	"testing"
	"time"
)

// TestNothingGrowsForEver: ids for de-duplication, tokens, and who sent what on which day are forgotten when they are out of date,
// also without a state file.
func TestNothingGrowsForEver(t *testing.T) {
	s, err := New(Config{Start: time.Date(2026, 11, 8, 4, 0, 0, 0, time.UTC), Accounts: []Account{{Name: "shop", Type: typeService, AppID: "wx1"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := s.accounts["wx1"]
	for day := range 100 {
		s.clock.setOffset(time.Duration(day)*24*time.Hour + time.Until(time.Now()))
		a.mu.Lock()
		for i := range 10 {
			a.remember(fmt.Sprintf("template/%d/%d", day, i), onceKey{Until: a.now().Add(onceTemplate)})
			a.mint(false, a.now())
		}
		a.noteMessage(fmt.Sprintf("fan%d", day), "text", a.now())
		a.mu.Unlock()
	}
	if n := len(a.once); n > 20 {
		t.Errorf("%d ids", n)
	}
	if n := len(a.tokens); n > 40 {
		t.Errorf("%d tokens", n)
	}
	if n := len(a.writers.rows); n > writerDays+1 {
		t.Errorf("%d days of messages", n)
	}
}
