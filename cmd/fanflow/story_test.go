package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// twoConfig is a service and a simulated platform as two processes, in safe mode.
func twoConfig(service, sim, data string) string {
	return fmt.Sprintf(`
listen      = %q
data        = %q
admin_token = "test-admin-token-0123"
public_url  = "http://%s"
clock       = "simulator"

[[account]]
name        = "shop"
type        = "service"
app_id      = "wx0123456789abcdef"
app_secret  = "app-secret"
token       = "callback-token"
aes_key     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
api_base    = "http://%s"
hook_secret = "hook-secret"
verified    = true

[account.templates]
COUPON_EXPIRING = "TEMPLATE-COUPON"
`, service, data, service, sim)
}

func writeFile(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hook posts an event of another system.
func (c *client) hook(event, fan string) {
	c.t.Helper()
	body := fmt.Appendf(nil, `{"openid":%q,"data":{"order":"A-1"}}`, fan)
	mac := hmac.New(sha256.New, []byte(c.secret))
	mac.Write(body)
	code, text := c.request("POST", c.service+"/hooks/"+c.account+"/"+event, body, map[string]string{
		"X-Fanflow-Signature": "sha256=" + hex.EncodeToString(mac.Sum(nil)), "Idempotency-Key": event + fan,
	})
	if code != 202 {
		c.t.Fatalf("hook: %d %s", code, text)
	}
}

// story plays what the README tells: three fans, of whom one stops midway and one comes by the location.
func story(c *client) {
	t := c.t
	t.Helper()
	expect(t, c.do("fan-1", map[string]any{"subscribe": map[string]any{}}), "passive", "欢迎")
	expect(t, c.do("fan-1", map[string]any{"text": "1"}), "passive", "您的券码:SPRING-")
	expect(t, c.do("fan-2", map[string]any{"subscribe": map[string]any{"scene": "store-1"}}), "passive", "欢迎")
	expect(t, c.do("fan-2", map[string]any{"text": "什么"}), "passive", "请回复 1 或 2")
	c.advance("6d10h") // the reminder comes at ten in the morning of the sixth day
	expect(t, c.inbox("fan-1"), "template", "COUPON")
	c.hook("order.paid", "fan-1")
	expect(t, c.do("fan-3", map[string]any{"subscribe": map[string]any{}}), "passive", "欢迎")
	expect(t, c.do("fan-3", map[string]any{"text": "2"}), "passive", "请发送您的位置")
	seen := c.do("fan-3", map[string]any{"location": map[string]any{"latitude": 31.2, "longitude": 121.44, "label": "徐家汇"}})
	expect(t, seen, "passive", "徐家汇店")
	c.advance("1m")
}

type funnelStep struct {
	State                       string
	Entered, Completed, Dropped int64
}

func (c *client) funnel(flow string) []funnelStep {
	c.t.Helper()
	var f struct {
		Steps []funnelStep `json:"steps"`
	}
	c.api("/flows/"+flow+"/funnel", &f)
	return f.Steps
}

// told checks what the story leaves behind: the funnel and the timelines. It gives them, to be compared after a restart.
func told(c *client) map[string]any {
	t := c.t
	t.Helper()
	want := []funnelStep{
		{"greet", 3, 2, 1},
		{"coupon", 2, 1, 0},
		{"redeemed", 1, 1, 0},
	}
	steps := c.funnel("coupon")
	if !reflect.DeepEqual(steps, want) {
		t.Errorf("funnel %+v, want %+v", steps, want)
	}
	all := map[string]any{"funnel": steps}
	for fan, kinds := range map[string][]string{
		"fan-1": {"heard", "subscribed", "enrolled", "entered", "replied", "goal", "ordered", "settled", "left"},
		"fan-2": {"heard", "enrolled", "fired", "left"},
		"fan-3": {"heard", "enrolled", "entered", "var", "replied"},
	} {
		var j struct {
			Items []map[string]any `json:"items"`
		}
		c.api("/fans/"+fan+"/journal?limit=1000", &j)
		got := map[string]bool{}
		for _, row := range j.Items {
			got[fmt.Sprint(row["kind"])] = true
		}
		for _, k := range kinds {
			if !got[k] {
				t.Errorf("the timeline of %s has no %q", fan, k)
			}
		}
		all[fan] = j.Items
	}
	return all
}

func TestStoryAsTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	service, sim := freeAddr(t), freeAddr(t)
	config := writeFile(t, filepath.Join(dir, "fanflow.toml"), twoConfig(service, sim, filepath.Join(dir, "fanflow.db")))
	platform := start(t, "simulator", "--config", config, "--state", filepath.Join(dir, "simulator.db"))
	platform.said("ready")
	serve := start(t, "serve", "--config", config)
	serve.ready("http://" + service)
	pushExamples(t, config)

	c := &client{
		t: t, service: "http://" + service, sim: "http://" + sim, account: "shop", app: "wx0123456789abcdef",
		token: "test-admin-token-0123", secret: "hook-secret",
	}
	story(c)
	before := told(c)

	if code := serve.stop(); code != 0 {
		t.Errorf("SIGTERM ended serve with %d", code)
	}
	serve = start(t, "serve", "--config", config)
	serve.ready("http://" + service)
	if after := told(c); !reflect.DeepEqual(before, after) {
		t.Errorf("a restart has changed the story:\n%v\n%v", before, after)
	}
	replays(t, config)
	if code := serve.stop(); code != 0 {
		t.Errorf("SIGTERM ended serve with %d", code)
	}
	replays(t, config)
	if code := platform.stop(); code != 0 {
		t.Errorf("SIGTERM ended the simulator with %d", code)
	}
}

