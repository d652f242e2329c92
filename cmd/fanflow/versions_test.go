package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestVersionsByCommand publishes, compares and takes back versions of a flow where no service runs.
func TestVersionsByCommand(t *testing.T) {
	dir := t.TempDir()
	config := writeFile(t, filepath.Join(dir, "fanflow.toml"),
		strings.Replace(twoConfig(freeAddr(t), "127.0.0.1:1", filepath.Join(dir, "fanflow.db")), `clock       = "simulator"`, "", 1))
	flow := func(text string) string {
		return writeFile(t, filepath.Join(dir, "club.lua"), `return flow { name = "club", triggers = { text = { "club" } }, first = "a",
	states = { a = { on = { text = { go = { reply = "`+text+`" } } } } } }`)
	}
	run := func(want int, says string, args ...string) {
		t.Helper()
		out, code := command(t, append([]string{"flow"}, append(args, "--config", config, "--account", "shop")...)...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("%s: %d %s, want %d %q", strings.Join(args, " "), code, out, want, says)
		}
	}
	run(0, "version 1: published", "push", flow("one"), "--publish")
	run(0, "version 2: stored", "push", flow("two"))
	run(0, "Nobody is in flow club", "publish", "club", "--dry-run")
	run(0, `"moves":[]`, "publish", "club", "--dry-run", "--json")
	run(0, "changed rule state a: on text go", "diff", "club")
	run(0, "version 2: published", "publish", "club", "--keep")
	run(1, `no fan can be in state "zz"`, "publish", "club", "--map", "zz=a")
	run(2, "no old=new", "publish", "club", "--map", "zz")
	run(0, "Nobody is in flow club: version 1", "rollback", "club", "--dry-run")
	run(0, `"moves":[]`, "rollback", "club", "--to", "2", "--dry-run", "--json")
	run(1, "has no version 7", "rollback", "club", "--to", "7", "--dry-run")
	run(0, "version 1: published", "rollback", "club")
	run(0, "version 2: published", "rollback", "club", "--to", "2", "--end")
	run(1, "has no version 7", "rollback", "club", "--to", "7")
}
