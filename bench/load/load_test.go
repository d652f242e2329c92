package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/wechat/crypt"
)

const key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// service answers each fan how many messages it has had. spoil may change what it says.
type service struct {
	t     *testing.T
	safe  crypt.Key
	spoil func(fan string, n int) (text string, again bool)

	mu   sync.Mutex
	said map[string]int
	seen map[string]bool
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	doc, q := string(raw), r.URL.Query()
	if !crypt.Verify(q.Get("signature"), "bench", q.Get("timestamp"), q.Get("nonce")) {
		s.t.Errorf("signature of %s is wrong", r.URL)
	}
	safe := q.Get("encrypt_type") == "aes"
	if safe {
		sealed := element(doc, "Encrypt")
		if !crypt.Verify(q.Get("msg_signature"), "bench", q.Get("timestamp"), q.Get("nonce"), sealed) {
			s.t.Errorf("msg_signature of %s is wrong", r.URL)
		}
		plain, err := s.safe.Open(sealed, "wxbench0000000000")
		if err != nil {
			s.t.Error(err)
		}
		doc = string(plain)
	}
	fan, id := element(doc, "FromUserName"), element(doc, "MsgId")
	s.mu.Lock()
	if s.seen[id] {
		s.t.Errorf("MsgId %s came twice", id)
	}
	s.seen[id] = true
	s.said[fan]++
	text, again := fmt.Sprintf("message %d.", s.said[fan]), false
	if s.spoil != nil {
		text, again = s.spoil(fan, s.said[fan])
	}
	if again {
		s.said[fan]--
	}
	s.mu.Unlock()
	if text == "" {
		http.Error(w, "spoilt", http.StatusInternalServerError)
		return
	}
	reply := "<xml><ToUserName><![CDATA[" + fan + "]]></ToUserName><MsgType>text</MsgType><Content><![CDATA[" + text + "]]></Content></xml>"
	if safe {
		sealed, err := s.safe.Seal([]byte(reply), "wxbench0000000000")
		if err != nil {
			s.t.Error(err)
		}
		stamp := strconv.FormatInt(time.Now().Unix(), 10)
		reply = "<xml><Encrypt>" + sealed + "</Encrypt><MsgSignature>" + crypt.Signature("bench", stamp, "1", sealed) +
			"</MsgSignature><TimeStamp>" + stamp + "</TimeStamp><Nonce>1</Nonce></xml>"
	}
	io.WriteString(w, reply)
}

// start serves s and plans a short run against it.
func start(t *testing.T, s *service) plan {
	t.Helper()
	k, err := crypt.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s.t, s.safe, s.said, s.seen = t, k, map[string]int{}, map[string]bool{}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return plan{
		account: account{URL: srv.URL + "/callback/bench", Token: "bench", AppID: "wxbench0000000000", Key: k},
		addr:    strings.TrimPrefix(srv.URL, "http://"),
		prefix:  "oTest", say: "1", expect: "message {n}.", fans: 21, clients: 4, pushes: 300, length: time.Minute,
	}
}

func TestEveryAnswerIsChecked(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*plan)
		want   int
	}{
		{"closed loop", func(*plan) {}, 300},
		{"safe mode", func(p *plan) { p.account.Safe = true }, 300},
		{"one push of every fan", func(p *plan) { p.each = true }, 21},
		{"open loop", func(p *plan) { p.rate, p.length = 5000, 40*time.Millisecond }, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &service{}
			p := start(t, s)
			tt.change(&p)
			r, err := p.run()
			if err != nil {
				t.Fatal(err)
			}
			if r.Answers != tt.want || r.Errors != 0 {
				t.Errorf("%d answers and %d errors (%s), want %d and none", r.Answers, r.Errors, r.FirstError, tt.want)
			}
			if p.each && len(s.said) != p.fans {
				t.Errorf("%d fans spoke, want %d", len(s.said), p.fans)
			}
		})
	}
}

func TestFaultsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(fan string, n int) (string, bool)
		want  string
	}{
		{"an answer that skips a number", func(_ string, n int) (string, bool) { return fmt.Sprintf("message %d.", n*2), false }, "the last one was"},
		{"an answer given twice", func(_ string, n int) (string, bool) { return "message 1.", n > 1 }, "the last one was"},
		{"another text", func(string, int) (string, bool) { return "sorry", false }, `reply "sorry"`},
		{"an error status", func(string, int) (string, bool) { return "", false }, "status 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, &service{spoil: tt.spoil})
			r, err := p.run()
			if err != nil {
				t.Fatal(err)
			}
			if r.Errors == 0 || !strings.Contains(r.FirstError, tt.want) {
				t.Errorf("%d errors, first %q; want %q", r.Errors, r.FirstError, tt.want)
			}
		})
	}
}

func TestPercentile(t *testing.T) {
	var sorted []time.Duration
	for i := range 1000 {
		sorted = append(sorted, time.Duration(i+1)*time.Millisecond)
	}
	for p, want := range map[float64]float64{50: 500, 99: 990, 99.9: 999, 100: 1000} {
		if got := percentile(sorted, p); got != want {
			t.Errorf("percentile %v = %v, want %v", p, got, want)
		}
	}
}
