package callback_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
	"fanflow/wechat/callback"
	"fanflow/wechat/crypt"
)

// pushIn renders an event of a fan's as the platform pushes it in a mode ("plain", "compatible", "safe") and a format ("xml",
// "json"), and the URL it comes to.
func pushIn(t testing.TB, mode, format string, id int) (target, body string) {
	t.Helper()
	doc := fmt.Sprintf("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oFAN]]></FromUserName><CreateTime>1700000000</CreateTime>"+
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[K%d]]></EventKey></xml>", id)
	if format == "json" {
		doc = fmt.Sprintf(`{"ToUserName":"gh_1","FromUserName":"oFAN","CreateTime":1700000000,"MsgType":"event","Event":"CLICK","EventKey":"K%d"}`, id)
	}
	if mode == "plain" {
		return plainURL(token, now), doc
	}
	envelope := seal(t, aesKey, doc, appID)
	clear := "" // what somebody in between may have changed: it must not count
	if mode == "compatible" {
		clear = "<FromUserName><![CDATA[oOTHER]]></FromUserName><CreateTime>1600000000</CreateTime><MsgType><![CDATA[text]]></MsgType>" +
			"<Content><![CDATA[clear]]></Content><MsgId>7</MsgId>"
		if format == "json" {
			clear = `"FromUserName":"oOTHER","CreateTime":1600000000,"MsgType":"text","Content":"clear","MsgId":7,`
		}
	}
	body = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>" + clear + "<Encrypt><![CDATA[" + envelope + "]]></Encrypt></xml>"
	if format == "json" {
		body = `{"ToUserName":"gh_1",` + clear + `"Encrypt":"` + envelope + `"}`
	}
	return sealedURL(token, envelope, now), body
}

// leaves flattens a document of either format: names joined by dots; the items of a list are counted.
func leaves(t testing.TB, format string, doc []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	if format == "json" {
		var v any
		dec := json.NewDecoder(bytes.NewReader(doc))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		leavesJSON(out, "", v)
		return out
	}
	type element struct {
		XMLName  xml.Name
		Text     string    `xml:",chardata"`
		Children []element `xml:",any"`
	}
	var root element
	if err := xml.Unmarshal(doc, &root); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	var walk func(path string, e element)
	walk = func(path string, e element) {
		for i, child := range e.Children {
			name := child.XMLName.Local
			if name == "item" {
				name = strconv.Itoa(i)
			}
			walk(strings.TrimPrefix(path+"."+name, "."), child)
		}
		if len(e.Children) == 0 {
			out[path] = e.Text
		}
	}
	walk("", root)
	return out
}

func leavesJSON(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			leavesJSON(out, strings.TrimPrefix(path+"."+name, "."), child)
		}
	case []any:
		for i, child := range v {
			leavesJSON(out, path+"."+strconv.Itoa(i), child)
		}
	default:
		out[path] = fmt.Sprint(v)
	}
}

