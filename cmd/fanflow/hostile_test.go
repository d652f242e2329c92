package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// maxHostileHeap is what hostile scripts may add to the live heap, in MB, however many run at a time.
const maxHostileHeap = 64

// hostility is what bench/hostile tells.
type hostility struct {
	Hostile   int64   `json:"hostile"`
	Checks    int64   `json:"checks"`
	Healthy   int64   `json:"healthy"`
	Wrong     int64   `json:"wrong"`
	First     string  `json:"first"`
	HeapMB    float64 `json:"heap_mb"`
	Mutants   int     `json:"mutants"`
	Published int     `json:"published"`
}

// runHostile runs bench/hostile as a process of its own and gives what it says. A process that ends otherwise fails the test.
func runHostile(t *testing.T, args ...string) (h hostility) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hostile")
	build := []string{"build", "-o", path}
	if raceDetector {
		build = append(build, "-race")
	}
	if out, err := exec.CommandContext(t.Context(), "go", append(build, "../../bench/hostile")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	child := exec.CommandContext(t.Context(), path, append(args, "-json")...)
	child.Dir = filepath.Join("..", "..")
	var said bytes.Buffer
	child.Stderr = &said
	out, err := child.Output()
	if err != nil {
		t.Fatalf("the process ended: %v\n%s", err, tail(said.String(), 8000))
	}
	if err := json.Unmarshal(out, &h); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	t.Logf("%s", out)
	return h
}

// TestHostileTogether holds "A script that fails …" of the design for all hostile scripts at once: eight goroutines run them over a
// real data file; healthy fans beside them are all answered rightly, hostile ones all read the apology, and the live heap stays
// within 64 MB of where it was. FANFLOW_HOSTILE says how long, 2s if it is not set.
func TestHostileTogether(t *testing.T) {
	h := runHostile(t, "-rounds", "0", "-rate", "50", "-heap", cmp.Or(os.Getenv("FANFLOW_HOSTILE"), "2s"))
	if h.Wrong > 0 {
		t.Errorf("%d answers were wrong, the first: %s", h.Wrong, h.First)
	}
	if h.Hostile < 8 || h.Checks == 0 || h.Healthy == 0 {
		t.Errorf("too little ran to show anything: %+v", h)
	}
	if h.HeapMB > maxHostileHeap {
		t.Errorf("the live heap grew by %.1f MB, more than %d", h.HeapMB, maxHostileHeap)
	}
}

// TestMutants: whatever is changed in a script that is right, checking, publishing and using it ends in an answer or a finding, and
// never the process. FANFLOW_MUTANTS says how many are tried, 300 if it is not set.
func TestMutants(t *testing.T) {
	h := runHostile(t, "-mutants", cmp.Or(os.Getenv("FANFLOW_MUTANTS"), "300"), "-seed", cmp.Or(os.Getenv("FANFLOW_MUTANTS_SEED"), "1"))
	if h.Mutants < 100 || h.Published == 0 || h.Published == h.Mutants {
		t.Errorf("too little was tried: %+v", h)
	}
	if h.HeapMB > maxHostileHeap {
		t.Errorf("the live heap grew by %.1f MB, more than %d", h.HeapMB, maxHostileHeap)
	}
}
