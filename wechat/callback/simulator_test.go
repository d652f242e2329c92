package callback_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/callback"
	"fanflow/wechat/simulator"
)

// simulated runs the handler against the played platform, which shares no parser and no reply writer with it. do plays a fan
// and returns what the fan sees; control is any other call under /sim; base is where its server API is.
func simulated(t *testing.T, mode string, c callback.Config) (do func(action string) string, control func(path, body string) string, base string) {
	t.Helper()
	account := simulator.Account{Name: "shop", Type: "service", AppID: appID, AppSecret: "s", Token: token, AESKey: aesKey, Mode: mode, Verified: true}
	var h *callback.Handler
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(hooks.Close)
	sim, err := simulator.New(simulator.Config{
		Accounts: []simulator.Account{account}, PublicURL: hooks.URL, Start: now,
		// Deliveries that are not meant to wait never come near this; those that are, need not wait for long.
		PushTimeout: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	c.Now = sim.Now
	c.Secrets = []callback.Secret{{Token: token}}
	if mode != "plain" {
		c.Secrets[0].AESKey = aesKey
	}
	h = handler(t, c)
	control = func(path, body string) string {
		t.Helper()
		resp, err := http.Post(server.URL+"/sim/"+appID+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", path, body, resp.StatusCode, text, err)
		}
		return string(text)
	}
	do = func(action string) string {
		t.Helper()
		var out struct{ Seen []simulator.Item }
		if err := json.Unmarshal([]byte(control("/fans/oFAN/do", action)), &out); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, item := range out.Seen {
			line := item.Kind + " " + item.MsgType + " " + item.Content + item.MediaID + item.Why
			for _, a := range item.Articles {
				line += "[" + a.Title + "|" + a.URL + "]"
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	return do, control, server.URL
}

// uploaded is the media id of a picture that the account has given to the platform.
func uploaded(t *testing.T, base string) string {
	t.Helper()
	call := func(resp *http.Response, err error) (out struct {
		AccessToken string `json:"access_token"`
		MediaID     string `json:"media_id"`
	},
	) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	token := call(http.Get(base + "/cgi-bin/token?grant_type=client_credential&appid=" + appID + "&secret=s")).AccessToken
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("media", "dot.png")
	if err == nil {
		err = errors.Join(png.Encode(file, image.NewGray(image.Rect(0, 0, 1, 1))), parts.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	id := call(http.Post(base+"/cgi-bin/media/upload?type=image&access_token="+token, parts.FormDataContentType(), &form)).MediaID
	if id == "" {
		t.Fatal("the picture was not taken")
	}
	return id
}

// describe answers with what was understood.
func describe(p *wechat.Push) (wechat.Reply, error) {
	switch b := p.Body.(type) {
	case *wechat.Text:
		switch b.Content {
		case "news":
			return wechat.Reply{MsgType: "news", Articles: []wechat.Article{{Title: "a]]>b", URL: "https://example.com/?a=1&b=2"}, {Title: "c"}}}, nil
		case "nothing":
			return wechat.Reply{}, nil
		case "long":
			return wechat.TextReply(strings.Repeat("好", 1000)), nil
		}
		return wechat.TextReply("text " + b.Content), nil
	case *wechat.Generic:
		return wechat.TextReply(p.Name() + " " + b.Fields["ScanCodeInfo.ScanResult"]), nil
	default:
		return wechat.TextReply(fmt.Sprintf("%s %+v", p.Name(), p.Body)), nil
	}
}

func TestAgainstTheSimulator(t *testing.T) {
	for _, mode := range []string{"plain", "compatible", "safe"} {
		t.Run(mode, func(t *testing.T) {
			media := ""
			do, control, base := simulated(t, mode, callback.Config{Receiver: newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
				if text, ok := p.Body.(*wechat.Text); ok && text.Content == "image" {
					return wechat.Reply{MsgType: "image", MediaID: media}, nil
				}
				return describe(p)
			})})
			media = uploaded(t, base)
			if got := control("/verify", ""); got != `{"ok":true}` {
				t.Errorf("URL verification: %s", got)
			}
			for _, tt := range []struct{ action, want string }{
				{`{"subscribe":{"scene":"store_1"}}`, "passive text subscribe &{Scene:store_1 Ticket:"},
				{`{"text":"你好 <b>&amp; 😀"}`, "passive text text 你好 <b>&amp; 😀"},
				{`{"text":"a\u0001b]]>c"}`, "passive text text ab]]>c"},
				{`{"text":"x]]></Content><FromUserName><![CDATA[oOTHER]]></FromUserName><Content><![CDATA[y"}`, "passive text text x]]></Content><FromUserName><![CDATA[oOTHER]]></FromUserName><Content><![CDATA[y"},
				{`{"text":"]]></Content></xml>"}`, "passive text text ]]></Content></xml>"},
				{`{"text":"news"}`, "passive news [a]]>b|https://example.com/?a=1&b=2]"},
				{`{"text":"image"}`, "passive image " + media},
				{`{"text":"long"}`, "passive text 好好好"},
				{`{"text":"nothing"}`, ""},
				{`{"location":{"latitude":31.2,"longitude":121.4,"label":"上海"}}`, "passive text location &{Latitude:31.2 Longitude:121.4 Scale:"},
				{`{"scan":"store-1"}`, "passive text scan &{Scene:store-1 Ticket:"},
				{`{"click":"KEY"}`, "passive text click &{Key:KEY}"},
			} {
				if got := do(tt.action); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
					t.Errorf("%s: the fan sees %q, want %q", tt.action, got, tt.want)
				}
			}
		})
	}
}

func TestSimulatorsRepeats(t *testing.T) {
	t.Run("a reply that was not read is given again", func(t *testing.T) {
		r := newReceiver(echo)
		do, control, _ := simulated(t, "safe", callback.Config{Receiver: r})
		control("/faults", `{"on":"push","reset":true,"count":1}`)
		if got := do(`{"text":"hi"}`); got != "passive text echo hi" {
			t.Errorf("the fan sees %q", got)
		}
		if calls := r.log(); strings.Count(strings.Join(calls, " "), "receive") != 1 {
			t.Errorf("calls = %q", calls)
		}
	})
	t.Run("a slow reply reaches the fan by the second delivery", func(t *testing.T) {
		gone := make(chan struct{})
		r := newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
			<-gone
			return echo(p)
		})
		var once sync.Once
		do, _, _ := simulated(t, "safe", callback.Config{Receiver: r, AnswerOnRetry: true, Observe: func(outcome string) {
			if outcome == "gone" { // the platform has hung up for the first time
				once.Do(func() { close(gone) })
			}
		}})
		if got := do(`{"text":"hi"}`); got != "passive text echo hi" {
			t.Errorf("the fan sees %q", got)
		}
	})
}