// opened takes the envelope off an answer of a safe or compatible account and checks it.
func opened(t testing.TB, format string, body []byte) []byte {
	t.Helper()
	got := leaves(t, format, body)
	if len(got) != 4 || got["TimeStamp"] != strconv.FormatInt(now.Unix(), 10) || got["Nonce"] == "" ||
		!crypt.Verify(got["MsgSignature"], token, got["TimeStamp"], got["Nonce"], got["Encrypt"]) {
		t.Fatalf("the answer is not signed: %s", body)
	}
	key, err := crypt.ParseKey(aesKey)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := key.Open(got["Encrypt"], appID)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestRepliesOnTheWire pushes over a socket in every mode and format and reads every type of reply with the standard library's
// parsers.
func TestRepliesOnTheWire(t *testing.T) {
	articles := []wechat.Article{{Title: "t]]>1", Description: "d", PicURL: "p", URL: "https://example.com/?a=1&b=<2>"}, {Title: "t2", Description: "d2", PicURL: "p2", URL: "u2"}}
	for _, tt := range []struct {
		name  string
		reply wechat.Reply
		want  map[string]string // beside the header; nil: "success"
	}{
		{"nothing", wechat.Reply{}, nil},
		{"empty text", wechat.TextReply(""), nil},
		{"text", wechat.TextReply("您好 ]]> <a href=\"x?a&b\">\n\U0001f600</a>"), map[string]string{"MsgType": "text", "Content": "您好 ]]> <a href=\"x?a&b\">\n\U0001f600</a>"}},
		{"image", wechat.Reply{MsgType: "image", MediaID: "m"}, map[string]string{"MsgType": "image", "Image.MediaId": "m"}},
		{"voice", wechat.Reply{MsgType: "voice", MediaID: "m"}, map[string]string{"MsgType": "voice", "Voice.MediaId": "m"}},
		{
			"video",
			wechat.Reply{MsgType: "video", MediaID: "m", Title: "t", Desc: "d"},
			map[string]string{"MsgType": "video", "Video.MediaId": "m", "Video.Title": "t", "Video.Description": "d"},
		},
		{
			"music",
			wechat.Reply{MsgType: "music", Title: "t", Desc: "d", MusicURL: "u", HQMusic: "h", Thumb: "m"},
			map[string]string{
				"MsgType": "music", "Music.Title": "t", "Music.Description": "d", "Music.MusicUrl": "u", "Music.HQMusicUrl": "h", "Music.ThumbMediaId": "m",
			},
		},
		{
			"news",
			wechat.Reply{MsgType: "news", Articles: articles},
			map[string]string{
				"MsgType": "news", "ArticleCount": "2",
				"Articles.0.Title": "t]]>1", "Articles.0.Description": "d", "Articles.0.PicUrl": "p", "Articles.0.Url": "https://example.com/?a=1&b=<2>",
				"Articles.1.Title": "t2", "Articles.1.Description": "d2", "Articles.1.PicUrl": "p2", "Articles.1.Url": "u2",
			},
		},
		{
			"an agent",
			wechat.Reply{MsgType: "transfer_customer_service", KfAccount: "a@shop"},
			map[string]string{"MsgType": "transfer_customer_service", "TransInfo.KfAccount": "a@shop"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, mode := range []string{"plain", "compatible", "safe"} {
				for _, format := range []string{"xml", "json"} {
					t.Run(mode+" "+format, func(t *testing.T) {
						contentType, body := overSocket(t, mode, format, tt.reply)
						if tt.want == nil {
							if string(body) != "success" || contentType != "text/plain; charset=utf-8" {
								t.Errorf("answer = %s %q", contentType, body)
							}
							return
						}
						if want := map[string]string{"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}[format]; contentType != want {
							t.Errorf("Content-Type %s, want %s", contentType, want)
						}
						if mode != "plain" {
							body = opened(t, format, body)
						}
						want := map[string]string{"ToUserName": "oFAN", "FromUserName": "gh_1", "CreateTime": "1700000000"}
						for name, value := range tt.want {
							want[name] = value
						}
						if diff := cmp.Diff(want, leaves(t, format, body)); diff != "" {
							t.Errorf("the reply (-want +got)\n%s", diff)
						}
					})
				}
			}
		})
	}
}

// overSocket pushes one event and gives what comes back. The push must have been understood: the receiver checks it.
func overSocket(t *testing.T, mode, format string, reply wechat.Reply) (contentType string, body []byte) {
	t.Helper()
	c := callback.Config{Receiver: newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
		if p.FromUserName != "oFAN" || p.CreateTime != 1700000000 || p.Name() != "click" || p.EventKey != "K1" {
			t.Errorf("the push was read as %+v", p)
		}
		return reply, nil
	})}
	if mode != "plain" {
		c.Secrets = []callback.Secret{{Token: token, AESKey: aesKey}}
	}
	server := httptest.NewServer(handler(t, c))
	defer server.Close()
	target, doc := pushIn(t, mode, format, 1)
	resp, err := http.Post(server.URL+target, "text/xml", strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.ContentLength != int64(len(body)) {
		t.Fatalf("answer = %d, length %d of %d, %v", resp.StatusCode, resp.ContentLength, len(body), err)
	}
	return resp.Header.Get("Content-Type"), body
}

// A text that is too long, or holds what XML cannot, would show the fan the fault line.
func TestTextsThatWouldBeAFault(t *testing.T) {
	for name, text := range map[string]string{
		"long":          strings.Repeat("好", 5000),
		"long and wide": strings.Repeat("\U0001f600", 1000),
		"control bytes": strings.Repeat("a\x00\x1b", 3000),
		"no UTF-8":      strings.Repeat("a\xff", 3000),
		"CDATA ends":    strings.Repeat("]]>", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"xml", "json"} {
				_, body := overSocket(t, "safe", format, wechat.TextReply(text))
				content := leaves(t, format, opened(t, format, body))["Content"]
				if len(content) > wechat.MaxText || len(content) < wechat.MaxText-3 || !utf8.ValidString(content) || strings.ContainsAny(content, "\x00\x1b") {
					t.Errorf("%s: Content of %d bytes: %.40q", format, len(content), content)
				}
			}
		})
	}
}

