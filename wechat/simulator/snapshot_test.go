package simulator_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// saved is the state as lines in order, but for the clock, which runs on.
func (p *platform) saved() []string {
	p.t.Helper()
	status, text := p.request("GET", "/sim/state", "")
	if status != 200 {
		p.t.Fatalf("%d %s", status, text)
	}
	list := strings.Split(strings.TrimSpace(text), "\n")
	list = slices.DeleteFunc(list, func(l string) bool { return strings.HasPrefix(l, `{"k":"clock"`) || strings.HasPrefix(l, `{"k":"ids"`) })
	slices.Sort(list)
	return list
}

// TestStateRoundTrip plays a little of everything, saves, and loads it elsewhere, with and without a state file.
func TestStateRoundTrip(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, PushTimeout: simulatorPatience})
	token := p.token()
	p.stableToken(false)
	want := p.busyFan("fan1", 0, 310)
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE"}}`)
	p.do("fan2", `{"scan":"store-1"}`)
	p.do("fan3", `{"subscribe":{}}`)
	p.do("fan3", `{"unsubscribe":{}}`)
	p.back.reply(func(r received, _ int) string { return replyHead(r, "transfer_customer_service") + "</xml>" })
	p.do("fan2", `{"text":"agent"}`)
	tag := fmt.Sprint(p.post("tags/create", token, `{"tag":{"name":"t"}}`)["tag"].(map[string]any)["id"])
	p.want(p.post("tags/members/batchtagging", token, `{"tagid":`+tag+`,"openid_list":["fan1"]}`), 0)
	p.want(p.post("message/custom/send", token, custom("fan1", "m")), 0)
	p.want(p.post("message/mass/send", token, massList("m", "c", "fan1", "fan2")), 0)
	p.want(p.post("message/custom/send", token, custom("nobody", "m")), 40003) // a rid
	p.want(p.post("clear_quota", token, `{"appid":"`+appID+`"}`), 0)
	p.control("PUT", appID+"/allowlist", `{"ips":["127.0.0.1"]}`)
	p.control("PUT", appID+"/standing", `{"secret_frozen":true}`)
	_, text := p.request("GET", "/sim/state", "")

	for _, file := range []string{"", filepath.Join(t.TempDir(), "state.db")} {
		q := start(t, simulator.Config{StateFile: file})
		q.do("someone", `{"text":"who is gone after the load"}`)
		q.control("PUT", "state", text)
		if d := cmp.Diff(p.saved(), q.saved()); d != "" {
			t.Error(d)
		}
		if d := q.sim.Now().Sub(p.sim.Now()).Abs(); d.Seconds() > 5 {
			t.Errorf("the clocks are %s apart", d)
		}
		q.want(q.api("GET", "getcallbackip?access_token="+token, ""), 0)
		if d := cmp.Diff(append(want, "customer:m", "mass:m"), q.inbox("fan1")); d != "" {
			t.Error(d)
		}
		q.advance("11s") // the mass send's result is still to come
		if !strings.Contains(q.heard(), "MASSSENDJOBFINISH") || !strings.Contains(q.heard(), "kf_create_session") {
			t.Error(q.heard())
		}
		if file == "" {
			continue
		}
		before := q.saved()
		r := start(t, simulator.Config{StateFile: copied(t, file)})
		if d := cmp.Diff(before, r.saved()); d != "" {
			t.Errorf("the state file differs from what was loaded: %s", d)
		}
	}
}

// simulatorPatience is enough for a busy machine.
const simulatorPatience = 20e9

func TestStateThatCannotBeLoaded(t *testing.T) {
	p := start(t, simulator.Config{})
	p.busyFan("fan1", 0, 3)
	before := p.saved()
	for name, body := range map[string]string{
		"empty":        "",
		"torn":         `{"k":"fan","app":"` + appID + `","id":"x","v":{}}`,
		"no JSON":      "hello\n",
		"unknown kind": `{"k":"poem","app":"` + appID + `","id":"x","v":1}` + "\n",
		"a path":       `{"k":"shelf","app":"` + appID + `","id":"../x","v":"AAAA"}` + "\n",
		"no token":     `{"k":"token","app":"` + appID + `","id":"x","v":null}` + "\n",
		"no article":   `{"k":"article","app":"` + appID + `","id":"x","v":null}` + "\n",
		"wrong shape":  `{"k":"fan","app":"` + appID + `","id":"x","v":7}` + "\n",
	} {
		if status, text := p.request("PUT", "/sim/state", body); status != 400 || !strings.Contains(text, "state") {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if d := cmp.Diff(before, p.saved()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
