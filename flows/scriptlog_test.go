package flows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// log gives the log of a flow, oldest first, as "level text", with ! before what was undone and x before what failed.
func (w *world) log(kind, name string) (out []string) {
	w.t.Helper()
	lines, err := w.engine.Log(account, kind, name)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range lines {
		s := l.Level + " " + l.Text
		if l.Failed {
			first, _, _ := strings.Cut(l.Text, "\n")
			s = "x " + first
		}
		if l.Undone {
			s = "! " + s
		}
		out = append([]string{s}, out...)
	}
	return out
}

// traced gives the lines that the fan's last decision keeps.
func (w *world) traced(openID string) (out []string) {
	w.t.Helper()
	rows := w.rows(openID, store.Decided)
	var trace struct {
		Log []struct {
			Flow, Level, Text string
			Undone            bool
		}
	}
	if err := json.Unmarshal(rows[len(rows)-1].Value, &trace); err != nil {
		w.t.Fatal(err)
	}
	for _, l := range trace.Log {
		s := l.Level + " " + l.Text
		if l.Undone {
			s = "! " + s
		}
		out = append(out, s)
	}
	return out
}

// TestScriptLogOnce: what a script writes is kept once, in the fan's journal and in the flow's log, however often the decision was
// run: here each of three keys ends a run that wrote before it.
func TestScriptLogOnce(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "talk", triggers = { text = { "go" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan)
  print("begins", 1)
  kv.get("a") kv.get("b") kv.set("c", kv.increment("n", 1))
  log.info("ends")
  fan:reply("done")
end } } } }`)
	expect(t, "reply", w.text("fan", "go"), "done")
	want := "info begins\t1|info ends"
	expect(t, "runs", w.last().Runs, 4)
	expect(t, "log", strings.Join(w.log(store.KindFlow, "talk"), "|"), want)
	expect(t, "trace", strings.Join(w.traced("fan"), "|"), want)
	lines, err := w.engine.Log(account, store.KindFlow, "talk")
	if err != nil {
		t.Fatal(err)
	}
	l := lines[0]
	if l.OpenID != "fan" || l.Version != 1 || !l.At.Equal(w.clock()) {
		t.Errorf("line %+v", l)
	}
	if _, err := w.engine.Log("nobody", store.KindFlow, "talk"); err == nil {
		t.Error("the log of no account is given")
	}
}

// TestScriptLogUndone: "A script that fails … changes nothing of its flow": but what it wrote stays, marked, and its failure stands
// beside it with the traceback.
func TestScriptLogUndone(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "talk", triggers = { text = { "go" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan)
  fan:tag("x")
  log.info("before")
  error("broken")
end } } } }`)
	expect(t, "reply", w.text("fan", "go"), apology)
	expect(t, "trace", strings.Join(w.traced("fan"), "|"), "! info before")
	expect(t, "log", strings.Join(w.log(store.KindFlow, "talk"), "|"), "! info before|x test.lua:4: broken")
	lines, _ := w.engine.Log(account, store.KindFlow, "talk")
	if !strings.Contains(lines[0].Text, "\n") || lines[0].Level != "error" {
		t.Errorf("the failure is told as %+v", lines[0])
	}
	if f := w.fan("fan"); len(f.Tags) != 0 {
		t.Errorf("tags %v", f.Tags)
	}
}

// TestScriptLogOfTimer: a timer that is tried three times tells its lines each time.
func TestScriptLogOfTimer(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "talk", triggers = { text = { "go" } }, first = "a", states = { a = { after = { ["1h"] = { run = function(fan)
  log.info("try")
  error("broken")
end } } } } }`)
	w.text("fan", "go")
	w.advance(2 * time.Hour)
	expect(t, "log", strings.Join(w.log(store.KindFlow, "talk"), "|"), strings.TrimSuffix(strings.Repeat("! info try|x test.lua:3: broken|", 3), "|"))
}

// TestScriptLogBounded: a flood of lines costs a decision 20 lines or 2 KB, and a flow's log 200 lines.
func TestScriptLogBounded(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "talk", triggers = { text = { "many", "long" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan, event)
  for i = 1, 500 do log.info(event.text == "many" and i or string.rep("汉", 300)) end
end } } } }`)
	w.text("fan", "many")
	got := w.traced("fan")
	if len(got) != 21 || got[0] != "info 1" || got[20] != "info … 480 more" {
		t.Errorf("%d lines: %q", len(got), got)
	}
	w.text("fan", "long")
	if got := w.traced("fan"); len(got) != 3 || got[2] != "info … 498 more" {
		t.Errorf("%d lines: %.200q", len(got), got)
	}
	for range 40 {
		w.text("fan", "many")
	}
	if all := w.log(store.KindFlow, "talk"); len(all) != 200 || all[199] != "info … 480 more" {
		t.Errorf("the log holds %d lines", len(all))
	}
}

// TestScriptLogRooms: the logs of scripts that were silent for the longest give way.
func TestScriptLogRooms(t *testing.T) {
	w := newWorld(t)
	for i := range 400 {
		w.engine.Remark(account, store.KindFlow, fmt.Sprint("flow", i), "info", "hello")
		w.engine.Remark(account, store.KindPlugin, "crm", "warn", fmt.Sprint(i))
	}
	expect(t, "first", len(w.log(store.KindFlow, "flow0")), 0)
	expect(t, "last", len(w.log(store.KindFlow, "flow399")), 1)
	expect(t, "busy", len(w.log(store.KindPlugin, "crm")), 200)
	w.engine.Remark(account, store.KindFlow, "long", "error", strings.Repeat("x", 80<<10))
	w.engine.Remark(account, store.KindFlow, "long", "error", "y")
	lines, _ := w.engine.Log(account, store.KindFlow, "long")
	if len(lines) != 1 || lines[0].Text != "y" {
		t.Errorf("a line longer than the log leaves %d lines", len(lines))
	}
}