// replays has the story's fans replayed, by the service or from the data file.
func replays(t *testing.T, config string) {
	t.Helper()
	out, code := command(t, "fan", "replay", "fan-1", "fan-2", "fan-3", "--config", config)
	if code != 0 || strings.Count(out, ": the fan is the same, ") != 3 || !strings.Contains(out, "coupon") || strings.Contains(out, " 0 of them") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	out, code = command(t, "fan", "replay", "fan-1", "--until", "3", "--json", "--config", config)
	var r struct{ Equal bool }
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.Equal {
		t.Errorf("exit %d, %v:\n%s", code, err, out)
	}
	if out, code = command(t, "fan", "replay", "nobody", "--config", config); code != 1 || !strings.Contains(out, "nobody") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

// pushExamples publishes what the story needs, as the guide does.
func pushExamples(t testing.TB, config string) {
	t.Helper()
	for _, args := range [][]string{
		{"plugin", "push", "../../examples/plugins/shops.lua", "../../examples/plugins/stock.lua", "--publish", "--config", config},
		{"flow", "push", "../../examples/coupon/coupon.lua", "--config", config},
		{"flow", "publish", "coupon", "--config", config},
	} {
		if out, code := command(t, args...); code != 0 {
			t.Fatalf("fanflow %s: exit %d\n%s", strings.Join(args, " "), code, out)
		}
	}
}

// TestHookRepeats: a hook with the same key is one event for seven days, by the clock that the service lives in.
func TestHookRepeats(t *testing.T) {
	p := startPlatform(t)
	p.push("flow", "paid.lua", `return flow { name = "paid", triggers = { webhook = { "order.paid" } }, again = "0s", first = "s",
  states = { s = { final = true, enter = { goal = "paid" } } } }`)
	p.do("fan", map[string]any{"text": "hello"})
	heard := func() (n int) {
		for _, r := range p.journal("fan") {
			if r.Kind == "heard" && r.Name == "webhook" {
				n++
			}
		}
		return n
	}
	for _, step := range []struct {
		after string
		want  int
	}{{"1s", 1}, {"1s", 1}, {"160h", 1}, {"9h", 2}} {
		p.advance(step.after)
		p.hook("order.paid", "fan")
		p.advance("1s")
		if n := heard(); n != step.want {
			t.Errorf("%s later the event was heard %d times, want %d", step.after, n, step.want)
		}
	}
}

func TestStoryInTheDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	addr := freeAddr(t)
	demo := start(t, "demo", "--listen", addr, "--dir", dir)
	demo.said("Three things to try")
	var cfg Config
	if _, err := toml.DecodeFile(filepath.Join(dir, "fanflow.toml"), &cfg); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(demo.out.String(), cfg.AdminToken) {
		t.Error("the login is not printed")
	}
	base := "http://" + addr
	c := &client{t: t, service: base, sim: base, account: "demo", app: "wxdemo0000000000", token: cfg.AdminToken, secret: cfg.Accounts[0].HookSecret}
	story(c)
	before := told(c)
	if code := demo.stop(); code != 0 {
		t.Errorf("SIGTERM ended the demo with %d", code)
	}
	// Another port: the folder is not bound to the address it was made with.
	addr = freeAddr(t)
	demo = start(t, "demo", "--listen", addr, "--dir", dir)
	demo.said("Three things to try")
	c.service, c.sim = "http://"+addr, "http://"+addr
	if after := told(c); !reflect.DeepEqual(before, after) {
		t.Errorf("a restart has changed the story:\n%v\n%v", before, after)
	}
	if len(c.inbox("fan-1")) < 3 {
		t.Error("the simulated platform has forgotten the fan's inbox")
	}
}
