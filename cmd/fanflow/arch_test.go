package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rooms is the house as data: every package of the module with the packages of ours that its code (tests aside) may import.
// Keys may be patterns of path.Match. Arrows point down; what is not written here is forbidden. docs/architecture.md draws it.
var rooms = map[string][]string{
	"store":                {},
	"store/bolt":           {"store", "store/bolt/committer"},
	"store/bolt/committer": {"store"},
	"store/mem":            {"store"},
	"store/storetest":      {"store", "store/mem"}, // the model that random histories are held against

	"wechat":           {},
	"wechat/crypt":     {},
	"wechat/callback":  {"wechat", "wechat/crypt"},
	"wechat/api":       {"wechat"},
	"wechat/simulator": {"wechat/crypt"}, // and nothing else: it must be able to catch the mistakes of the rest

	"plugins/reference": {},
	"plugins/fetch":     {},
	"plugins/lint":      {"plugins/reference"},
	"plugins/sandbox":   {"plugins/reference"},
	// secrets stand in texts that http opens
	"plugins/std/config": {"plugins/sandbox", "plugins/reference", "plugins/fetch", "plugins/std/http"},
	"plugins/std/crypto": {"plugins/sandbox", "plugins/reference", "plugins/fetch", "plugins/std/http"},
	"plugins/std/http":   {"plugins/sandbox", "plugins/reference", "plugins/fetch", "plugins/std/when"}, // durations
	"plugins/std/*":      {"plugins/sandbox", "plugins/reference", "plugins/fetch"},
	"plugins":            {"plugins/sandbox", "plugins/reference", "plugins/lint", "plugins/fetch", "plugins/std/*", "store"},

	"scheduler":        {"store"}, // not flows: a timer is a job whose worker cmd/fanflow registers
	"scheduler/outbox": {"scheduler", "store", "wechat", "wechat/api"},

	"flows": {"store", "wechat", "plugins", "plugins/*", "plugins/std/http"}, // not scheduler

	"ui": {"store", "flows", "scheduler", "wechat", "plugins/reference"},

	"examples":    {},
	"cmd/fanflow": {"*", "*/*"},

	"bench/callback":      {"wechat", "wechat/callback"},
	"bench/empty":         {},
	"bench/flows/preview": {"store", "store/bolt", "wechat", "plugins", "flows"},
	"bench/hostile":       {"store", "store/bolt", "wechat", "plugins/sandbox", "flows"},
	"bench/mutation":      {},
	"bench/plugins":       {"store", "store/mem", "wechat", "flows"},
	"bench/load":          {"wechat/crypt"}, // plays the platform, so it may not lean on our parser
	"bench/run":           {},
	"bench/undurable":     {"store", "store/bolt", "store/mem", "wechat", "wechat/callback", "plugins", "flows"},
}

// walls names, for every module that is not ours, the packages that may import it.
var walls = map[string][]string{
	"go.etcd.io/bbolt":                    {"store/bolt", "store/bolt/committer"},
	"github.com/yuin/gopher-lua":          {"plugins", "plugins/sandbox", "plugins/lint", "plugins/std/*", "flows"},
	"github.com/robfig/cron/v3":           {"scheduler"},
	"github.com/gorilla/mux":              {"ui", "cmd/fanflow"},
	"github.com/spf13/cobra":              {"cmd/fanflow"},
	"github.com/BurntSushi/toml":          {"cmd/fanflow"},
	"github.com/prometheus/client_golang": {"cmd/fanflow"},
	"github.com/google/go-cmp":            {"store/storetest"}, // code for tests, imported by tests alone
}

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath, Name, Doc string
	Imports               []string
}

const module = "fanflow/"

// listPackages gives the packages of this module.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		if ee, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w\n%s", err, ee.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatalf("output of go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// matches reports whether name is one of the patterns.
func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		if err != nil {
			panic(err) // a bad pattern in the tables above
		}
		return ok
	})
}

// room finds the row of a package.
func room(name string) (may []string, ok bool) {
	if may, ok = rooms[name]; ok {
		return may, true
	}
	for pattern, may := range rooms {
		if matches(name, []string{pattern}) {
			return may, true
		}
	}
	return nil, false
}

// wall finds the module that an import path of somebody else's belongs to.
func wall(imported string) (may []string, ok bool) {
	for mod, may := range walls {
		if imported == mod || strings.HasPrefix(imported, mod+"/") {
			return may, true
		}
	}
	return nil, false
}

// std reports whether an import path is of the standard library: its first element has no dot.
func std(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func TestArrowsPointDown(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, ok := room(name)
		if !ok {
			t.Errorf("%s is not in the table of rooms", name)
			continue
		}
		for _, imported := range p.Imports {
			switch own, isOwn := strings.CutPrefix(imported, module); {
			case isOwn:
				if !matches(own, may) {
					t.Errorf("%s imports %s; it may import %v of ours", name, own, may)
				}
			case std(imported):
			default:
				who, ok := wall(imported)
				if !ok {
					t.Errorf("%s imports %s, which is not in the table of walls", name, imported)
				} else if !matches(name, who) {
					t.Errorf("%s imports %s; only %v may", name, imported, who)
				}
			}
		}
	}
}

// TestTablesAreNoOlderThanTheHouse finds rows of rooms and modules that are gone.
func TestTablesAreNoOlderThanTheHouse(t *testing.T) {
	packages := listPackages(t)
	for mod := range walls {
		if !slices.ContainsFunc(packages, func(p goPackage) bool {
			return slices.ContainsFunc(p.Imports, func(i string) bool { return i == mod || strings.HasPrefix(i, mod+"/") })
		}) {
			t.Errorf("the table has a row for the module %s, which nobody imports", mod)
		}
	}
	for row := range rooms {
		if !slices.ContainsFunc(packages, func(p goPackage) bool {
			return matches(strings.TrimPrefix(p.ImportPath, module), []string{row})
		}) {
			t.Errorf("the table has a row for %s, the module has no such package", row)
		}
	}
}

// TestNoCircles follows the table itself: a row that lets two rooms import each other would be a hole in it.
func TestNoCircles(t *testing.T) {
	var visit func(name string, trail []string)
	visit = func(name string, trail []string) {
		if slices.Contains(trail, name) {
			t.Fatalf("the table allows the circle %s", strings.Join(append(trail, name), " → "))
		}
		for _, next := range rooms[name] {
			if !strings.HasPrefix(next, "*") {
				visit(next, append(slices.Clip(trail), name))
			}
		}
	}
	for name := range rooms {
		visit(name, nil)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range listPackages(t) {
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command " + path.Base(p.ImportPath) + " "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s: its comment should begin with %q, it is %q", p.ImportPath, want, p.Doc)
		}
	}
}
