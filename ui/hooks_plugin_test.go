package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
	"fanflow/ui"
)

// What names no fan is for plugins, under the account's signature or one that the plugin declares.
func TestHooksOfPlugins(t *testing.T) {
	const secret = "a-foreign-secret"
	s := newSite(t, func(c *ui.Config) {
		host := plugins.NewHost(plugins.Config{Source: c.Store, Secret: func(account, plugin, name string) (string, bool) {
			return secret, account == "demo" && plugin == "hub" && name == "token"
		}})
		e, err := flows.New(flows.Config{Store: c.Store, Now: c.Now, Host: host, Accounts: []flows.Account{{Name: "demo", Location: time.UTC}, {Name: "empty", Location: time.UTC}}})
		if err != nil {
			t.Fatal(err)
		}
		for name, source := range map[string]string{
			"shop": `return { hooks = { on_webhook = { ["stock.*"] = function(hook) end } } }`,
			"hub": `return { config = { token = { type = "secret" } }, webhook = { signature = { header = "X-Hub-Signature-256", prefix = "sha256=", secret = "token" } },
			  hooks = { on_webhook = { push = function(hook) end } } }`,
		} {
			p, err := e.Push(t.Context(), "demo", store.KindPlugin, name+".lua", source, "test")
			if err == nil {
				_, err = e.Publish(t.Context(), p.ScriptID, p.Version, "test")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		c.Engine = e
	})
	for name, c := range map[string]struct {
		path, body, header, signature string
		status                        int
	}{
		"of the account":        {"/hooks/demo/stock.low", `{"item":7}`, "X-Fanflow-Signature", sign(hookSecret, `{"item":7}`), 202},
		"no JSON":               {"/hooks/demo/stock.low", `item=7`, "X-Fanflow-Signature", sign(hookSecret, `item=7`), 202},
		"wrongly signed":        {"/hooks/demo/stock.low", `item=7`, "X-Fanflow-Signature", sign(secret, `item=7`), 401},
		"too long":              {"/hooks/demo/stock.low", strings.Repeat("x", 33<<10), "X-Fanflow-Signature", sign(hookSecret, strings.Repeat("x", 33<<10)), 400},
		"no text":               {"/hooks/demo/stock.low", "\xff", "X-Fanflow-Signature", sign(hookSecret, "\xff"), 400},
		"a fan":                 {"/hooks/demo/stock.low", `{"openid":"oNobody"}`, "X-Fanflow-Signature", sign(hookSecret, `{"openid":"oNobody"}`), 404},
		"nobody's":              {"/hooks/demo/order.paid", `{}`, "X-Fanflow-Signature", sign(hookSecret, `{}`), 400},
		"of another system":     {"/hooks/demo/push", `{"openid":"theirs"}`, "X-Hub-Signature-256", sign(secret, `{"openid":"theirs"}`), 202},
		"its wrong secret":      {"/hooks/demo/push", `{}`, "X-Hub-Signature-256", sign(hookSecret, `{}`), 401},
		"its wrong header":      {"/hooks/demo/push", `{}`, "X-Fanflow-Signature", sign(hookSecret, `{}`), 401},
		"its secret is not set": {"/hooks/empty/push", `{}`, "X-Hub-Signature-256", sign("", `{}`), 403},
	} {
		t.Run(name, func(t *testing.T) {
			req := s.request(http.MethodPost, c.path, c.body)
			req.Header.Set(c.header, c.signature)
			if r := s.do(http.DefaultClient, req); r.status != c.status {
				t.Errorf("%d %s, want %d", r.status, r.body, c.status)
			}
		})
	}
	jobs, _, err := s.store.Jobs(t.Context(), "demo", store.JobFilter{Kind: "plugin"}, "", 100)
	if err != nil || len(jobs) != 3 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
	if logged := s.logged(); !strings.Contains(logged, "plugin=hub") || strings.Contains(logged, secret) {
		t.Errorf("the log does not say which secret is missing, or tells one:\n%s", logged)
	}
}
