package flows_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// The process that is to be killed finds its data file, its clock and after how many commits it dies in the environment.
const (
	republishFile  = "FANFLOW_REPUBLISH_FILE"
	republishClock = "FANFLOW_REPUBLISH_CLOCK"
	republishDies  = "FANFLOW_REPUBLISH_DIES"
)

// mortal kills the process at a commit.
type mortal struct {
	store.Store
	left atomic.Int64
}

func (s *mortal) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if s.left.Add(-1) == 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
		select {} // until it comes
	}
	return s.Store.Commit(ctx, c)
}

const waitingFlow = `first = "a", states = { a = { on = { text = { go = "z" } }, after = { ["%s"] = { add = { ["vars.n"] = 1 } } } }, z = { final = true } }`

// waiting is how many fans wait: 2,000, or as FANFLOW_WAITING says.
func waiting(t *testing.T) int {
	text := os.Getenv("FANFLOW_WAITING")
	if text == "" {
		return 2000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("FANFLOW_WAITING: %v", err)
	}
	return n
}

// TestAnEditedDelaySurvivesCrashes: "A new version". A flow whose delay was edited is published while many fans wait, half of them
// past the new delay. The process is killed again and again; in the end every timer is right, and none has fired twice.
func TestAnEditedDelaySurvivesCrashes(t *testing.T) {
	if path := os.Getenv(republishFile); path != "" {
		republishAndDie(t, path)
		return
	}
	n := waiting(t)
	path := filepath.Join(t.TempDir(), "fanflow.db")
	db := openBolt(t, path)
	w := newWorldOn(t, db)
	w.publish(store.KindFlow, "f.lua", flowText("f", fmt.Sprintf(waitingFlow, "3d")))
	w.manyEnter(0, n/2)
	w.set(w.clock().Add(48 * time.Hour))
	w.manyEnter(n/2, n)
	w.set(w.clock().Add(12 * time.Hour))
	now := w.clock()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for _, dies := range []int{1, 2, n / 3, n / 3, n / 3, n / 4, 0} { // before the job is set, at its first fan, midway, and never
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAnEditedDelaySurvivesCrashes$")
		cmd.Env = append(os.Environ(), republishFile+"="+path, republishClock+"="+strconv.FormatInt(now.UnixMilli(), 10), republishDies+"="+strconv.Itoa(dies))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
		if killed != (dies > 0) || dies == 0 && err != nil {
			t.Fatalf("the process that dies at commit %d: %v\n%s", dies, err, out)
		}
	}
	t.Logf("%d fans, killed six times: %s", n, time.Since(began).Round(time.Millisecond))
	w = newWorldOn(t, openBolt(t, path))
	w.set(now.Add(time.Hour))
	w.checkWaiting(n, 1)
	w.set(now.Add(24 * time.Hour))
	w.workAll(now.Add(48 * time.Hour))
	w.checkWaiting(n, 2)
}

