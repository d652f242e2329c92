package callback_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/callback"
	"fanflow/wechat/simulator"
)

type greeter struct{}

func (greeter) Receive(_ context.Context, p *wechat.Push) (wechat.Reply, error) {
	switch b := p.Body.(type) {
	case *wechat.Text:
		return wechat.TextReply("You said: " + b.Content), nil
	case *wechat.Subscribe:
		return wechat.TextReply("Welcome, by " + b.Scene), nil
	}
	return wechat.Reply{}, nil // "success": nothing is shown
}
func (greeter) Written(*wechat.Push)                                   {}
func (greeter) Late(context.Context, *wechat.Push, wechat.Reply) error { return nil }

// A callback that greets followers and echoes texts, in safe mode, and a fan of the simulated platform who tries it.
func ExampleNew() {
	h, err := callback.New(callback.Config{
		AppID: "wx0123456789abcdef", Secrets: []callback.Secret{{Token: "token", AESKey: aesKey}}, Receiver: greeter{},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/callback/shop", h)
	own := httptest.NewServer(mux)
	defer own.Close()

	sim, err := simulator.New(simulator.Config{PublicURL: own.URL, Accounts: []simulator.Account{{
		Name: "shop", Type: "service", AppID: "wx0123456789abcdef", AppSecret: "secret", Token: "token", AESKey: aesKey, Verified: true,
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	platform := httptest.NewServer(sim)
	defer platform.Close()

	for _, does := range []string{`{"subscribe":{"scene":"store-1"}}`, `{"text":"hello"}`} {
		resp, err := http.Post(platform.URL+"/sim/wx0123456789abcdef/fans/ann/do", "application/json", strings.NewReader(does))
		if err != nil {
			fmt.Println(err)
			return
		}
		seen, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		_, text, _ := strings.Cut(string(seen), `"content":`)
		text, _, _ = strings.Cut(text, "}")
		fmt.Println(text)
	}
	// Output:
	// "Welcome, by store-1"
	// "You said: hello"
}
