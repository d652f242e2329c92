package simulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/crypt"
	"fanflow/wechat/simulator"
)

func TestDelivery(t *testing.T) {
	a := service()
	a.AESKey = aesKey
	for mode, want := range map[string]string{
		"plain": `^signature=[0-9a-f]{40}&timestamp=\d{10}&nonce=\d{1,10}&openid=fan1$`,
		"safe":  `^signature=[0-9a-f]{40}&timestamp=\d{10}&nonce=\d{1,10}&openid=fan1&encrypt_type=aes&msg_signature=[0-9a-f]{40}$`,
	} {
		a.Mode = mode
		p := start(t, simulator.Config{Accounts: []simulator.Account{a}})
		p.do("fan1", `{"text":"hi"}`)
		r := p.back.deliveries()[0]
		if !regexp.MustCompile(want).MatchString(r.raw) || r.agent != "Mozilla/4.0" {
			t.Errorf("%s: %s by %s", mode, r.raw, r.agent)
		}
	}
}

// jsonCallback is a service whose account has chosen JSON.
type jsonCallback struct {
	key   crypt.Key
	mode  string
	reply func(message map[string]any) string // "" for success

	body    map[string]any // of the last push, as it came
	message map[string]any // and its message
}

func (c *jsonCallback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.body, c.message = nil, nil
	if err := json.Unmarshal(body, &c.body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.message = c.body
	if sealed, ok := c.body["Encrypt"].(string); ok {
		q := r.URL.Query()
		plain, err := c.key.Open(sealed, appID)
		if err != nil || !crypt.Verify(q.Get("msg_signature"), token, q.Get("timestamp"), q.Get("nonce"), sealed) {
			http.Error(w, "cannot be opened", http.StatusBadRequest)
			return
		}
		c.message = map[string]any{}
		_ = json.Unmarshal(plain, &c.message)
	}
	text := "success"
	if c.reply != nil {
		text = c.reply(c.message)
		if c.mode == "safe" && strings.HasPrefix(text, "{") {
			sealed, err := c.key.Seal([]byte(text), appID)
			if err != nil {
				return
			}
			text = fmt.Sprintf(`{"Encrypt":%q,"MsgSignature":%q,"TimeStamp":1700000000,"Nonce":"n1"}`, sealed, crypt.Signature(token, "1700000000", "n1", sealed))
		}
	}
	_, _ = io.WriteString(w, text)
}

func jsonHead(m map[string]any, kind string) string {
	return fmt.Sprintf(`{"ToUserName":%q,"FromUserName":%q,"CreateTime":%.0f,"MsgType":%q`, m["FromUserName"], m["ToUserName"], m["CreateTime"], kind)
}

func TestJSONAccounts(t *testing.T) {
	key, err := crypt.ParseKey(aesKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"plain", "compatible", "safe"} {
		t.Run(mode, func(t *testing.T) {
			a := service()
			a.Format, a.Mode, a.AESKey = "json", mode, aesKey
			back := &jsonCallback{key: key, mode: mode}
			hooks := httptest.NewServer(back)
			t.Cleanup(hooks.Close)
			sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{a}, PublicURL: hooks.URL, Switches: simulator.Switches{SecondsOnly: true}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { sim.Close() })
			p := serve(t, sim)

			text := func(m map[string]any) string {
				return jsonHead(m, "text") + `,"Content":"you said ` + fmt.Sprint(m["Content"]) + `"}`
			}
			back.reply = text
			if d := cmp.Diff([]string{"passive:you said <你好>"}, p.do("fan1", `{"text":"<你好>"}`)); d != "" {
				t.Error(d)
			}
			if back.message["Content"] != "<你好>" || back.message["FromUserName"] != "fan1" || back.message["CreateTime"].(float64) < 1e9 {
				t.Errorf("%v", back.message)
			}
			if clear := back.body["Content"] != nil; clear != (mode != "safe") || (back.body["Encrypt"] == nil) != (mode == "plain") {
				t.Errorf("%v is not of mode %s", back.body, mode)
			}
			for _, articles := range []string{`[{"Title":"a","Url":"u"}]`, `{"item":[{"Title":"a","Url":"u"}]}`} {
				back.reply = func(m map[string]any) string {
					return jsonHead(m, "news") + `,"ArticleCount":1,"Articles":` + articles + `}`
				}
				if d := cmp.Diff([]string{"passive:1 articles"}, p.do("fan1", `{"text":"news"}`)); d != "" {
					t.Error(d)
				}
			}
			back.reply = func(map[string]any) string { return "" }
			if d := cmp.Diff([]string{}, p.do("fan1", `{"click":"K"}`)); d != "" {
				t.Error(d)
			}
			for why, answer := range map[string]func(map[string]any) string{
				"the account's format": func(map[string]any) string { return "<xml></xml>" },
				"broken JSON":          func(m map[string]any) string { return jsonHead(m, "text") },
				"CreateTime":           func(m map[string]any) string { return strings.Replace(text(m), `"CreateTime":`, `"CreateTime":1`, 1) },
				"Content is empty":     func(m map[string]any) string { return jsonHead(m, "text") + `,"Content":""}` },
			} {
				if mode == "safe" && why == "broken JSON" {
					continue
				}
				back.reply = answer
				seen := p.control("POST", appID+"/fans/fan1/do", `{"text":"hi"}`)["seen"].([]any)
				if got := object(seen[0].(map[string]any)).text("why"); !strings.Contains(got, why) {
					t.Errorf("why is %q, want %q: %v", got, why, seen)
				}
			}
		})
	}
}
