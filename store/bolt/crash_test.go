package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/bolt"
)

// crashFile names the data file in the environment of the process that is to be killed.
const crashFile = "FANFLOW_CRASH_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		fmt.Fprintln(os.Stderr, commitForever(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const crashFans = 8

func crashFan(i int) store.FanID { return store.FanID{Account: "shop", OpenID: fmt.Sprint("fan", i)} }

// crashChange is the Change that takes the i-th fan from revision n to n+1. It touches every kind of record that is added up.
func crashChange(i int, n uint64) store.Change {
	fan, at := crashFan(i), time.Unix(1_800_000_000+int64(n), 0)
	cause := fmt.Sprintf("%08x/%d", at.Unix(), i)
	return store.Change{
		Fan: fan, Base: n, Cause: cause, At: at,
		Entries: []store.Entry{{Kind: store.Heard, Text: cause}, {Kind: store.Tagged, Name: fmt.Sprint(n % 7)}},
		Jobs:    []store.Job{{ID: cause + "/01", Account: "shop", OpenID: fan.OpenID, Kind: "timer", Due: at}},
		Spends:  []store.Spend{{Quota: "template", Period: "2026-11", N: 1, Limit: 1 << 40}},
		Receipt: []byte(strconv.Quote(cause)),
	}
}

// commitForever moves all fans on and prints "fan revision" for each Change that was answered.
func commitForever(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for i := range crashFans {
		go func() {
			failed <- func() error {
				snap, err := s.Load(context.Background(), crashFan(i), "")
				for n := snap.Fan.Rev; err == nil; n++ {
					var r store.Receipt
					if r, err = s.Commit(context.Background(), crashChange(i, n)); err == nil {
						_, err = os.Stdout.WriteString(fmt.Sprintln(i, r.Rev)) // one write: lines stay whole
					}
				}
				return err
			}()
		}()
	}
	return <-failed
}

// TestCrash kills a process that commits, at random moments, and looks for everything that it was answered.
// FANFLOW_CRASHES says how often instead of 10 times.
func TestCrash(t *testing.T) {
	rounds := 10
	if n, err := strconv.Atoi(os.Getenv("FANFLOW_CRASHES")); err == nil {
		rounds = n
	}
	path := filepath.Join(t.TempDir(), "fanflow.db")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, seed))
	var answered [crashFans]uint64
	for round := range rounds {
		before := answered
		crash(t, path, dice.IntN(300), &answered)
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		survived(t, s, before, &answered)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}

// crash runs a process, kills it after so many answers more, and notes all of its answers.
func crash(t *testing.T, path string, after int, answered *[crashFans]uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) { // it is dead, and all that it said is read
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var fan int
		var rev uint64
		if _, err := fmt.Sscan(line, &fan, &rev); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		answered[fan] = max(answered[fan], rev)
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the process was not killed: %v", err)
	}
}

// survived checks that what was answered is there, that nothing is there by half, and that causes are still known.
func survived(t *testing.T, s *bolt.Store, before [crashFans]uint64, answered *[crashFans]uint64) {
	t.Helper()
	ctx := context.Background()
	var sum uint64
	for i := range crashFans {
		fan := crashFan(i)
		snap, err := s.Load(ctx, fan, "")
		if err != nil {
			t.Fatal(err)
		}
		rev := snap.Fan.Rev
		sum += rev
		if rev < answered[i] || rev > answered[i]+1 {
			t.Errorf("%s has revision %d; %d was answered and one was on its way", fan, rev, answered[i])
		}
		if rows, _, err := s.Journal(ctx, fan, 2*before[i], 0); err != nil || len(rows) < min(100, 2*int(rev-before[i])) {
			t.Errorf("%s: %d rows after %d, revision %d, %v", fan, len(rows), 2*before[i], rev, err)
		}
		for n := before[i]; n < rev; n++ {
			c := crashChange(i, n)
			r, err := s.Commit(ctx, c)
			if err != nil || !r.Replayed || r.Rev != n+1 || string(r.Reply) != string(c.Receipt) {
				t.Fatalf("%s again: %+v, %v", c.Cause, r, err)
			}
			if _, err := s.Job(ctx, "shop", c.Jobs[0].ID); err != nil {
				t.Errorf("job of %s: %v", c.Cause, err)
			}
		}
		answered[i] = rev
	}
	totals, err := s.Totals(ctx, "shop")
	if err != nil || totals.Jobs != int64(sum) {
		t.Errorf("totals %+v, %v; want %d jobs", totals, err, sum)
	}
	quotas, err := s.Quotas(ctx, "shop", time.Time{})
	if err != nil || len(quotas) != 1 || quotas[0].Used != int64(sum) {
		t.Errorf("quotas %+v, %v; want %d used", quotas, err, sum)
	}
}
