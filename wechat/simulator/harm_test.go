package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fanflow/wechat/simulator"
)

// TestArticlePagesAreShutOff: an article's HTML runs no script and is of no origin, whatever stands in it.
func TestArticlePagesAreShutOff(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	cover := p.upload("material/add_material?type=image", token, "a.jpg", jpegFile).text("media_id")
	id := p.want(p.post("draft/add", token, `{"articles":[{"title":"t","content":"<svg/onload=alert(1)>","thumb_media_id":"`+cover+`"}]}`), 0).text("media_id")
	res, err := http.Get(p.url + "/s/" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if policy := res.Header.Get("Content-Security-Policy"); res.StatusCode != 200 || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%d %q", res.StatusCode, policy)
	}
}

// TestPageThatBreaksOff: a fault on the page that a fan opens is what the fan's action says, and no broken control call.
func TestPageThatBreaksOff(t *testing.T) {
	p := start(t, simulator.Config{})
	for _, fault := range []string{`"reset":true`, `"cut":true`} {
		p.control("POST", appID+"/faults", `{"on":"api","path":"/connect/oauth2/authorize",`+fault+`}`)
		status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", `{"open":"https://open.weixin.qq.com/connect/oauth2/authorize?appid=`+appID+`#wechat_redirect"}`)
		if status != http.StatusConflict || !strings.Contains(text, "before the page had come") {
			t.Errorf("%s: %d %s", fault, status, text)
		}
	}
}

// TestWhereCredentialsStand: stable_token looks for them in its body alone.
func TestWhereCredentialsStand(t *testing.T) {
	p := start(t, simulator.Config{})
	query := "stable_token?grant_type=client_credential&appid=" + appID + "&secret=" + strings.ReplaceAll(secret, " ", "%20")
	p.want(p.api("POST", query, `{}`), 41002)
	p.want(p.api("POST", query, ``), 44002)
}

// TestEscapesSideBySide: one escape that has to be does not hide the one behind it.
func TestEscapesSideBySide(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	for content, code := range map[string]int{`\u0007\u4f60`: 47002, `\u2028\u2029`: 0, `\\\u4f60`: 47002, `\\\\u4f60`: 0, `a\u00`: 47001} {
		p.want(p.post("message/custom/send", token, `{"touser":"fan1","msgtype":"text","text":{"content":"`+content+`"}}`), code)
	}
	p.want(p.post("draft/add", token, `{"articles":[{"title":"`+strings.Repeat(`\u0001`, 1<<19)+`"}]}`), 45166) // and does not cost the memory of all of them
}

// TestRepliesNobodySees: to a tap on a link there is no reply.
func TestRepliesNobodySees(t *testing.T) {
	for _, any := range []bool{false, true} {
		p := start(t, simulator.Config{Switches: simulator.Switches{AnyEventAnswered: any}, PushTimeout: 20 * time.Second})
		p.back.reply(func(r received, _ int) string { return replyXML(r, "seen") })
		for action, answered := range map[string]bool{
			`{"view":"https://a"}`: any, `{"view_miniprogram":"p"}`: any, `{"scancode":{"key":"k","result":"1"}}`: any,
			`{"scancode":{"event":"scancode_waitmsg","key":"k","result":"1"}}`: true, `{"click":"k"}`: true, `{"scan":"s"}`: true, `{"text":"t"}`: true,
		} {
			if got := p.do("fan1", action); (len(got) == 1) != answered {
				t.Errorf("%s, switch %v: %q", action, any, got)
			}
		}
	}
}
