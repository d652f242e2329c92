package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/mem"
	"fanflow/wechat/callback"
	"fanflow/wechat/simulator"
)

// codes are how many a pool holds in these tests.
const codes = 100

// stockExample is the example plugin with a pool of that many codes.
func stockExample(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "examples", "plugins", "stock.lua"))
	if err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(string(b), "size = 500", fmt.Sprintf("size = %d", codes), 1)
	if source == string(b) {
		t.Fatal("the example's pool has another size than this test knows")
	}
	return source
}

// rushFlow gives each fan one code, or says that there are no more.
const rushFlow = `local stock = require "stock"
return flow {
  name = "rush", triggers = { text = { "抢券*" } }, first = "go",
  states = {
    go = {
      enter = { run = function(fan)
        local code = stock.take("spring")
        if not code then return "soldout" end
        fan.vars.code = code
        fan:reply("您的券码:" .. code)
      end, to = { "soldout" } },
      on = { text = { ["*"] = { reply = "您的券码:${vars.code}" } } },
    },
    soldout = { enter = { reply = "券已领完" }, on = { text = { ["*"] = { reply = "券已领完" } } } },
  },
}`

var codeGiven = regexp.MustCompile(`^您的券码:SPRING-(\d{4})$`)

// given are the codes that were said, with how often, and the others who were told that there are none.
type given struct {
	mu      sync.Mutex
	codes   map[string]string // by code, who has it
	soldout int
	faults  []string
}

func (g *given) said(fan, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := codeGiven.FindStringSubmatch(text)
	switch {
	case m == nil && text == "券已领完":
		g.soldout++
	case m == nil:
		g.faults = append(g.faults, fmt.Sprintf("%s saw %q", fan, text))
	case g.codes[m[1]] != "" && g.codes[m[1]] != fan:
		g.faults = append(g.faults, fmt.Sprintf("%s has the code %s of %s", fan, m[1], g.codes[m[1]]))
	default:
		g.codes[m[1]] = fan
	}
}

// check finds codes that are missing, given twice or not in the pool.
func (g *given) check(t *testing.T) {
	t.Helper()
	for _, f := range g.faults {
		t.Error(f)
	}
	for n := 1; n <= codes; n++ {
		if g.codes[fmt.Sprintf("%04d", n)] == "" {
			t.Errorf("code %d was given to nobody", n)
		}
	}
	if len(g.codes) != codes {
		t.Errorf("%d codes were given of %d", len(g.codes), codes)
	}
}

// TestHundredCodes: 64 clients ask at once, as 160 fans, for the 100 codes of a plugin, over HTTP: each code goes to one fan, the others
// are told that there are none, nobody reads an apology. On the data file, and on the store in memory.
func TestHundredCodes(t *testing.T) {
	for _, name := range []string{"mem", "bolt"} {
		t.Run(name, func(t *testing.T) {
			var st store.Store = mem.New()
			if name == "bolt" {
				file, err := bolt.Open(filepath.Join(t.TempDir(), "fanflow.db"), bolt.Options{})
				if err != nil {
					t.Fatal(err)
				}
				st = file
			}
			c := inProcess(t, st)
			const clients, fans = 64, 160
			g := &given{codes: map[string]string{}}
			var wg sync.WaitGroup
			for k := range clients {
				wg.Go(func() {
					for i := k; i < fans; i += clients {
						fan := fmt.Sprintf("fan-%03d", i)
						for _, it := range c.do(fan, map[string]any{"text": "抢券"}) {
							g.said(fan, it.Content)
						}
					}
				})
			}
			wg.Wait()
			g.check(t)
			if g.soldout != fans-codes {
				t.Errorf("%d fans were told that there are none, want %d", g.soldout, fans-codes)
			}
		})
	}
}