func openBolt(t *testing.T, path string) store.Store {
	t.Helper()
	db, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// republishAndDie is the process: it publishes what is not published yet and does what is due, until it dies.
func republishAndDie(t *testing.T, path string) {
	at, err := strconv.ParseInt(os.Getenv(republishClock), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	dies, err := strconv.ParseInt(os.Getenv(republishDies), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	db := &mortal{Store: openBolt(t, path)}
	db.left.Store(dies)
	w := newWorldOn(t, db)
	w.set(time.UnixMilli(at))
	if err := w.engine.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	catalog, err := db.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if catalog.Publications[0].Version == 1 {
		w.publishWith("f", fmt.Sprintf(waitingFlow, "1d"), nil)
	}
	w.workAll(w.clock().Add(time.Hour))
}

// workAll does all jobs that are due until then, many at a time, on a clock that jumps.
func (w *world) workAll(until time.Time) {
	w.t.Helper()
	ctx := w.t.Context()
	for {
		jobs, err := w.store.Lease(ctx, store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: "test", Max: 200})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(jobs) == 0 {
			next, err := w.store.NextDue(ctx)
			if err != nil {
				w.t.Fatal(err)
			}
			if next.IsZero() || next.After(until) {
				return
			}
			w.set(next)
			continue
		}
		each(w.t, len(jobs), func(i int) error { return w.engine.Wake(ctx, jobs[i]) })
	}
}

// each does something n times, 32 at a time.
func each(t *testing.T, n int, do func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var workers sync.WaitGroup
	for range 32 {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
}

func manyFan(i int) string { return fmt.Sprintf("fan%06d", i) }

func (w *world) manyEnter(from, to int) {
	w.t.Helper()
	each(w.t, to-from, func(i int) error {
		p := w.push(manyFan(from+i), "text", "", "", &wechat.Text{Content: "in"})
		_, err := w.engine.Receive(w.t.Context(), account, p)
		return err
	})
}

// checkWaiting sees that each fan is in version 2 and has one timer of a day that has fired once, or, in round 1 for those who
// came later, waits with its one job.
func (w *world) checkWaiting(n, round int) {
	w.t.Helper()
	for i := range n {
		f := w.fan(manyFan(i))
		e := f.Enrolled("f")
		if e == nil || e.Version != 2 || len(e.Timers) != 1 || e.Timers[0].Name != "1d" || !e.Timers[0].Due.Equal(e.StateAt.Add(day)) {
			w.t.Fatalf("fan %d: %+v", i, e)
		}
		fired := 0
		for _, r := range w.journal(manyFan(i)) {
			if r.Kind == store.Fired {
				fired++
			}
		}
		over := i < n/2 || round == 2
		_, err := w.store.Job(w.t.Context(), account, e.Timers[0].Job)
		if over && (fired != 1 || string(e.Vars["n"]) != "1" || err == nil) || !over && (fired != 0 || !e.Timers[0].Armed() || err != nil) {
			w.t.Fatalf("fan %d in round %d has fired %d times, n is %s, its job %v", i, round, fired, e.Vars["n"], err)
		}
	}
	jobs := 0
	for cursor := ""; ; {
		list, next, err := w.store.Jobs(w.t.Context(), account, store.JobFilter{}, cursor, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		jobs += len(list)
		if cursor = next; next == "" {
			break
		}
	}
	want := 0
	if round == 1 {
		want = n - n/2
	}
	if jobs != want {
		w.t.Errorf("%d jobs wait, want %d", jobs, want)
	}
}

// failing refuses the commit of the account's own Changes once.
type failing struct {
	store.Store
	fails atomic.Bool
}

func (s *failing) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if c.Fan.OpenID == "" && s.fails.CompareAndSwap(true, false) {
		return store.Receipt{}, errors.New("the disk is gone")
	}
	return s.Store.Commit(ctx, c)
}

// TestAPublicationWithoutItsJobIsFollowedAfterAStart: what was published and not followed is made up for, once.
func TestAPublicationWithoutItsJobIsFollowedAfterAStart(t *testing.T) {
	s := &failing{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(version("one", `after = { ["3d"] = { message = "three" } } }`))
	w.text("fan", "in")
	w.advance(time.Hour)
	s.fails.Store(true)
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: "v"}
	two, err := w.engine.Push(t.Context(), account, store.KindFlow, "test.lua", version("two", `after = { ["1d"] = { message = "one" } } }`), "test")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := w.engine.Publish(t.Context(), id, two.Version, "test"); err == nil || p.Version != 2 {
		t.Errorf("published version %d without a job, and the error is %v", p.Version, err)
	}
	w.settle()
	f := w.fan("fan")
	expect(t, "version before the start", f.Enrolled("v").Version, 1)
	again := newWorldOn(t, s)
	again.set(w.clock())
	for range 2 {
		if err := again.engine.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		again.settle()
	}
	f = again.fan("fan")
	expect(t, "version after it", f.Enrolled("v").Version, 2)
	expect(t, "timers set", len(again.rows("fan", store.Armed)), 2)
	again.advance(5 * day)
	expect(t, "said", fmt.Sprint(again.said()), "[one]")
}

// TestAResumedFlowWithoutItsJobIsFollowedAfterAStart: a parked timer goes on though the service died while its flow's pause ended.
func TestAResumedFlowWithoutItsJobIsFollowedAfterAStart(t *testing.T) {
	s := &failing{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(`return flow { name = "v", triggers = { text = "in" }, first = "a", states = { a = { after = { ["1h"] = { run = function(fan)
		if not fan:has("ok") then error("not yet") end
		fan:message("fired")
	end } } } } }`)
	w.text("fan", "in")
	w.advance(2 * time.Hour)
	expect(t, "parked", len(w.rows("fan", store.Parked)), 1)
	if err := w.engine.Pause(t.Context(), account, "v", "to be looked into"); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Tag(t.Context(), store.FanID{Account: account, OpenID: "fan"}, []string{"ok"}, nil, "test"); err != nil {
		t.Fatal(err)
	}
	s.fails.Store(true)
	if err := w.engine.Pause(t.Context(), account, "v", ""); err == nil {
		t.Error("the flow goes on without a job, and nobody is told")
	}
	w.settle()
	expect(t, "said before the start", fmt.Sprint(w.said()), "[]")
	again := newWorldOn(t, s)
	for range 2 {
		again.set(w.clock())
		if err := again.engine.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		again.advance(time.Minute)
	}
	expect(t, "said after it", fmt.Sprint(again.said()), "[fired]")
}

// Where one flow cannot follow its plugin, the error names those that do.
func TestRepublishSaysWhatItDid(t *testing.T) {
	w := newWorld(t)
	use := `local crm = require "crm"
return flow { name = %q, triggers = { text = { %q } }, first = crm.%s, states = { a = { final = true } } }`
	w.publish(store.KindPlugin, "crm.lua", `return { one = "a", two = "a" }`)
	for name, field := range map[string]string{"early": "one", "late": "two"} {
		w.publish(store.KindFlow, name+".lua", fmt.Sprintf(use, name, name, field))
	}
	w.publish(store.KindPlugin, "crm.lua", `return { one = "a", two = "b" }`)
	made, err := w.engine.Republish(t.Context(), "crm", "test")
	if len(made) != 1 || made[0].Name != "early" {
		t.Errorf("made %+v", made)
	}
	want := "plugin crm version 2 is published, and runs in the flows early of account shop; flow late of account shop does not run it: "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.As(err, new(*flows.FindingsError)) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
