package simulator_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

// TestMassKilledAnywhere goes on from a state file that ends behind any of the lines of a slow mass send, as a kill leaves it: no fan
// has the message twice, and what the platform told of its result it tells once.
func TestMassKilledAnywhere(t *testing.T) {
	c := simulator.Config{Start: noon, StateFile: crowd(t, t.TempDir(), 1700)} // 1666 in the first second
	p := start(t, c)
	token := p.token()
	p.want(p.post("message/mass/speed/set", token, `{"speed":4}`), 0)
	size := func() int {
		text, err := os.ReadFile(c.StateFile)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	before := size()
	p.want(p.post("message/mass/sendall", token, massAll("m", "c1")), 0)
	p.advance("20s")
	text, err := os.ReadFile(c.StateFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text[before:], []byte("\n"))
	for n := range lines {
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, slices.Concat(text[:before], bytes.Join(lines[:n], nil)), 0o600); err != nil {
			t.Fatal(err)
		}
		q := start(t, simulator.Config{StateFile: path})
		o := q.post("message/mass/sendall", token, massAll("m", "c1"))
		results := q.results("2m")
		for _, fan := range []string{crowdFan(0), crowdFan(1665), crowdFan(1666), crowdFan(1699)} {
			if got := len(q.inbox(fan)); got > 1 || got == 0 && len(results) > 0 && strings.HasPrefix(results[0], "send success") {
				t.Errorf("after %d lines: %s has %d messages, the results are %v", n, fan, got, results)
			}
		}
		if len(results) > 1 {
			t.Errorf("after %d lines: %v", n, results)
		}
		if id := o.text("msg_id"); id != "" && q.post("message/mass/get", token, `{"msg_id":`+id+`}`).text("msg_status") == "SENDING" {
			t.Errorf("after %d lines: the send %s never ends", n, id)
		}
	}
}
