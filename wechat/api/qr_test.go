package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fanflow/wechat/api"
)

func TestQRCalls(t *testing.T) {
	const answer = `{"ticket":"gQH47joAAAAAAAAAASxodHRwOi8vd2VpeGluLnFxLmNvbS9xL2taZ2Z3TVRtNzJXV1Brb3ZhYmJJAAIEZ23sUwMEmm3sUw==","expire_seconds":604800,"url":"http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"}`
	code := api.QRCode{
		Ticket: "gQH47joAAAAAAAAAASxodHRwOi8vd2VpeGluLnFxLmNvbS9xL2taZ2Z3TVRtNzJXV1Brb3ZhYmJJAAIEZ23sUwMEmm3sUw==", Life: 7 * 24 * time.Hour,
		URL: "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI",
	}
	forever := code
	forever.Life = 0
	permanent := strings.Replace(answer, `"expire_seconds":604800,`, "", 1)
	checkSamples(t, []sample{
		{
			name: "temporary, number", answer: answer, got: code,
			want: `POST /cgi-bin/qrcode/create {"expire_seconds":604800,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":4294967295}}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.TemporaryQR(ctx, api.Scene{ID: 1<<32 - 1}, 7*24*time.Hour)
			},
		},
		{
			name: "temporary, text", answer: answer, got: code,
			want: `POST /cgi-bin/qrcode/create {"expire_seconds":2592000,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"店&1"}}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.TemporaryQR(ctx, api.Scene{Str: "店&1"}, api.MaxQRLife)
			},
		},
		{
			name: "permanent, number", answer: permanent, got: forever,
			want: `POST /cgi-bin/qrcode/create {"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.PermanentQR(ctx, api.Scene{ID: 100000})
			},
		},
		{
			name: "permanent, text", answer: permanent, got: forever,
			want: `POST /cgi-bin/qrcode/create {"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"` + strings.Repeat("店", 64) + `"}}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.PermanentQR(ctx, api.Scene{Str: strings.Repeat("店", 64)})
			},
		},
		{
			name: "shorten", want: `POST /cgi-bin/shorten/gen {"long_data":"loooooong &<data>","expire_seconds":86400}`,
			answer: `{"errcode":0,"errmsg":"ok","short_key":"aBcD1234567890x"}`, got: "aBcD1234567890x",
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.Shorten(ctx, "loooooong &<data>", 24*time.Hour)
			},
		},
		{
			name: "shorten for the default time", want: `POST /cgi-bin/shorten/gen {"long_data":"x"}`, answer: `{"short_key":"aBcD1234567890x"}`, got: "aBcD1234567890x",
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.Shorten(ctx, "x", 0) },
		},
		{
			name: "unshorten", want: `POST /cgi-bin/shorten/fetch {"short_key":"aBcD1234567890x"}`,
			answer: `{"errcode":0,"errmsg":"ok","long_data":"x","create_time":1611047541,"expire_seconds":86300}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Unshorten(ctx, "aBcD1234567890x") },
			got:    api.Shortened{Data: "x", CreatedAt: time.Unix(1611047541, 0).UTC(), Left: 86300 * time.Second},
		},
	})
}

func TestQRCallsRefusedHere(t *testing.T) {
	temporary := func(s api.Scene, life time.Duration) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.TemporaryQR(ctx, s, life); return err }
	}
	permanent := func(s api.Scene) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.PermanentQR(ctx, s); return err }
	}
	shorten := func(data string, life time.Duration) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.Shorten(ctx, data, life); return err }
	}
	refusedHere(t, map[string]func(context.Context, *api.Client) error{
		"life of 0s":                   temporary(api.Scene{ID: 1}, 0),
		"life of 720h0m1s":             temporary(api.Scene{ID: 1}, api.MaxQRLife+time.Second),
		"life of 1.5s":                 temporary(api.Scene{ID: 1}, 1500*time.Millisecond),
		"either a number other than 0": temporary(api.Scene{}, time.Minute),
		"or a text":                    permanent(api.Scene{ID: 1, Str: "a"}),
		"65 characters":                permanent(api.Scene{Str: strings.Repeat("店", 65)}),
		"scene_id 100001":              permanent(api.Scene{ID: 100001}),
		"long_data has 0":              shorten("", 0),
		"long_data has 4097":           shorten(strings.Repeat("x", 4097), 0),
		"life of 720h0m1s, up to":      shorten("x", api.MaxQRLife+time.Second),
		"life of -1s":                  shorten("x", -time.Second),
		"no short_key":                 func(ctx context.Context, c *api.Client) error { _, err := c.Unshorten(ctx, ""); return err },
		"no ticket":                    func(ctx context.Context, c *api.Client) error { _, err := c.QRImage(ctx, "", io.Discard); return err },
	})
}

func TestQRImage(t *testing.T) {
	const ticket = "gQH47joAAAA+/=="
	if got, want := api.New(api.Config{AppID: appID, Secret: secret}).QRImageURL(ticket), "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH47joAAAA%2B%2F%3D%3D"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	p := play(t, func(w http.ResponseWriter, r *http.Request, token string) {
		if r.URL.Path != "/cgi-bin/showqrcode" || token != "" {
			t.Errorf("%s with token %q", r.URL, token)
		}
		if r.URL.Query().Get("ticket") != ticket {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/jpg")
		say(w, "\xff\xd8\xff\xe0 a picture")
	})
	var picture bytes.Buffer
	got, err := p.client().QRImage(t.Context(), ticket, &picture)
	if err != nil || got.Type != "image/jpg" || picture.String() != "\xff\xd8\xff\xe0 a picture" {
		t.Errorf("%+v %q, %v", got, picture.String(), err)
	}
	if tokens, _ := p.seen(); tokens > 0 {
		t.Error("a token was asked for")
	}
	_, err = p.client().QRImage(t.Context(), "other", io.Discard)
	refused := new(api.Error)
	if !errors.As(err, &refused) || refused.HTTPStatus != http.StatusNotFound {
		t.Errorf("error %v", err)
	}
	if got := p.client().QRImageURL(ticket); !strings.HasPrefix(got, p.URL) {
		t.Errorf("address %s is not at the base that was given", got)
	}
}
