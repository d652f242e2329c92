package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

// sample is one call: what it must send, byte by byte, and what it must make of a documented answer.
type sample struct {
	name   string
	call   func(context.Context, *api.Client) (any, error)
	want   string // method, path, query without the access token, body
	answer string // "": {"errcode":0,"errmsg":"ok"}
	got    any
	public bool // the call carries no access token
}

func checkSample(t *testing.T, g sample) {
	t.Helper()
	var mu sync.Mutex
	var queries []string
	p := play(t, func(w http.ResponseWriter, r *http.Request, token string) {
		query := r.URL.Query()
		query.Del("access_token")
		if want := map[bool]string{false: "token-1"}[g.public]; token != want && !strings.HasPrefix(r.URL.Path, "/sns/") {
			t.Errorf("access token %q, want %q", token, want)
		}
		if strings.HasPrefix(r.URL.Path, "/sns/") {
			query = r.URL.Query()
		}
		mu.Lock()
		queries = append(queries, query.Encode())
		mu.Unlock()
		if g.answer == "" {
			ok(w, r, token)
			return
		}
		say(w, g.answer)
	})
	got, err := g.call(t.Context(), p.client())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g.got, got); diff != "" {
		t.Errorf("result (-want +got)\n%s", diff)
	}
	tokens, calls := p.seen()
	if len(calls) != 1 || (g.public && tokens > 0) {
		t.Fatalf("%d tokens and requests %q, want one request", tokens, calls)
	}
	method, rest, _ := strings.Cut(calls[0], " ")
	path, rest, _ := strings.Cut(rest, " ")
	_, body, _ := strings.Cut(rest, " ")
	if queries[0] != "" {
		path += "?" + queries[0]
	}
	if diff := cmp.Diff(g.want, strings.TrimSpace(method+" "+path+" "+body)); diff != "" {
		t.Errorf("request (-want +got)\n%s", diff)
	}
}

func checkSamples(t *testing.T, calls []sample) {
	t.Helper()
	for _, g := range calls {
		t.Run(g.name, func(t *testing.T) { checkSample(t, g) })
	}
}

// nothing adapts a call without a result.
func nothing(call func(context.Context, *api.Client) error) func(context.Context, *api.Client) (any, error) {
	return func(ctx context.Context, c *api.Client) (any, error) { return nil, call(ctx, c) }
}

// refusedHere holds that each of the calls is refused as a Payload error that says why, before anything is sent.
func refusedHere(t *testing.T, calls map[string]func(context.Context, *api.Client) error) {
	t.Helper()
	for says, call := range calls {
		p := play(t, ok)
		err := call(t.Context(), p.client())
		refused := new(api.Error)
		if !errors.As(err, &refused) || refused.Class != api.Payload || refused.Code != 0 || !strings.Contains(refused.Msg, says) {
			t.Errorf("error %v, want one of class payload that says %q", err, says)
		}
		if tokens, calls := p.seen(); tokens+len(calls) > 0 {
			t.Errorf("%q: the platform was called: %q", says, calls)
		}
	}
}
