package callback_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/callback"
	"fanflow/wechat/crypt"
)

const (
	appID  = "wxtest0000000000"
	token  = "pamtest"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	oldKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	// noKey is a key that the account never had.
	noKey = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
)

var now = time.Unix(1700000000, 0)

// textPush is a message of a fan's; id tells pushes apart.
func textPush(id int, content string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oFAN]]></FromUserName>"+
		"<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>", content, id)
}

func plainURL(token string, at time.Time) string {
	ts := strconv.FormatInt(at.Unix(), 10)
	q := url.Values{"signature": {crypt.Signature(token, ts, "n1")}, "timestamp": {ts}, "nonce": {"n1"}, "openid": {"oFAN"}}
	return "/callback/shop?" + q.Encode()
}

func sealedURL(token, envelope string, at time.Time) string {
	ts := strconv.FormatInt(at.Unix(), 10)
	q := url.Values{
		"signature": {crypt.Signature(token, ts, "n1")}, "timestamp": {ts}, "nonce": {"n1"}, "openid": {"oFAN"},
		"encrypt_type": {"aes"}, "msg_signature": {crypt.Signature(token, ts, "n1", envelope)},
	}
	return "/callback/shop?" + q.Encode()
}

func seal(t testing.TB, key, doc, receiver string) string {
	t.Helper()
	k, err := crypt.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := k.Seal([]byte(doc), receiver)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func wrapped(envelope string) string {
	return "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + envelope + "]]></Encrypt></xml>"
}

// echo answers a text with itself.
func echo(p *wechat.Push) (wechat.Reply, error) {
	if text, ok := p.Body.(*wechat.Text); ok {
		return wechat.TextReply("echo " + text.Content), nil
	}
	return wechat.Reply{}, nil
}

func handler(t testing.TB, c callback.Config) *callback.Handler {
	t.Helper()
	c.AppID = appID
	if c.Secrets == nil {
		c.Secrets = []callback.Secret{{Token: token}}
	}
	if c.Now == nil {
		c.Now = func() time.Time { return now }
	}
	if c.Receiver == nil {
		c.Receiver = newReceiver(echo)
	}
	h, err := callback.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func serve(h http.Handler, method, url, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, url, strings.NewReader(body)))
	return w
}

