package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// TestMassLeavesOut sends to fans of every kind who do not get it.
func TestMassLeavesOut(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	for i := range 5 {
		p.do(fmt.Sprint("fan", i), `{"text":"hi"}`)
	}
	p.do("fan1", `{"unsubscribe":{}}`)
	p.do("fan2", `{"block":true}`)
	p.want(p.post("tags/members/batchblacklist", token, `{"openid_list":["fan3"]}`), 0)
	p.want(p.post("message/mass/send", token, massList("m", "c", "fan0", "fan1", "fan2", "fan3", "fan4", "fan4", "nobody")), 0)
	if d := cmp.Diff([]string{"send success 6 3 2 1"}, p.results("1m")); d != "" {
		t.Error(d)
	}
	p.want(p.post("message/mass/sendall", token, massAll("m", "c2")), 0)
	if d := cmp.Diff([]string{"send success 4 3 2 1"}, p.results("1m")); d != "" { // who left is in no range
		t.Error(d)
	}
}

func TestMassTooFast(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, Switches: simulator.Switches{MassTooFast: true}})
	token := p.token()
	send := func() object { return p.post("message/mass/send", token, massList("m", "c", "fan1", "fan2")) }
	p.want(send(), 0)
	p.want(send(), 45066)
	p.advance("1m")
	p.want(send(), 45065)
}

// TestMassTakesItsTime sends slowly to many: who leaves or switches off meanwhile is an error, and a restart goes on.
func TestMassTakesItsTime(t *testing.T) {
	dir := t.TempDir()
	c := simulator.Config{Start: noon, StateFile: crowd(t, dir, 4000)}
	p := start(t, c)
	token := p.token()
	speed := func(body string) int { return p.post("message/mass/speed/set", token, body).code() }
	if got := []int{speed(`{}`), speed(`{"speed":5}`), speed(`{"speed":4}`)}; !cmp.Equal(got, []int{45084, 45083, 0}) {
		t.Error(got)
	}
	if o := p.post("message/mass/speed/get", token, "{}"); o.text("speed") != "4" || o.text("realspeed") != "10" {
		t.Error(o)
	}
	p.control("POST", "clock", `{"advance":"0s"}`)
	id := p.want(p.post("message/mass/sendall", token, massAll("m", "c1")), 0).text("msg_id")
	p.do(crowdFan(3998), `{"unsubscribe":{}}`)
	p.do(crowdFan(3999), `{"block":true}`)
	got := func(q *platform, n int) int { return len(q.inbox(crowdFan(n))) }
	if got(p, 0) != 1 || got(p, 1665) != 1 || got(p, 1666) != 0 {
		t.Errorf("at once: %d %d %d", got(p, 0), got(p, 1665), got(p, 1666))
	}
	p.advance("1s")
	if got(p, 1666) != 1 || got(p, 3997) != 0 {
		t.Errorf("after a second: %d %d", got(p, 1666), got(p, 3997))
	}
	if err := p.sim.Close(); err != nil {
		t.Fatal(err)
	}
	q := start(t, c)
	if d := cmp.Diff([]string{"send success 4000 4000 3998 2"}, q.results("1m")); d != "" {
		t.Error(d)
	}
	if got(q, 0) != 1 || got(q, 3331) != 1 || got(q, 3997) != 1 || got(q, 3999) != 0 {
		t.Errorf("in the end: %d %d %d %d", got(q, 0), got(q, 3331), got(q, 3997), got(q, 3999))
	}
	if o := q.post("message/mass/get", q.token(), `{"msg_id":`+id+`}`); o.text("msg_status") != "SEND_SUCCESS" {
		t.Error(o)
	}
	for i := range 4 { // the month's count came along as well
		want := fmt.Sprintf("send success 2 %d %d 0", min(2, 8-2*(i+1)), min(2, 8-2*(i+1)))
		q.want(q.post("message/mass/send", q.token(), massList("m", fmt.Sprint("d", i), crowdFan(0), crowdFan(3331))), 0)
		if d := cmp.Diff([]string{want}, q.results("1m")); d != "" {
			t.Error(d)
		}
	}
}

func crowdFan(n int) string { return fmt.Sprintf("oSIMcrowd%019d", n) }

// crowd writes a state file with n followers, who began to follow in the order of their numbers.
func crowd(t testing.TB, dir string, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		since := noon.Add(time.Duration(i-n) * time.Millisecond).Format(time.RFC3339Nano)
		fmt.Fprintf(&b, `{"k":"fan","app":%q,"id":%q,"v":{"subscribed":true,"since":%q}}`+"\n", appID, crowdFan(i), since)
	}
	path := filepath.Join(dir, "state")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// BenchmarkMass is one send to 100,000 fans until all have it, with a state file.
func BenchmarkMass(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		sim, err := simulator.New(simulator.Config{Start: noon, Accounts: []simulator.Account{service()}, StateFile: crowd(b, b.TempDir(), 100_000)})
		if err != nil {
			b.Fatal(err)
		}
		call := func(method, path, body string) object {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.RemoteAddr = "127.0.0.1:1234"
			sim.ServeHTTP(w, r)
			var o object
			if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
				b.Fatal(err)
			}
			return o
		}
		token := call("POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"`+appID+`","secret":"`+secret+`"}`).text("access_token")
		b.StartTimer()
		sent := call("POST", "/cgi-bin/message/mass/sendall?access_token="+token, massAll("m", "c"))
		call("POST", "/sim/clock", `{"advance":"1m"}`)
		b.StopTimer()
		if sent.text("errcode") != "0" || len(call("GET", "/sim/"+appID+"/fans/"+crowdFan(99_999)+"/inbox", "")["items"].([]any)) != 1 {
			b.Fatal(sent)
		}
		if err := sim.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