// Pushes of many connections at once share buffers; each must get its own answer.
func TestAnswersDoNotMix(t *testing.T) {
	server := httptest.NewServer(handler(t, callback.Config{
		Secrets: []callback.Secret{{Token: token, AESKey: aesKey}},
		Receiver: newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
			return wechat.TextReply(strings.Repeat(p.EventKey+" ", 20)), nil
		}),
	}))
	defer server.Close()
	var wg sync.WaitGroup
	for id := range 64 {
		wg.Go(func() {
			format := []string{"xml", "json"}[id%2]
			target, doc := pushIn(t, "safe", format, id)
			resp, err := http.Post(server.URL+target, "text/xml", strings.NewReader(doc))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if want := strings.Repeat(fmt.Sprintf("K%d ", id), 20); err != nil || leaves(t, format, opened(t, format, body))["Content"] != want {
				t.Errorf("push %d: %v, %s", id, err, body)
			}
		})
	}
	wg.Wait()
}

// The published samples, as requests. Sources: see the vectors of package crypt.
func TestPublishedPushes(t *testing.T) {
	for _, tt := range []struct {
		name, token, key, appID, query, body string
		want                                 string // of the push: sender, name, key
	}{
		{
			"V2, plain", "AAAAA", "", "wxba5fad812f8e6fb9", "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656",
			`{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714037059,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`,
			"o9AgO5Kd5ggOC-bXrbNODIiE3bGY debug_demo hello world",
		},
		{
			"V3, JSON, safe", "AAAAA", strings.Repeat("A", 43), "wxba5fad812f8e6fb9",
			"signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741&openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY&encrypt_type=aes&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
			`{"ToUserName":"gh_97417a04a28d","Encrypt":"+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="}`,
			"o9AgO5Kd5ggOC-bXrbNODIiE3bGY debug_demo hello world",
		},
		{
			"V13, XML, safe", "pamtest", aesKey, "wxb11529c136998cb6",
			"signature=2803767ba453782765841dd07271ce7222bc73c0&timestamp=1700000000&nonce=sim0001&encrypt_type=aes&msg_signature=8b552847d2036af36d3d532187b0f82f75c1bf62",
			wrapped("Q3stYC6hdFzMh9T8HCvyDIDSfCL4HQz59yVjrDfvZ9W1Bu8tlpNHodYlEYMxjp0emvVjVkj/o+43yoPS1PpzqugQVk32r4tWBAMy38AVCZyFbYNq1+iptR/qa+yM8oNEFkJV0Kh2pwaZYz69oIAC3qkBPWMY2fYz7qPQBR5sZCzoxi9+CzEma00ZQ1AUr6YtehguzULpdWfX2kZKfhCluilz+RLQhi5qS+IH43P3MxWrRBlh7zUt742hWJBNnpsHjWZRm3fctTjrgGzUOBzr7QCCfQYHV+IQTdRDrzmm+wsJlxJ6bzHCt8lXC3/xOae48BfTO//inpbiBXXCDd4WAfSHg8ZGFIeoIJcGMUH7hFG0zFaGi9JUz3wkfk2HYyHjBWqxBbeVO112dm96Z3w1ML5uQtiNq7XxVaNEJ6JnrooX8WqoDvqU10BUuf4ljzCovfOAnvm+gtraMaz2bmAx5Ms6JdHGNsl903MA+L5vwlEz7SYpGdqbRisZaCuPlE9L"),
			"oSIMUSER0000000000000000001 subscribe spring24",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			q, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			seconds, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			h, err := callback.New(callback.Config{
				AppID: tt.appID, Secrets: []callback.Secret{{Token: tt.token, AESKey: tt.key}}, Now: func() time.Time { return time.Unix(seconds, 0) },
				Receiver: newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
					got = p.FromUserName + " " + p.Name() + " "
					switch b := p.Body.(type) {
					case *wechat.Subscribe:
						got += b.Scene
					case *wechat.Generic:
						got += b.Fields["debug_str"]
					}
					return wechat.Reply{}, nil
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			if w := serve(h, "POST", "/?"+tt.query, tt.body); w.Code != 200 || w.Body.String() != "success" || got != tt.want {
				t.Errorf("answer = %d %q, the push was %q, want %q", w.Code, w.Body, got, tt.want)
			}
		})
	}
}

func TestQueries(t *testing.T) {
	good := plainURL(token, now)
	for _, tt := range []struct {
		name, url string
		code      int
	}{
		{"escaped", strings.Replace(good, "nonce=n1", "nonce=%6e1", 1), 200},
		{"with what it does not know", good + "&&x&=y&%zz=1&a=%zz", 200},
		{"the first of two counts", good + "&signature=x&nonce=n2", 200},
		{"the first of two counts, also when it is wrong", strings.Replace(good, "?", "?nonce=n2&", 1), 403},
		{"an empty one counts", strings.Replace(good, "?", "?signature=&", 1), 403},
		{"broken escape", strings.Replace(good, "nonce=n1", "nonce=%zz", 1), 403},
		{"encrypt_type in capitals", good + "&encrypt_type=RAW", 200},
		{"no query", "/callback/shop", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if w := serve(handler(t, callback.Config{}), "POST", tt.url, textPush(1, "hi")); w.Code != tt.code {
				t.Errorf("answer = %d, want %d", w.Code, tt.code)
			}
		})
	}
}