func TestVerifyURL(t *testing.T) {
	// A published sample: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
	const good = "/?signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492"
	sample := callback.Config{Secrets: []callback.Secret{{Token: "AAAAA", AESKey: aesKey}}, Now: func() time.Time { return time.Unix(1714036510, 0) }}
	for _, tt := range []struct {
		name, url string
		code      int
		body      string
	}{
		{"good", good, 200, "4375120948345356249"},
		{"echo as it came", strings.Replace(good, "4375120948345356249", "%3Cb%3E%22", 1), 200, `<b>"`},
		{"bad signature", strings.Replace(good, "f464", "f465", 1), 403, ""},
		{"no signature", "/?echostr=1&timestamp=1714036504&nonce=1514711492", 403, ""},
		{"nothing", "/", 403, ""},
		{"no echostr", strings.Replace(good, "echostr", "other", 1), 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(handler(t, sample), "GET", tt.url, "")
			if w.Code != tt.code || w.Body.String() != tt.body {
				t.Errorf("answer = %d %q, want %d %q", w.Code, w.Body, tt.code, tt.body)
			}
			if got := w.Header().Get("Content-Type"); tt.code == 200 && got != "text/plain; charset=utf-8" {
				t.Errorf("Content-Type = %q", got)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	good := textPush(1, "hi")
	envelope := seal(t, aesKey, good, appID)
	sealed := wrapped(envelope)
	for _, tt := range []struct {
		name, method, url, body string
		safe                    bool
		code                    int
		outcome                 string
	}{
		{"plain", "POST", plainURL(token, now), good, false, 200, "ok"},
		{"plain, said so", "POST", plainURL(token, now) + "&encrypt_type=raw", good, false, 200, "ok"},
		{"sealed", "POST", sealedURL(token, envelope, now), sealed, true, 200, "ok"},
		{"sealed, signature without use", "POST", strings.Replace(sealedURL(token, envelope, now), "&signature", "&other", 1), sealed, true, 200, "ok"},
		{"PUT", "PUT", plainURL(token, now), good, false, 405, "method"},
		{"no signature", "POST", "/callback/shop", good, false, 403, "bad-signature"},
		{"other token", "POST", plainURL("other", now), good, false, 403, "bad-signature"},
		{"no signature of the body", "POST", strings.Replace(sealedURL(token, envelope, now), "msg_signature", "other", 1), sealed, true, 403, "bad-signature"},
		{"signature of another body", "POST", sealedURL(token, envelope, now), wrapped(seal(t, aesKey, good, appID)), true, 403, "bad-signature"},
		{"just old enough", "POST", plainURL(token, now.Add(-24*time.Hour)), good, false, 200, "ok"},
		{"too old", "POST", plainURL(token, now.Add(-24*time.Hour-time.Second)), good, false, 403, "skew"},
		{"from the future", "POST", plainURL(token, now.Add(24*time.Hour+time.Second)), good, false, 403, "skew"},
		{"sealed, too old", "POST", sealedURL(token, envelope, now.Add(-25*time.Hour)), sealed, true, 403, "skew"},
		{"far future", "POST", plainURL(token, time.Unix(1<<62, 0)), good, false, 403, "skew"},
		{"time in words", "POST", "/?signature=" + crypt.Signature(token, "noon", "") + "&timestamp=noon", good, false, 403, "skew"},
		{"plain to safe account", "POST", plainURL(token, now), good, true, 400, "plain-in-safe-mode"},
		{"plain to safe account, unsigned", "POST", "/", good, true, 403, "bad-signature"},
		{"clear body, said to be sealed", "POST", sealedURL(token, envelope, now), good, true, 400, "malformed"},
		{"sealed to plain account", "POST", sealedURL(token, envelope, now), sealed, false, 400, "sealed-in-plain-mode"},
		{"unknown encryption", "POST", plainURL(token, now) + "&encrypt_type=rot13", good, true, 400, "malformed"},
		{"broken Base64", "POST", sealedURL(token, "&&&", now), wrapped("&&&"), true, 400, "bad-envelope"},
		{"another key", "POST", sealedURL(token, seal(t, noKey, "x", appID), now), "", true, 400, "malformed"},
		{"malformed", "POST", plainURL(token, now), "<xml><a>", false, 400, "malformed"},
		{"empty", "POST", plainURL(token, now), "", false, 400, "malformed"},
		{"document type", "POST", plainURL(token, now), "<!DOCTYPE xml>" + good, false, 400, "malformed"},
		{"10 MB", "POST", plainURL(token, now), "<xml>" + strings.Repeat(" ", 10<<20) + "</xml>", false, 413, "too-large"},
		{"10 MB sealed", "POST", sealedURL(token, "x", now), wrapped(strings.Repeat("A", 10<<20)), true, 413, "too-large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var outcomes []string
			receiver := newReceiver(echo)
			c := callback.Config{Receiver: receiver, Observe: func(o string) { outcomes = append(outcomes, o) }}
			if tt.safe {
				c.Secrets = []callback.Secret{{Token: token, AESKey: aesKey}}
			}
			w := serve(handler(t, c), tt.method, tt.url, tt.body)
			if w.Code != tt.code || strings.Join(outcomes, " ") != tt.outcome {
				t.Errorf("answer = %d, outcomes %q, want %d %q", w.Code, outcomes, tt.code, tt.outcome)
			}
			if tt.code != 200 && (w.Body.Len() > 0 || len(receiver.log()) > 0) {
				t.Errorf("body %q, receiver was called: %q", w.Body, receiver.log())
			}
		})
	}
}

func TestEnvelopesThatDoNotFit(t *testing.T) {
	safe := callback.Config{Secrets: []callback.Secret{{Token: token, AESKey: aesKey}}}
	for _, tt := range []struct{ name, envelope, outcome string }{
		{"another key", seal(t, noKey, textPush(1, "hi"), appID), "bad-envelope"},
		{"another AppID", seal(t, aesKey, textPush(1, "hi"), "wxother"), "wrong-appid"},
		{"no push inside", seal(t, aesKey, "hello", appID), "malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var logged bytes.Buffer
			outcome := ""
			c := safe
			c.Observe = func(o string) { outcome = o }
			c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			w := serve(handler(t, c), "POST", sealedURL(token, tt.envelope, now), wrapped(tt.envelope))
			if w.Code != 400 || outcome != tt.outcome {
				t.Errorf("answer = %d, outcome %q, want 400 %q", w.Code, outcome, tt.outcome)
			}
			if s := logged.String(); !strings.Contains(s, tt.outcome) || strings.Contains(s, token) || strings.Contains(s, aesKey) {
				t.Errorf("log = %s", s)
			}
		})
	}
}

func TestAnswerIsSealedAsThePushWas(t *testing.T) {
	secrets := []callback.Secret{{Token: token, AESKey: aesKey}, {Token: "before", AESKey: oldKey}}
	xmlPush := textPush(1, "hi ]]>")
	jsonPush := `{"ToUserName":"gh_1","FromUserName":"oFAN","CreateTime":1700000000,"MsgType":"text","Content":"hi ]]>","MsgId":1}`
	for _, tt := range []struct {
		name, token, key, doc string
		json                  bool
	}{
		{"current secret", token, aesKey, xmlPush, false},
		{"previous secret", "before", oldKey, xmlPush, false},
		{"key changed before the token", "before", aesKey, xmlPush, false},
		{"JSON", token, aesKey, jsonPush, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			envelope := seal(t, tt.key, tt.doc, appID)
			body := wrapped(envelope)
			if tt.json {
				body = `{"ToUserName":"gh_1","Encrypt":"` + envelope + `"}`
			}
			w := serve(handler(t, callback.Config{Secrets: secrets}), "POST", sealedURL(tt.token, envelope, now), body)
			var got struct {
				Encrypt, MsgSignature, Nonce string
				TimeStamp                    int64
			}
			decode := xml.Unmarshal
			if tt.json {
				decode = json.Unmarshal
			}
			if err := decode(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v in %s", err, w.Body)
			}
			if got.TimeStamp != now.Unix() || got.Nonce == "" || got.Nonce == "n1" ||
				!crypt.Verify(got.MsgSignature, tt.token, strconv.FormatInt(got.TimeStamp, 10), got.Nonce, got.Encrypt) {
				t.Errorf("the answer is not signed: %+v", got)
			}
			key, err := crypt.ParseKey(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := key.Open(got.Encrypt, appID)
			if err != nil {
				t.Fatal(err)
			}
			p, err := wechat.Parse(doc)
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := p.Body.(*wechat.Text); !ok || text.Content != "echo hi ]]>" || p.ToUserName != "oFAN" {
				t.Errorf("the answer is %s", doc)
			}
		})
	}
}

func TestPreviousSecretInheritsWhatDidNotChange(t *testing.T) {
	h := handler(t, callback.Config{Secrets: []callback.Secret{{Token: token, AESKey: aesKey}, {Token: "before"}, {AESKey: oldKey}}})
	if w := serve(h, "POST", plainURL("before", now), textPush(1, "hi")); w.Code != 400 {
		t.Errorf("a previous token without a key opens plain mode: %d", w.Code)
	}
	envelope := seal(t, oldKey, textPush(1, "hi"), appID)
	if w := serve(h, "POST", sealedURL("before", envelope, now), wrapped(envelope)); w.Code != 200 {
		t.Errorf("previous token and key: %d", w.Code)
	}
}

func TestNothingToShowIsClearSuccess(t *testing.T) {
	doc := strings.Replace(textPush(1, ""), "[text]", "[image]", 1)
	envelope := seal(t, aesKey, doc, appID)
	w := serve(handler(t, callback.Config{Secrets: []callback.Secret{{Token: token, AESKey: aesKey}}}), "POST", sealedURL(token, envelope, now), wrapped(envelope))
	if w.Code != 200 || w.Body.String() != "success" {
		t.Errorf("answer = %d %q", w.Code, w.Body)
	}
}

func TestNewRefuses(t *testing.T) {
	good := callback.Config{AppID: appID, Secrets: []callback.Secret{{Token: token}}, Receiver: newReceiver(echo)}
	for name, change := range map[string]func(*callback.Config){
		"no AppID":    func(c *callback.Config) { c.AppID = "" },
		"no secrets":  func(c *callback.Config) { c.Secrets = nil },
		"no token":    func(c *callback.Config) { c.Secrets = []callback.Secret{{AESKey: aesKey}} },
		"short key":   func(c *callback.Config) { c.Secrets = []callback.Secret{{Token: token, AESKey: aesKey[1:]}} },
		"no receiver": func(c *callback.Config) { c.Receiver = nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if _, err := callback.New(c); err == nil || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), aesKey[1:]) {
				t.Errorf("New: %v", err)
			}
		})
	}
}

// broken is a body that ends in an error, as that of a client that goes away does.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestBrokenBody(t *testing.T) {
	w := httptest.NewRecorder()
	handler(t, callback.Config{}).ServeHTTP(w, httptest.NewRequest("POST", plainURL(token, now), io.MultiReader(strings.NewReader("<xml>"), broken{})))
	if w.Code != 400 {
		t.Errorf("answer = %d", w.Code)
	}
}
