package main

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever is wrong, fanflow says so in one line that names the file, line or key and the mend.
func TestMistakesInOneLine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string { return writeFile(t, filepath.Join(dir, name), text) }
	service := freeAddr(t)
	good := write("good.toml", strings.Replace(twoConfig(service, "127.0.0.1:1", filepath.Join(dir, "good.db")), `clock       = "simulator"`, "", 1))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	held := filepath.Join(dir, "held.db")
	holder := write("holder.toml", strings.Replace(twoConfig(freeAddr(t), "127.0.0.1:1", held), `clock       = "simulator"`, "", 1))
	other := write("other.toml", strings.Replace(twoConfig(freeAddr(t), "127.0.0.1:1", held), `clock       = "simulator"`, "", 1))
	start(t, "serve", "--config", holder).said("ready")
	broken := write("broken.lua", "return flow {\n  name = \"x\",\n  states = { a = = },\n}\n")
	lost := write("lost.lua", "return flow {\n  name = \"x\",\n  first = \"a\",\n  states = {\n    a = { on = { text = { [\"1\"] = \"b\" } } },\n  },\n}\n")
	never := write("never.lua", "return { hooks = { every = {\n  [\"99 9 * * *\"] = function() end,\n} } }\n")
	alien := write("alien.db", strings.Repeat("not a data file\n", 4096))

	for _, tc := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"no command of that name", []string{"sevre"}, 2, []string{`"sevre"`, "--help"}},
		{"unknown flag", []string{"serve", "--confg", good}, 2, []string{"--confg", "--help"}},
		{"no config", []string{"serve"}, 2, []string{"--config"}},
		{"config not there", []string{"serve", "--config", filepath.Join(dir, "none.toml")}, 2, []string{"none.toml"}},
		{"unknown key", []string{"serve", "--config", write("bad.toml", "lissten = \"x\"\n")}, 2, []string{"bad.toml:1", "lissten", "listen"}},
		{"port in use", []string{"demo", "--listen", busy.Addr().String()}, 1, []string{busy.Addr().String(), "in use", "--listen"}},
		{"no address", []string{"demo", "--listen", "nonsense"}, 2, []string{"nonsense", "host:port"}},
		{"data held", []string{"serve", "--config", other}, 1, []string{"held.db", "another process"}},
		{"a mode that is none", []string{"simulator", "--config", good, "--mode", "secret"}, 2, []string{"--mode", "secret", "compatible"}},
		{
			"a state of another version",
			[]string{"simulator", "--config", good, "--listen", "127.0.0.1:0", "--state", write("old.state", `{"k":"fan","app":"wx0123456789abcdef","id":"ann","v":{"tags":"t"}}`+"\n")},
			1,
			[]string{"old.state: line 1", "another version", "move it away"},
		},
		{"no folder for the data", []string{"serve", "--config", write("nofolder.toml", strings.Replace(twoConfig(freeAddr(t), "127.0.0.1:1", "/nowhere/x.db"), `clock       = "simulator"`, "", 1))}, 1, []string{"/nowhere/x.db", "make it"}},
		{"not a data file", []string{"serve", "--config", write("alien.toml", strings.Replace(twoConfig(freeAddr(t), "127.0.0.1:1", alien), `clock       = "simulator"`, "", 1))}, 1, []string{"alien.db"}},
		{"does not compile", []string{"flow", "push", broken, "--config", good}, 1, []string{"broken.lua:3"}},
		{"unknown state", []string{"flow", "push", lost, "--config", good}, 1, []string{"lost.lua:5", `"b"`}},
		{"check says it too", []string{"flow", "check", lost}, 1, []string{"lost.lua:5", `"b"`}},
		{"a time that is none", []string{"plugin", "check", never}, 1, []string{"never.lua:2", "99"}},
		{"nothing to push", []string{"flow", "push", "--config", good}, 2, []string{"files"}},
		{"script not there", []string{"flow", "push", filepath.Join(dir, "none.lua"), "--config", good}, 2, []string{"none.lua"}},
		{"no such flow", []string{"flow", "publish", "nothing", "--config", good}, 1, []string{"nothing"}},
		{"no such account", []string{"flow", "list", "--account", "x", "--config", good}, 2, []string{`"x"`}},
		{"not built yet", []string{"backup", "--to", "x"}, 2, []string{"not built yet"}},
		{"not built yet, below", []string{"flow", "play"}, 2, []string{"not built yet"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, code := command(t, tc.args...)
			if code != tc.code {
				t.Errorf("exit %d, want %d", code, tc.code)
			}
			for _, w := range tc.want {
				if !strings.Contains(out, w) {
					t.Errorf("%q does not say %q", out, w)
				}
			}
			if strings.Contains(out, "goroutine ") || strings.Contains(out, ".go:") {
				t.Errorf("a stack trace is shown: %s", out)
			}
			if lines := strings.Count(strings.TrimRight(out, "\n"), "\n"); lines > 0 && !slices.Contains(tc.args, "check") {
				t.Errorf("more than one line:\n%s", out)
			}
		})
	}
}

func TestListAndCheck(t *testing.T) {
	dir := t.TempDir()
	config := writeFile(t, filepath.Join(dir, "fanflow.toml"),
		strings.Replace(twoConfig(freeAddr(t), "127.0.0.1:1", filepath.Join(dir, "fanflow.db")), `clock       = "simulator"`, "", 1))
	if out, code := command(t, "flow", "list", "--config", config, "--json"); code != 0 || out != "{\"items\":[]}\n" {
		t.Errorf("an empty list: %d %s", code, out)
	}
	if out, code := command(t, "flow", "list", "--config", config); code != 0 || !strings.Contains(out, "Nothing is stored yet") {
		t.Errorf("an empty list: %d %s", code, out)
	}
	pushExamples(t, config)
	out, code := command(t, "flow", "list", "--config", config, "--json")
	if code != 0 || !strings.Contains(out, `"name":"coupon","version":1,"published":1`) {
		t.Errorf("flow list: %d %s", code, out)
	}
	for _, file := range []string{"coupon/coupon.lua", "help/help.lua", "broadcasts/weekly.lua"} {
		if out, code := command(t, "flow", "check", "../../examples/"+file); code != 0 {
			t.Errorf("check of %s: %d %s", file, code, out)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	if out, code := command(t, "version"); code != 0 || !strings.HasPrefix(out, "fanflow ") {
		t.Errorf("version: %d %s", code, out)
	}
	for _, args := range [][]string{{"--help"}, {"demo", "--help"}, {"serve", "--help"}, {"simulator", "--help"}, {"flow", "push", "--help"}, {"plugin", "publish", "--help"}} {
		out, code := command(t, args...)
		if code != 0 || !strings.Contains(out, "Example") {
			t.Errorf("%v: exit %d, no example in\n%s", args, code, out)
		}
	}
}
