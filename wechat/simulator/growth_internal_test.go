package simulator

import (
	"fmt"
	"testing"
	"time"
)

// TestNothingGrowsForEver: ids for de-duplication, tokens, what was said to agents, and who sent what on which day are forgotten when they are out of date,
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
	a.mu.Lock()
	for i := range recordMemory + 3*recordSlack {
		s.keepRecord(a, record{OpenID: "fan1", Agent: "a@shop", Code: byFan, Text: fmt.Sprint(i), At: a.now()})
	}
	newest := a.sends.records.rows[recordKey(s.ids.next()-1)]
	a.mu.Unlock()
	if n := len(a.sends.records.rows); n >= recordMemory+recordSlack || n < recordMemory || newest.Text != fmt.Sprint(recordMemory+3*recordSlack-1) {
		t.Errorf("%d records of agents, the newest %q", n, newest.Text)
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