// inProcess is a service over a store in this process, beside a simulated platform, with the rush for codes published.
func inProcess(t *testing.T, st store.Store) *client {
	t.Helper()
	dir := t.TempDir()
	listener := httptest.NewUnstartedServer(nil)
	service := listener.Listener.Addr().String()
	sim, err := simulator.New(simulator.Config{PublicURL: "http://" + service, Accounts: []simulator.Account{rushAccount()}})
	if err != nil {
		t.Fatal(err)
	}
	platform := httptest.NewServer(sim)
	cfg, err := parseConfig("fanflow.toml", rushConfig(service, platform.URL, filepath.Join(dir, "unused.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{cfg: cfg, logger: newLogger(io.Discard), clock: &Clock{}, metrics: newMetrics(), callbacks: map[string]*callback.Handler{}, store: st}
	if err := a.wire(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = a.handler
	listener.Start()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = sim.Run(ctx) })
	wg.Go(func() { _ = a.run(ctx) })
	t.Cleanup(func() {
		stop()
		wg.Wait()
		listener.Close()
		platform.Close()
		_ = sim.Close()
		if err := a.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, s := range []struct{ kind, source string }{{store.KindPlugin, stockExample(t)}, {store.KindFlow, rushFlow}} {
		script, err := a.engine.Push(t.Context(), "shop", s.kind, map[string]string{"plugin": "stock.lua", "flow": "rush.lua"}[s.kind], s.source, "test")
		if err == nil {
			_, err = a.engine.Publish(t.Context(), script.ScriptID, script.Version, "test")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return &client{t: t, service: "http://" + service, sim: platform.URL, account: "shop", app: "wx0123456789abcdef", token: "test-admin-token-0123"}
}

func rushAccount() simulator.Account {
	return simulator.Account{
		Name: "shop", Type: "service", AppID: "wx0123456789abcdef", AppSecret: "app-secret", Token: "callback-token", Verified: true,
		AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
}

// rushConfig is twoConfig on the wall clock, on a simulated platform of this process.
func rushConfig(service, platform, data string) string {
	return strings.Replace(twoConfig(service, strings.TrimPrefix(platform, "http://"), data), `clock       = "simulator"`, "", 1)
}

// TestKillCodes: the service is killed at random instants while all fans ask, each until it is answered: the journals together hold each
// code once, none is lost and none is given twice, and every fan has an answer. FANFLOW_CODE_KILLS sets how often; the recorded run is in
// docs/testing.md.
func TestKillCodes(t *testing.T) {
	kills := 3
	if s := os.Getenv("FANFLOW_CODE_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for done := 0; done < kills; {
		n := min(3, kills-done) // kills to one pool of codes
		done += n
		killCodes(t, random, n)
		if t.Failed() {
			return
		}
	}
}

func killCodes(t *testing.T, random *rand.Rand, kills int) {
	const clients, fans = 64, 160
	dir := t.TempDir()
	platform := httptest.NewUnstartedServer(nil)
	service := freeAddr(t) // after the platform has its own
	sim, err := simulator.New(simulator.Config{
		PublicURL: "http://" + service, Accounts: []simulator.Account{rushAccount()},
		Switches: simulator.Switches{RepeatPause: 600 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = sim.Run(ctx) }()
	defer sim.Close()
	platform.Config.Handler = sim
	platform.Start()
	defer platform.Close()
	config := writeFile(t, filepath.Join(dir, "fanflow.toml"), rushConfig(service, platform.URL, filepath.Join(dir, "fanflow.db")))
	for _, s := range []struct{ kind, file, source string }{{"plugin", "stock.lua", stockExample(t)}, {"flow", "rush.lua", rushFlow}} {
		if out, code := command(t, s.kind, "push", writeFile(t, filepath.Join(dir, s.file), s.source), "--publish", "--config", config); code != 0 {
			t.Fatal(out)
		}
	}
	c := &client{t: t, service: "http://" + service, sim: platform.URL, account: "shop", app: "wx0123456789abcdef", token: "test-admin-token-0123"}
	serve := start(t, "serve", "--config", config)
	serve.ready(c.service)

	var wg sync.WaitGroup
	for k := range clients {
		wg.Go(func() {
			for i := k; i < fans; i += clients {
				c.ask(fmt.Sprintf("fan-%03d", i))
			}
		})
	}
	for range kills {
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		serve.kill()
		serve = start(t, "serve", "--config", config)
		serve.ready(c.service)
	}
	wg.Wait()
	serve.ready(c.service)
	c.checkCodes(t, fans)
	if code := serve.stop(); code != 0 {
		t.Errorf("serve ended with %d", code)
	}
	st, err := bolt.Open(filepath.Join(dir, "fanflow.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if kv, err := st.KV(t.Context(), "shop", "stock:spring"); err != nil || string(kv.Value) != strconv.Itoa(codes) || len(kv.Free) != 0 {
		t.Errorf("the pool's counter is %s with %v free, %v", kv.Value, kv.Free, err)
	}
}

// ask lets a fan ask until there is an answer.
func (c *client) ask(fan string) {
	for n := range 100 {
		c.do(fan, map[string]any{"text": fmt.Sprintf("抢券%d", n)})
		if slices.ContainsFunc(c.inbox(fan), func(i item) bool { return i.Kind == "passive" || i.Kind == "customer" }) {
			return
		}
	}
	c.t.Errorf("%s was never answered", fan)
}

// checkCodes compares the journals with the pool, and with what the fans were told.
func (c *client) checkCodes(t *testing.T, fans int) {
	t.Helper()
	told, held := &given{codes: map[string]string{}}, &given{codes: map[string]string{}}
	for i := range fans {
		fan := fmt.Sprintf("fan-%03d", i)
		for _, it := range c.inbox(fan) {
			if it.Kind != "fault" { // the platform's line where nobody was up for its three deliveries
				told.said(fan, it.Content)
			}
		}
		for _, r := range c.journal(fan) {
			switch {
			case r.Kind == "claimed":
				n, err := strconv.Atoi(string(r.Value))
				if err != nil {
					t.Fatal(err)
				}
				held.said(fan, fmt.Sprintf("您的券码:SPRING-%04d", n))
			case r.Kind == "failed":
				t.Errorf("%s: a script failed: %s", fan, r.Why)
			}
		}
	}
	held.check(t)
	t.Logf("%d codes are in the journals, %d of them on the fans' phones", len(held.codes), len(told.codes))
	for _, f := range told.faults {
		t.Error(f)
	}
	for code, fan := range told.codes {
		if held.codes[code] != fan {
			t.Errorf("%s was told the code %s, which is %q's", fan, code, held.codes[code])
		}
	}
}
