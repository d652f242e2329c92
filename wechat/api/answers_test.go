package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
	"fanflow/wechat/api"
)

// answering is a client of a platform that gives every call but those for tokens the same answer.
func answering(t *testing.T, doc string) *api.Client {
	t.Helper()
	return play(t, func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, doc) }).client()
}

func TestAnswersThatAreNoObject(t *testing.T) {
	for _, doc := range []string{`null`, `[]`, `"ok"`, `0`, `true`, ` `, `{"errcode":0}{"errcode":0}`, `{"errcode":"ok"}`, `{"errcode":{}}`, `{"errcode":[0]}`} {
		if err := answering(t, doc).SendCustom(t.Context(), "oFAN", hello()); err == nil || !api.Ambiguous(err) {
			t.Errorf("%s: error = %v, ambiguous %v", doc, err, api.Ambiguous(err))
		}
	}
}

func TestErrorsInAnotherForm(t *testing.T) {
	for doc, want := range map[string]*api.Error{
		`{"errcode":"0","errmsg":"ok"}`:          nil,
		`{"errcode":null}`:                       nil,
		"\ufeff" + `{"errcode":0,"errmsg":"ok"}`: nil,
		`{"errcode":0,"errmsg":["ok"]}`:          nil,
		`{"errcode":"45015","errmsg":"late"}`:    {Code: 45015, Msg: "late", Class: api.User},
		"\ufeff" + `{"errcode":-1}`:              {Code: -1, Class: api.Retry},
		`{"errcode":45047,"errmsg":{"a":1}}`:     {Code: 45047, Class: api.User},
		`{"errcode":45047,"errmsg":null}`:        {Code: 45047, Class: api.User},
		`{"errcode":45047,"ticket":7}`:           {Code: 45047, Class: api.User},
	} {
		err := answering(t, doc).SendCustom(t.Context(), "oFAN", hello())
		if want == nil {
			if err != nil {
				t.Errorf("%s: %v", doc, err)
			}
			continue
		}
		want.API, want.HTTPStatus = customPath, http.StatusOK
		got := new(api.Error)
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		if diff := cmp.Diff(*want, *got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", doc, diff)
		}
	}
}

// What has been taken is not called lost because a number came as text.
func TestNumbersAsText(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		call         func(ctx context.Context, c *api.Client) (any, error)
		want         any
	}{
		{
			"mass send", `{"errcode":0,"msg_id":"3147483649","msg_data_id":"1988810812324364291"}`,
			func(ctx context.Context, c *api.Client) (any, error) { return c.MassToAll(ctx, hello(), "") },
			api.MassResult{MsgID: 3147483649, MsgDataID: 1988810812324364291},
		},
		{
			"mass send again", `{"errcode":45065,"msg_id":"3147483649"}`,
			func(ctx context.Context, c *api.Client) (any, error) { return c.MassToAll(ctx, hello(), "") },
			api.MassResult{MsgID: 3147483649, Duplicate: true},
		},
		{
			"template", `{"errcode":0,"msgid":"1988810812324364291"}`,
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.SendTemplate(ctx, "oFAN", "T1", wechat.Template{}, "")
			},
			int64(1988810812324364291),
		},
		{
			"media", `{"type":"image","media_id":"M","created_at":"1700000000"}`,
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.UploadMedia(ctx, api.MediaImage, fileOf(t, "a.jpg", "x"))
			},
			api.UploadedMedia{Type: "image", ID: "M", CreatedAt: time.Unix(1700000000, 0).UTC(), ExpiresAt: time.Unix(1700000000, 0).UTC().Add(api.MediaLife)},
		},
		{
			"ticket", `{"errcode":0,"ticket":"T","expires_in":"7200"}`,
			func(ctx context.Context, c *api.Client) (any, error) { return c.Ticket(ctx, api.TicketJSAPI) }, "T",
		},
		{
			"code", `{"access_token":"A","expires_in":"7200","openid":"oFAN","is_snapshotuser":"1"}`,
			func(ctx context.Context, c *api.Client) (any, error) { return c.Exchange(ctx, "C") },
			api.WebToken{AccessToken: "A", OpenID: "oFAN", Life: 2 * time.Hour, Snapshot: true},
		},
		{
			"QR code", `{"ticket":"T","expire_seconds":"60","url":"u"}`,
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.TemporaryQR(ctx, api.Scene{ID: 1}, time.Minute)
			},
			api.QRCode{Ticket: "T", Life: time.Minute, URL: "u"},
		},
		{
			"user", `{"subscribe":"1","openid":"oFAN","subscribe_time":"1700000000","qr_scene":"7"}`,
			func(ctx context.Context, c *api.Client) (any, error) { return c.User(ctx, "oFAN") },
			api.UserInfo{OpenID: "oFAN", Subscribed: true, SubscribedAt: time.Unix(1700000000, 0).UTC(), QRScene: 7},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.call(t.Context(), answering(t, tt.answer))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTokensWithAnOddLife(t *testing.T) {
	for _, life := range []string{`"7200"`, `9223372036854775807`} {
		p := play(t, ok)
		p.issue = func(int) string { return `{"access_token":"token-1","expires_in":` + life + `}` }
		c := p.client()
		for range 3 {
			if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
				t.Errorf("%s: %v", life, err)
			}
		}
		if tokens, _ := p.seen(); tokens != 1 {
			t.Errorf("a life of %s: %d tokens for three calls", life, tokens)
		}
	}
}