func TestProbe(t *testing.T) {
	const asJSON, asXML = `{"action":"CheckContainerPath"}`, "<xml>\n<action>CheckContainerPath</action>\n</xml>"
	sealed := seal(t, aesKey, asXML, appID)
	for _, tt := range []struct {
		name, url, body string
		safe            bool
		code            int
		outcome         string
	}{
		{"JSON", "/", asJSON, false, 200, "probe"},
		{"XML", "/", asXML, false, 200, "probe"},
		{"JSON to a safe account", "/", asJSON, true, 200, "probe"},
		{"signed", plainURL(token, now), asXML, false, 200, "probe"},
		{"sealed", sealedURL(token, sealed, now), wrapped(sealed), true, 200, "probe"},
		{"signed wrongly", plainURL("other", now), asXML, false, 403, "bad-signature"},
		{"another action", "/", `{"action":"Other"}`, false, 403, "bad-signature"},
		{"a push that holds it", "/", `{"FromUserName":"oFAN","MsgType":"text","action":"CheckContainerPath"}`, false, 403, "bad-signature"},
		{"long", "/", `{"action":"CheckContainerPath","x":"` + strings.Repeat("x", 500) + `"}`, false, 403, "bad-signature"},
		{"nothing", "/", "", false, 403, "bad-signature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			outcome := ""
			r := newReceiver(echo)
			c := callback.Config{Receiver: r, Observe: func(o string) { outcome += o }}
			if tt.safe {
				c.Secrets = []callback.Secret{{Token: token, AESKey: aesKey}}
			}
			h := handler(t, c)
			want := map[int]string{200: "success", 403: ""}[tt.code]
			if w := serve(h, "POST", tt.url, tt.body); w.Code != tt.code || w.Body.String() != want || outcome != tt.outcome || len(r.log()) > 0 {
				t.Errorf("answer = %d %q, outcome %q, calls %q; want %d, %q", w.Code, w.Body, outcome, r.log(), tt.code, tt.outcome)
			}
			chunked := httptest.NewRequest("POST", tt.url, io.MultiReader(strings.NewReader(tt.body))) // of a length that is not announced
			w := httptest.NewRecorder()
			h.ServeHTTP(w, chunked)
			if w.Code != tt.code || w.Body.String() != want {
				t.Errorf("answer without a length = %d %q", w.Code, w.Body)
			}
		})
	}
}

// FuzzHandler holds that nothing from outside makes the Handler panic, and that nothing without a signature reaches the Receiver.
func FuzzHandler(f *testing.F) {
	for _, mode := range []string{"plain", "compatible", "safe"} {
		for _, format := range []string{"xml", "json"} {
			target, body := pushIn(f, mode, format, 1)
			f.Add(strings.TrimPrefix(target, "/callback/shop?"), body)
		}
	}
	f.Add("", `{"action":"CheckContainerPath"}`)
	f.Add("signature=%zz&timestamp=1%700&&=&nonce", "<!DOCTYPE x>")
	f.Fuzz(func(t *testing.T, query, body string) {
		for _, secret := range []callback.Secret{{Token: token}, {Token: token, AESKey: aesKey}} {
			r := newReceiver(echo)
			h := handler(t, callback.Config{Secrets: []callback.Secret{secret}, Receiver: r})
			w := httptest.NewRecorder()
			req := httptest.NewRequest("POST", "/callback/shop", strings.NewReader(body))
			req.URL.RawQuery = query
			h.ServeHTTP(w, req)
			q, _ := url.ParseQuery(query) // what it can read, which is what counts
			proved := crypt.Verify(q.Get("signature"), token, q.Get("timestamp"), q.Get("nonce")) || strings.Contains(query, "msg_signature")
			if w.Code == http.StatusOK && w.Body.String() != "success" && !proved || !proved && len(r.log()) > 0 {
				t.Fatalf("answer = %d %q to %q %q", w.Code, w.Body, query, body)
			}
			if err := h.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
