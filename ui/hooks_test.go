package ui_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func sign(secret, body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

func (s *site) hook(path, body, signature, key string) answer {
	s.t.Helper()
	req := s.request(http.MethodPost, path, body)
	req.Header.Set("X-Fanflow-Signature", signature)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return s.do(http.DefaultClient, req)
}

func TestHooks(t *testing.T) {
	s := newSite(t)
	s.seed()
	const path = "/hooks/demo/order.paid"
	good := `{"openid":"` + fanA + `","data":{"order":"1"}}`
	long := `{"openid":"` + fanA + `","data":"` + strings.Repeat("x", 64<<10) + `"}`
	for name, c := range map[string]struct {
		path, body, signature string
		status                int
	}{
		"good":            {path, good, sign(hookSecret, good), 202},
		"created":         {path, `{"openid":"oNew","create":true}`, sign(hookSecret, `{"openid":"oNew","create":true}`), 202},
		"unknown fan":     {path, `{"openid":"oNobody"}`, sign(hookSecret, `{"openid":"oNobody"}`), 404},
		"unknown unionid": {path, `{"unionid":"u"}`, sign(hookSecret, `{"unionid":"u"}`), 404},
		"no signature":    {path, good, "", 401},
		"wrong secret":    {path, good, sign("another", good), 401},
		"other body":      {path, good + " ", sign(hookSecret, good), 401},
		"no prefix":       {path, good, strings.TrimPrefix(sign(hookSecret, good), "sha256="), 401},
		"not hex":         {path, good, "sha256=zz", 401},
		"not JSON":        {path, "{", sign(hookSecret, "{"), 400},
		"nobody named":    {path, "{}", sign(hookSecret, "{}"), 400},
		"two named":       {path, `{"openid":"a","unionid":"b"}`, sign(hookSecret, `{"openid":"a","unionid":"b"}`), 400},
		"too long":        {path, long, sign(hookSecret, long), 413},
		"unknown account": {"/hooks/nobody/order.paid", good, sign(hookSecret, good), 404},
		"no secret":       {"/hooks/empty/order.paid", good, sign("", good), 403},
		"long event":      {"/hooks/demo/" + strings.Repeat("e", 600), good, sign(hookSecret, good), 400},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.hook(c.path, c.body, c.signature, "")
			if r.status != c.status {
				t.Errorf("%d, want %d: %s", r.status, c.status, r.body)
			}
			if c.status == http.StatusAccepted {
				var out struct{ ID string }
				if err := json.Unmarshal([]byte(r.body), &out); err != nil || out.ID == "" {
					t.Errorf("no id in %s", r.body)
				}
			} else if r.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("content type %q", r.header.Get("Content-Type"))
			}
		})
	}
	if logged := s.logged(); !strings.Contains(logged, "hook_secret") || strings.Contains(logged, hookSecret) {
		t.Errorf("the log does not say how to mend a missing hook_secret, or tells one:\n%s", logged)
	}
}

func TestHookKey(t *testing.T) {
	s := newSite(t)
	s.seed()
	body := `{"openid":"` + fanA + `"}`
	post := func(key string) string {
		return s.hook("/hooks/demo/order.paid", body, sign(hookSecret, body), key).body
	}
	if first, again := post("k1"), post("k1"); first != again {
		t.Errorf("one key, two events: %s and %s", first, again)
	}
	one, two := post(""), post("")
	if post("k1") == post("k2") || one == two {
		t.Error("different calls are one event")
	}
	if r := s.hook("/hooks/demo/order.paid", body, sign(hookSecret, body), strings.Repeat("k", 256)); r.status != http.StatusBadRequest {
		t.Errorf("long key: %d", r.status)
	}
}