func TestLongErrorsAreCut(t *testing.T) {
	doc := fmt.Sprintf(`{"errcode":45015,"errmsg":%q}`, strings.Repeat("好", 100_000)+" rid: 6553f101-00000001-00000002")
	err := answering(t, doc).SendCustom(t.Context(), "oFAN", hello())
	got := new(api.Error)
	if !errors.As(err, &got) || got.RID != "6553f101-00000001-00000002" || len(got.Msg) > 1024 || !strings.HasPrefix(got.Msg, "好好") ||
		strings.Trim(got.Msg, "好…") != "" {
		t.Errorf("%d bytes of text, rid %q", len(got.Msg), got.RID)
	}
}

// The access token of a call is hidden in its error whatever other calls have brought to light meanwhile.
func TestTokenStaysHidden(t *testing.T) {
	arrived, give := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	n := 0
	p := play(t, func(w http.ResponseWriter, r *http.Request, token string) {
		if r.URL.Path == customPath {
			close(arrived)
			<-give
			say(w, `{"errcode":48001,"errmsg":"what is `+token+`"}`)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		say(w, fmt.Sprintf(`{"ticket":"QR-TICKET-%d","expire_seconds":60,"url":"u"}`, n))
	})
	c := p.client()
	failed := make(chan error)
	go func() { failed <- c.SendCustom(t.Context(), "oFAN", hello()) }()
	<-arrived
	for range 16 {
		if _, err := c.TemporaryQR(t.Context(), api.Scene{ID: 1}, time.Minute); err != nil {
			t.Error(err)
		}
	}
	close(give)
	if err := <-failed; err == nil || strings.Contains(err.Error(), "token-1") {
		t.Errorf("error = %v", err)
	}
}

func TestDownloadsOfOddTypes(t *testing.T) {
	for _, tt := range []struct{ ctype, disposition, body, name string }{
		{"image/jpeg", `attachment; filename="../../etc/a.jpg"`, "x", "a.jpg"},
		{"image/jpeg", `attachment; filename="C:\\pictures\\a.jpg"`, "x", "a.jpg"},
		{"image/jpeg", `attachment; filename=".."`, "x", ""},
		{"image/jpeg", `attachment; filename="a.jpg"`, "x", "a.jpg"},
	} {
		p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Type", tt.ctype)
			w.Header().Set("Content-Disposition", tt.disposition)
			say(w, tt.body)
		})
		got, err := p.client().DownloadMedia(t.Context(), "M", io.Discard)
		if err != nil || got.Name != tt.name {
			t.Errorf("%s: name %q, %v", tt.disposition, got.Name, err)
		}
	}
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Type", "application/json; charset") // no proper parameter
		say(w, ` {"errcode":40007,"errmsg":"invalid media_id"}`)
	})
	refused := new(api.Error)
	if _, err := p.client().DownloadMedia(t.Context(), "M", io.Discard); !errors.As(err, &refused) || refused.Code != 40007 {
		t.Errorf("error = %v", err)
	}
}

func TestNoControlCharacterIsSent(t *testing.T) {
	p := play(t, ok)
	text := "a\b\fb\x01\x1f\\b\\f\\u0041\t\n"
	if err := p.client().SendCustom(t.Context(), "oFAN", wechat.Outgoing{Text: text}); err != nil {
		t.Fatal(err)
	}
	_, calls := p.seen()
	if want := `{"content":"ab\\b\\f\\u0041\t\n"}`; len(calls) != 1 || !strings.Contains(calls[0], want) {
		t.Errorf("%q, want %s in it", calls, want)
	}
}

func TestNobodyIsAList(t *testing.T) {
	p := play(t, ok)
	if _, err := p.client().MassByOpenIDs(t.Context(), nil, hello(), ""); err != nil {
		t.Fatal(err)
	}
	if _, calls := p.seen(); len(calls) != 1 || !strings.Contains(calls[0], `"touser":[]`) {
		t.Errorf("%q", calls)
	}
}

// The log says what could not be had.
func TestLogOfATicket(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, `{"errcode":48001,"errmsg":"api unauthorized"}`)
	})
	log := &journal{}
	c := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: p.URL, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if _, err := c.Ticket(t.Context(), api.TicketJSAPI); err == nil {
		t.Fatal("no error")
	}
	if text := log.String(); !strings.Contains(text, "no jsapi ticket") || strings.Contains(text, "no access token") {
		t.Errorf("log = %s", text)
	}
}

func TestBadAddresses(t *testing.T) {
	for _, address := range []string{"no host", "api.weixin.qq.com", "http://user:passw0rd@host:port", "::"} {
		c := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: address})
		err := c.SendCustom(t.Context(), "oFAN", hello())
		refused := new(api.Error)
		if !errors.As(err, &refused) || refused.Class != api.Configuration || api.Retryable(err, false) || api.Ambiguous(err) || strings.Contains(err.Error(), "passw0rd") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
