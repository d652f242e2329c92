package simulator_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/wechat/simulator"
)

// TestManyAtOnce lets fans, calls of the server API, control calls, faults, moves of the clock and saving and loading of the state
// go on side by side. It is over when all are: a lock that is taken in two orders shows as a test that does not end.
func TestManyAtOnce(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, StateFile: filepath.Join(t.TempDir(), "state.db"), TaggingTime: -1, PushTimeout: simulatorPatience})
	p.run()
	token := p.token()
	for i := range 8 {
		p.do(fmt.Sprintf("fan%d", i), `{"subscribe":{}}`)
	}
	p.want(p.post("tags/create", token, `{"tag":{"name":"t"}}`), 0)
	quiet := func(method, path, body string) string {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
		p.sim.ServeHTTP(w, r)
		return w.Body.String()
	}
	post := func(path, body string) { quiet("POST", "/cgi-bin/"+path+"?access_token="+token, body) }
	sim := "/sim/" + appID
	work := []func(n int){
		func(n int) { quiet("POST", fmt.Sprintf("%s/fans/fan%d/do", sim, n%8), `{"text":"hi"}`) },
		func(n int) { quiet("POST", fmt.Sprintf("%s/fans/fan%d/do", sim, n%8), `{"unsubscribe":{}}`) },
		func(n int) { quiet("POST", fmt.Sprintf("%s/fans/fan%d/do", sim, n%8), `{"subscribe":{"scene":"a"}}`) },
		func(n int) { post("message/custom/send", custom(fmt.Sprintf("fan%d", n%9), "m")) },
		func(n int) { post("message/custom/send", custom("nobody", "m")) },
		func(n int) {
			post("message/template/send", templateBody(fmt.Sprintf("fan%d", n%8), `"thing1":{"value":"x"}`, `,"client_msg_id":"`+fmt.Sprint(n)+`"`))
		},
		func(n int) { post("message/mass/send", massList(fmt.Sprint("m", n), "", "fan1", "fan2")) },
		func(n int) { post("tags/members/batchtagging", `{"tagid":100,"openid_list":["fan1","fan2"]}`) },
		func(n int) { post("tags/members/batchuntagging", `{"tagid":100,"openid_list":["fan1"]}`) },
		func(n int) { quiet("GET", "/cgi-bin/user/info?openid=fan1&access_token="+token, "") },
		func(n int) { quiet("GET", "/cgi-bin/tags/get?access_token="+token, "") },
		func(n int) { quiet("GET", "/cgi-bin/nothing", "") },
		func(n int) {
			quiet("POST", sim+"/faults", `{"on":"api","path":"/cgi-bin/tags/get","errcode":-1,"count":3}`)
		},
		func(n int) { quiet("POST", sim+"/faults", `{"on":"push","repeat":1,"swap":true,"delay":"1ms"}`) },
		func(n int) { quiet("GET", sim+"/faults", "") },
		func(n int) { quiet("POST", sim+"/rules", `{"words":["a"],"mass":{"fails":true}}`) },
		func(n int) { quiet("GET", sim+"/fans/fan1/inbox", "") },
		func(n int) {
			if n%5 == 0 {
				quiet("POST", "/sim/clock", `{"advance":"1s"}`)
			}
		},
		func(n int) {
			if n%5 == 0 {
				quiet("PUT", "/sim/state", quiet("GET", "/sim/state", ""))
			}
		},
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		var all sync.WaitGroup
		for _, f := range work {
			all.Go(func() {
				for n := range 40 {
					f(n)
				}
			})
		}
		all.Wait()
	}()
	select {
	case <-over:
	case <-time.After(time.Minute):
		panic("something waits for itself: see the goroutines")
	}
	if quiet("GET", "/sim/state", "") == "" {
		t.Error("no state")
	}
}
