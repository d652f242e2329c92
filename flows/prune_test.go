package flows_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/store/mem"
)

// unpruned makes the same script of a source, line by line, whose Handlers are the whole program: the name of what takes the literal
// is a local.
func unpruned(source string) string { return "local flow = flow " + source }

// twins are two worlds: in the first, decisions run the handlers of flows, in the second their whole programs. All that happens to
// both must come out the same, byte for byte.
type twins [2]*world

// publish publishes a flow in both, and reports whether pruning left anything out of it.
func (tw twins) publish(t *testing.T, file, source string) (pruned bool) {
	t.Helper()
	for i, text := range []string{source, unpruned(source)} {
		tw[i].publish(store.KindFlow, file, text)
		p, err := sandbox.Compile(file, text)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 && p.Handlers() != p {
			t.Fatalf("%s: the twin is pruned, too", file)
		}
		if i == 0 {
			pruned = p.Handlers() != p
		}
	}
	return pruned
}

func (tw twins) both(do func(w *world) string) (string, string) { return do(tw[0]), do(tw[1]) }

// same compares all rows of the fans, sends and errors among them.
func (tw twins) same(t *testing.T, fans []string) (rows int) {
	t.Helper()
	for _, fan := range fans {
		a, b := tw[0].journal(fan), tw[1].journal(fan)
		rows += len(a)
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) {
				t.Fatalf("%s has %d rows with handlers and %d with the whole programs", fan, len(a), len(b))
			}
			if x, y := rowJSON(t, a[i]), rowJSON(t, b[i]); x != y {
				t.Fatalf("row %d of %s:\nhandlers %s\nwhole    %s", i, fan, x, y)
			}
		}
	}
	return rows
}

