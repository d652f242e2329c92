package callback_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/callback"
	"fanflow/wechat/crypt"
)

// BenchmarkCallback takes a fan's text from the request to the bytes of the reply, everything but the socket. Beside the Handler
// stands the same without workers and runs, and what one would write first: encoding/xml both ways, the same signatures and the
// same cipher, nothing kept. Measure with -cpu 1: on an idle machine the second core has to be woken for each push.
func BenchmarkCallback(b *testing.B) {
	for _, mode := range []string{"plain", "safe"} {
		b.Run(mode, func(b *testing.B) {
			secret := callback.Secret{Token: token}
			if mode == "safe" {
				secret.AESKey = aesKey
			}
			h, err := callback.New(callback.Config{
				AppID: appID, Secrets: []callback.Secret{secret}, Receiver: answering{}, Now: func() time.Time { return now },
			})
			if err != nil {
				b.Fatal(err)
			}
			b.Run("fanflow", func(b *testing.B) { pushAll(b, h, mode == "safe") })
			b.Run("fanflow-nothing-kept", func(b *testing.B) { pushAll(b, h.Unkept(), mode == "safe") })
			b.Run("encoding-xml", func(b *testing.B) {
				key, err := crypt.ParseKey(aesKey)
				if err != nil {
					b.Fatal(err)
				}
				pushAll(b, firstTry{key}, mode == "safe")
			})
		})
	}
}

// answering answers at once with one text.
type answering struct{}

func (answering) Receive(context.Context, *wechat.Push) (wechat.Reply, error) {
	return wechat.TextReply("我们每天 10:00 至 22:00 营业。"), nil
}
func (answering) Written(*wechat.Push)                                   {}
func (answering) Late(context.Context, *wechat.Push, wechat.Reply) error { return nil }

// firstTry is a callback without a library.
type firstTry struct{ key crypt.Key }

func (f firstTry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	body, err := io.ReadAll(r.Body)
	if err != nil || !crypt.Verify(q.Get("signature"), token, q.Get("timestamp"), q.Get("nonce")) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	safe := q.Get("encrypt_type") == "aes"
	if safe {
		var outer struct{ ToUserName, Encrypt string }
		if err := xml.Unmarshal(body, &outer); err != nil || !crypt.Verify(q.Get("msg_signature"), token, q.Get("timestamp"), q.Get("nonce"), outer.Encrypt) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if body, err = f.key.Open(outer.Encrypt, appID); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	var push struct {
		ToUserName, FromUserName, MsgType, Event, EventKey, Content, MsgId string
		CreateTime                                                         int64
	}
	if err := xml.Unmarshal(body, &push); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	type cdata struct {
		Text string `xml:",cdata"`
	}
	doc, err := xml.Marshal(struct {
		XMLName                  xml.Name `xml:"xml"`
		ToUserName, FromUserName cdata
		CreateTime               int64
		MsgType, Content         cdata
	}{
		ToUserName: cdata{push.FromUserName}, FromUserName: cdata{push.ToUserName}, CreateTime: now.Unix(),
		MsgType: cdata{"text"}, Content: cdata{"我们每天 10:00 至 22:00 营业。"},
	})
	if err == nil && safe {
		doc, err = f.seal(doc)
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(doc)
}

func (f firstTry) seal(doc []byte) ([]byte, error) {
	sealed, err := f.key.Seal(doc, appID)
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	return xml.Marshal(struct {
		XMLName                                 xml.Name `xml:"xml"`
		Encrypt, MsgSignature, TimeStamp, Nonce string
	}{Encrypt: sealed, MsgSignature: crypt.Signature(token, stamp, "n2", sealed), TimeStamp: stamp, Nonce: "n2"})
}

// batch is how many pushes are rendered at a time, outside of what is measured. Every push is new to the handler.
const batch = 4096

func pushAll(b *testing.B, h http.Handler, safe bool) {
	key, err := crypt.ParseKey(aesKey)
	if err != nil {
		b.Fatal(err)
	}
	type rendered struct{ query, body string }
	pushes := make([]rendered, batch)
	render := func(from int) {
		for i := range pushes {
			doc := textPush(1_000_000_000+from+i, "你好,请问今天几点关门?")
			u := plainURL(token, now)
			if safe {
				envelope, err := key.Seal([]byte(doc), appID)
				if err != nil {
					b.Fatal(err)
				}
				u, doc = sealedURL(token, envelope, now), wrapped(envelope)
			}
			pushes[i] = rendered{u[strings.IndexByte(u, '?')+1:], doc}
		}
	}
	w := &sink{header: http.Header{}}
	body := strings.NewReader("")
	r := (&http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/callback/shop"}, Body: io.NopCloser(body)}).WithContext(b.Context())
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n%batch == 0 {
			b.StopTimer()
			render(n)
			b.StartTimer()
		}
		one := pushes[n%batch]
		n++
		body.Reset(one.body)
		r.URL.RawQuery, r.ContentLength = one.query, int64(len(one.body))
		clear(w.header)
		w.status, w.written = 0, 0
		h.ServeHTTP(w, r)
		if w.status != 0 || w.written < 200 {
			b.Fatalf("push %d: status %d, %d bytes", n, w.status, w.written)
		}
	}
}

// sink is a connection that takes everything.
type sink struct {
	header          http.Header
	status, written int
}

func (s *sink) Header() http.Header    { return s.header }
func (s *sink) WriteHeader(status int) { s.status = status }
func (s *sink) Flush()                 {}
func (s *sink) Write(p []byte) (int, error) {
	s.written += len(p)
	return len(p), nil
}
