package main

import (
	"testing"
	"time"
)

func TestDaytime(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	for clock, want := range map[string]string{"00:00": "12:00", "09:59": "12:00", "10:00": "10:00", "23:30": "23:30"} {
		now, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-22 "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := daytime(now).Format("2006-01-02 15:04"); got != "2026-11-22 "+want {
			t.Errorf("at %s a demo begins at %s, want %s", clock, got, want)
		}
	}
}