func rowJSON(t *testing.T, r store.Row) string {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// live lets the same happen in both.
func (tw twins) live(t *testing.T, steps []modelStep) {
	t.Helper()
	for _, s := range steps {
		if a, b := tw.both(func(w *world) string { return w.live(s) }); a != b {
			t.Fatalf("%s: handlers answer %q, whole programs %q", s, a, b)
		}
	}
}

func (w *world) live(s modelStep) string {
	switch s.What {
	case "text", "two":
		return w.text(s.Fan, s.Arg)
	case "click":
		return w.click(s.Fan, s.Arg)
	case "scan":
		return w.scan(s.Fan, s.Arg)
	case "subscribe":
		return w.subscribe(s.Fan, s.Arg)
	case "place":
		return w.place(s.Fan, 31.2, 121.5)
	case "hook":
		h := flows.Hook{Event: s.Arg, OpenID: s.Fan, Create: true, Data: json.RawMessage(`{"no":"A7"}`), Key: fmt.Sprint(w.ids.Add(1))}
		if _, err := w.engine.Hook(w.t.Context(), account, h); err != nil {
			w.t.Fatal(err)
		}
		w.settle()
	case "due", "settle":
		w.settle()
	case "minutes", "hours", "days":
		unit := map[string]time.Duration{"minutes": 7 * time.Minute, "hours": 5 * time.Hour, "days": 26 * time.Hour}[s.What]
		w.advance(unit)
	}
	return ""
}

// TestPrunedRandomFlows: what is left out of a program for decisions is seen by none, whatever the flow. FANFLOW_PRUNED says of how many
// flows, four to a world; 100 if it is not set.
func TestPrunedRandomFlows(t *testing.T) {
	worlds := 25
	if n, err := strconv.Atoi(os.Getenv("FANFLOW_PRUNED")); err == nil {
		worlds = max(1, n/len(modelNames))
	}
	const steps = 12
	flowsSeen, pruned, rows, failed := 0, 0, 0, 0
	for seed := range uint64(worlds) {
		tw := twins{modelWorld(t, mem.New(), time.Time{}), modelWorld(t, mem.New(), time.Time{})}
		r := rand.New(rand.NewPCG(seed, 77))
		for _, name := range modelNames {
			flowsSeen++
			if tw.publish(t, name+".lua", renderFlow(randomFlow(r, name), r)) {
				pruned++
			}
		}
		tw.live(t, modelStepsOf(seed)[:steps])
		rows += tw.same(t, modelFans)
		for _, fan := range modelFans {
			failed += len(tw[0].rows(fan, store.Failed))
		}
	}
	t.Logf("%d flows, %d pruned; %d rows, %d of them failures", flowsSeen, pruned, rows, failed)
	if flowsSeen < worlds*len(modelNames) || pruned < flowsSeen*9/10 || rows < 10*worlds || failed == 0 {
		t.Error("the test shows too little")
	}
}

var quotedText = regexp.MustCompile(`"([^"\n]{1,40})"`)

// TestPrunedExamples: the flows that users copy from, under events made of the words that stand in them.
func TestPrunedExamples(t *testing.T) {
	files, err := filepath.Glob("../examples/*/*.lua")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	tw := twins{newWorld(t), newWorld(t)}
	var words []string
	sources := map[string]string{}
	for _, file := range files {
		source := read(t, file)
		switch filepath.Base(filepath.Dir(file)) {
		case "plugins":
			for _, w := range tw {
				w.publish(store.KindPlugin, filepath.Base(file), source)
			}
			continue
		case "broadcasts", "drips":
			continue
		}
		sources[file] = source
		for _, m := range quotedText.FindAllStringSubmatch(source, -1) {
			words = append(words, m[1])
		}
	}
	order := sortedNames(sources)
	slices.Reverse(order) // a flow before who enrolls into it
	for _, file := range order {
		tw.publish(t, filepath.Base(file), sources[file])
	}
	r := rand.New(rand.NewPCG(1, 2))
	fans := []string{"a", "b", "c"}
	var steps []modelStep
	for range 600 {
		what := pick(r, []string{"text", "text", "text", "text", "subscribe", "scan", "click", "place", "hook", "hours", "days"})
		s := modelStep{What: what, Fan: pick(r, fans), Arg: pick(r, words)}
		if what == "hook" {
			s.Arg = pick(r, []string{"order.paid", "order.signed", "order.refunded"})
		}
		if what == "text" && chance(r, 30) {
			s.Arg = fmt.Sprint(r.IntN(9))
		}
		steps = append(steps, s)
	}
	tw.live(t, steps)
	if rows := tw.same(t, fans); rows < 1000 {
		t.Errorf("only %d rows: the test shows too little", rows)
	}
}

func sortedNames(m map[string]string) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestPrunedErrors: what fails names the same file, line and traceback.
func TestPrunedErrors(t *testing.T) {
	source := `-- what fails stands on the lines 14 and 20, and in line 3 of the plugin
local helper = require "helper"
return flow {
  name = "f", title = "错", triggers = { text = { "in" } }, first = "a",
  funnel = { "a", "z" },
  states = {
    a = {
      enter = { reply = "hello", tag = { "t", "u" } },
      goal = "came",
      on = {
        text = {
          one = {
            to = { "z" },
            run = function(fan) return fan.vars.none.x end,
          },
          ["*"] = { reply = "?" },
          two = {
            case = { { when = { tag = "none" }, reply = "x" }, {
              when = { tag = "t" },
              run = function() error("twice") end } },
          },
          three = function(fan)
            local t = {
              a = 1, b = { c = "d" },
            }
            pcall(error, "caught")
            helper.fail(t)
          end,
          four = function(fan) fan.vars.t = tostring(function() end) .. tostring({}) .. math.random(1000) end,
        },
      },
      after = { ["1d"] = "z" },
    },
    z = { final = true, goal = "done" },
  },
}
`
	tw := twins{newWorld(t), newWorld(t)}
	for _, w := range tw {
		w.publish(store.KindPlugin, "helper.lua", "local M = { name = 'helper' }\nfunction M.fail(t)\n  return t.b.c.d.e\nend\nreturn M\n")
	}
	if !tw.publish(t, "f.lua", source) {
		t.Fatal("nothing was pruned")
	}
	for _, word := range []string{"in", "one", "two", "three", "four"} {
		tw.live(t, []modelStep{{What: "text", Fan: "fan", Arg: word}})
	}
	tw.same(t, []string{"fan"})
	var lines []string
	for _, r := range tw[0].rows("fan", store.Failed) {
		place, _, _ := strings.Cut(r.Why, ": ")
		lines = append(lines, place)
	}
	expect(t, "places", strings.Join(lines, " "), "f.lua:14 f.lua:20 helper.lua:3")
}
