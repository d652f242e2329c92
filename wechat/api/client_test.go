package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
	"fanflow/wechat/api"
)

const (
	appID  = "wxtest0000000000"
	secret = "sssssecret0123456789"
)

// platform plays the other end of a socket: it gives tokens token-1, token-2, … and lets a test answer the other calls.
type platform struct {
	*httptest.Server
	answer func(w http.ResponseWriter, r *http.Request, token string)
	issue  func(n int) string // the token call's answer; nil: a good one
	record func(r *http.Request, body []byte)

	mu     sync.Mutex
	now    time.Time
	tokens int
	calls  []string // method, path, token and body of all but the token calls
}

func play(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, token string)) *platform {
	p := &platform{answer: answer, now: time.Unix(1700000000, 0)}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

func (p *platform) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	p.mu.Lock()
	if r.URL.Path == "/cgi-bin/stable_token" {
		p.tokens++
		n := p.tokens
		p.mu.Unlock()
		var in struct{ Grant_type, Appid, Secret string }
		if err := json.Unmarshal(body, &in); err != nil || r.Method != "POST" || in.Grant_type != "client_credential" || in.Appid != appID || in.Secret != secret {
			say(w, `{"errcode":40013,"errmsg":"invalid appid"}`)
			return
		}
		if p.issue != nil {
			say(w, p.issue(n))
			return
		}
		say(w, fmt.Sprintf(`{"access_token":"token-%d","expires_in":7200}`, n))
		return
	}
	token := r.URL.Query().Get("access_token")
	p.calls = append(p.calls, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, token, body)))
	if p.record != nil {
		p.record(r, body)
	}
	p.mu.Unlock()
	p.answer(w, r, token)
}

func say(w http.ResponseWriter, doc string) { _, _ = io.WriteString(w, doc) }

func ok(w http.ResponseWriter, _ *http.Request, _ string) { say(w, `{"errcode":0,"errmsg":"ok"}`) }

func (p *platform) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *platform) advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *platform) seen() (tokens int, calls []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens, slices.Clone(p.calls)
}

func (p *platform) client() *api.Client {
	return api.New(api.Config{AppID: appID, Secret: secret, BaseURL: p.URL, Now: p.clock})
}

func hello() wechat.Outgoing { return wechat.Outgoing{Text: "hi"} }

func TestRequests(t *testing.T) {
	template := wechat.Template{
		URL: "https://example.com/?a=1&b=<2>", MiniProgram: &wechat.MiniProgram{AppID: "wxmini", PagePath: "p?x=1"},
		Data: map[string]string{"thing1": "春季新人券", "time2": "22:00"},
	}
	article := wechat.Article{Title: "t", Description: "d", URL: "https://example.com/?a=1&b=2", PicURL: "p"}
	for _, tt := range []struct {
		name, answer, want string
		call               func(context.Context, *api.Client) (any, error)
		got                any
	}{
		{
			name: "customer text", want: `POST /cgi-bin/message/custom/send token-1 {"msgtype":"text","text":{"content":"<a href=\"x?a&b\">好` + "\u2028" + `</a> \\u2028 \"` + "\ufffd" + `\n"},"touser":"oFAN"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.SendCustom(ctx, "oFAN", wechat.Outgoing{Text: "<a href=\"x?a&b\">好\u2028</a> \\u2028 \"\xff\x01\n"})
			},
		},
		{
			name: "customer article", want: `POST /cgi-bin/message/custom/send token-1 {"msgtype":"news","news":{"articles":[{"title":"t","description":"d","picurl":"p","url":"https://example.com/?a=1&b=2"}]},"touser":"oFAN"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.SendCustom(ctx, "oFAN", wechat.Outgoing{Articles: []wechat.Article{article}})
			},
		},
		{
			name: "customer image", want: `POST /cgi-bin/message/custom/send token-1 {"image":{"media_id":"m"},"msgtype":"image","touser":"oFAN"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.SendCustom(ctx, "oFAN", wechat.Outgoing{Image: "m"})
			},
		},
		{
			name: "customer voice", want: `POST /cgi-bin/message/custom/send token-1 {"msgtype":"voice","touser":"oFAN","voice":{"media_id":"m"}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.SendCustom(ctx, "oFAN", wechat.Outgoing{Voice: "m"})
			},
		},
		{
			name: "template", answer: `{"errcode":0,"errmsg":"ok","msgid":1988810812324364291}`, got: int64(1988810812324364291),
			want: `POST /cgi-bin/message/template/send token-1 {"touser":"oFAN","template_id":"T1","url":"https://example.com/?a=1&b=<2>","miniprogram":{"appid":"wxmini","pagepath":"p?x=1"},"data":{"thing1":{"value":"春季新人券"},"time2":{"value":"22:00"}},"client_msg_id":"job-1"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.SendTemplate(ctx, "oFAN", "T1", template, "job-1")
			},
		},
		{
			name: "notice", want: `POST /cgi-bin/message/subscribe/bizsend token-1 {"touser":"oFAN","template_id":"T1","data":{"thing1":{"value":"x"}}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.SendNotice(ctx, "oFAN", "T1", wechat.Template{URL: "https://example.com/", Data: map[string]string{"thing1": "x"}})
			},
		},
		{
			name: "mass by tag", answer: `{"errcode":0,"errmsg":"ok","msg_id":3147483649,"msg_data_id":1988810812324364291}`, got: api.MassResult{MsgID: 3147483649, MsgDataID: 1988810812324364291},
			want: `POST /cgi-bin/message/mass/sendall token-1 {"clientmsgid":"b-1","filter":{"is_to_all":false,"tag_id":101},"msgtype":"text","text":{"content":"hi"}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.MassByTag(ctx, 101, hello(), "b-1") },
		},
		{
			name: "mass to fans, taken before", answer: `{"errcode":45065,"errmsg":"clientmsgid exist rid: 6553f101-00000001-00000002","msg_id":3147483649}`, got: api.MassResult{MsgID: 3147483649, Duplicate: true},
			want: `POST /cgi-bin/message/mass/send token-1 {"clientmsgid":"b-1","images":{"media_ids":["m"]},"msgtype":"image","touser":["oA","oB"]}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.MassByOpenIDs(ctx, []string{"oA", "oB"}, wechat.Outgoing{Image: "m"}, "b-1")
			},
		},
		{
			name: "user", answer: `{"subscribe":1,"openid":"oFAN","nickname":"","subscribe_time":1700000000,"unionid":"u","remark":"r","tagid_list":[101,2],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":0,"qr_scene_str":"store-1"}`,
			want: `GET /cgi-bin/user/info token-1`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.User(ctx, "oFAN") },
			got: api.UserInfo{
				OpenID: "oFAN", UnionID: "u", Subscribed: true, SubscribedAt: time.Unix(1700000000, 0).UTC(), SubscribeScene: "ADD_SCENE_QR_CODE",
				Remark: "r", TagIDs: []int{101, 2}, QRSceneStr: "store-1",
			},
		},
		{
			name: "user who left", answer: `{"subscribe":0,"openid":"oFAN"}`, want: `GET /cgi-bin/user/info token-1`, got: api.UserInfo{OpenID: "oFAN"},
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.User(ctx, "oFAN") },
		},
		{
			name: "tags", answer: `{"tags":[{"id":2,"name":"星标组","count":0},{"id":101,"name":"新粉丝","count":7}]}`, want: `GET /cgi-bin/tags/get token-1`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.Tags(ctx) },
			got:  []api.Tag{{ID: 2, Name: "星标组"}, {ID: 101, Name: "新粉丝", Count: 7}},
		},
		{
			name: "create tag", answer: `{"tag":{"id":102,"name":"<VIP>"}}`, want: `POST /cgi-bin/tags/create token-1 {"tag":{"name":"<VIP>"}}`, got: api.Tag{ID: 102, Name: "<VIP>"},
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.CreateTag(ctx, "<VIP>") },
		},
		{
			name: "tag fans", want: `POST /cgi-bin/tags/members/batchtagging token-1 {"openid_list":["oA","oB"],"tagid":101}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.TagFans(ctx, 101, []string{"oA", "oB"})
			},
		},
		{
			name: "untag fans", want: `POST /cgi-bin/tags/members/batchuntagging token-1 {"openid_list":["oA"],"tagid":101}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return nil, c.UntagFans(ctx, 101, []string{"oA"})
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, func(w http.ResponseWriter, r *http.Request, token string) {
				if r.Method == "GET" && r.URL.Path == "/cgi-bin/user/info" && r.URL.Query().Get("openid") != "oFAN" {
					t.Errorf("query = %s", r.URL.RawQuery)
				}
				if tt.answer == "" {
					ok(w, r, token)
					return
				}
				say(w, tt.answer)
			})
			got, err := tt.call(t.Context(), p.client())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.got, got); diff != "" {
				t.Errorf("result (-want +got)\n%s", diff)
			}
			if _, calls := p.seen(); len(calls) != 1 || calls[0] != tt.want {
				t.Errorf("requests =\n%s, want\n%s", strings.Join(calls, "\n"), tt.want)
			}
		})
	}
}

func TestMessagesWithoutAForm(t *testing.T) {
	p := play(t, ok)
	c := p.client()
	_, mass := c.MassByTag(t.Context(), 1, wechat.Outgoing{Articles: []wechat.Article{{}}}, "")
	for name, err := range map[string]error{"customer": c.SendCustom(t.Context(), "oFAN", wechat.Outgoing{Template: &wechat.Template{}}), "mass": mass} {
		refused := new(api.Error)
		if !errors.As(err, &refused) || refused.Class != api.Payload || api.Ambiguous(err) {
			t.Errorf("%s: %v, want a payload error", name, err)
		}
	}
	if tokens, calls := p.seen(); tokens+len(calls) > 0 {
		t.Errorf("the platform was called: %d, %q", tokens, calls)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		status       int
		want         api.Error
		text         string
		ambiguous    bool
	}{
		{
			"rid behind", `{"errcode":45015,"errmsg":"response out of time limit or subscription is canceled rid: 6553f101-00000001-00000002"}`, 200,
			api.Error{Code: 45015, Msg: "response out of time limit or subscription is canceled", RID: "6553f101-00000001-00000002", HTTPStatus: 200, Class: api.User},
			"/cgi-bin/message/custom/send: errcode 45015: response out of time limit or subscription is canceled (rid 6553f101-00000001-00000002)", false,
		},
		{"quota", `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`, 200, api.Error{Code: 45009, Msg: "reach max api daily quota limit", HTTPStatus: 200, Class: api.Quota}, "/cgi-bin/message/custom/send: errcode 45009: reach max api daily quota limit", false},
		{"busy", `{"errcode":-1,"errmsg":"system error"}`, 200, api.Error{Code: -1, Msg: "system error", HTTPStatus: 200, Class: api.Retry}, "/cgi-bin/message/custom/send: errcode -1: system error", false},
		{"unknown", `{"errcode":99999,"errmsg":"?"}`, 200, api.Error{Code: 99999, Msg: "?", HTTPStatus: 200, Class: api.Unknown}, "/cgi-bin/message/custom/send: errcode 99999: ?", false},
		{"secrets in the text", `{"errcode":48001,"errmsg":"token-1 of ` + secret + `"}`, 200, api.Error{Code: 48001, Msg: "*** of ***", HTTPStatus: 200, Class: api.Configuration}, "/cgi-bin/message/custom/send: errcode 48001: *** of ***", false},
		{"gateway", `<html>`, 502, api.Error{Msg: "Bad Gateway", HTTPStatus: 502, Class: api.Retry}, "/cgi-bin/message/custom/send: HTTP 502: Bad Gateway", true},
		{"redirect", ``, 302, api.Error{Msg: "Found", HTTPStatus: 302, Class: api.Unknown}, "/cgi-bin/message/custom/send: HTTP 302: Found", false},
		{"too many", ``, 429, api.Error{Msg: "Too Many Requests", HTTPStatus: 429, Class: api.Retry}, "/cgi-bin/message/custom/send: HTTP 429: Too Many Requests", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
				if tt.status == http.StatusFound {
					w.Header().Set("Location", "/elsewhere")
				}
				w.WriteHeader(tt.status)
				say(w, tt.answer)
			})
			err := p.client().SendCustom(t.Context(), "oFAN", hello())
			got := new(api.Error)
			if !errors.As(err, &got) {
				t.Fatalf("error is %v", err)
			}
			tt.want.API = "/cgi-bin/message/custom/send"
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if err.Error() != tt.text || api.Ambiguous(err) != tt.ambiguous {
				t.Errorf("error %q, ambiguous %v", err, api.Ambiguous(err))
			}
		})
	}
}

func TestClasses(t *testing.T) {
	for class, codes := range map[api.Class][]int{
		api.Retry:         {-1, 45011, 45066, 43108, 268487001},
		api.Token:         {40014, 42001},
		api.User:          {40003, 43004, 43101, 45015, 45047, 70000},
		api.Quota:         {45009, 45028},
		api.Configuration: {40037, 40164, 48001, 61004, 65400, 40033},
		api.Payload:       {40007, 44004, 45002, 47003, 65320},
		api.Duplicate:     {40241, 45065},
		api.Unknown:       {1, 12345},
	} {
		for _, code := range codes {
			p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, fmt.Sprintf(`{"errcode":%d}`, code)) })
			got := new(api.Error)
			if err := p.client().TagFans(t.Context(), 1, nil); !errors.As(err, &got) || got.Class != class || got.Code != code {
				t.Errorf("code %d: %v of class %q, want %q", code, err, got.Class, class)
			}
		}
	}
}

func TestNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		name      string
		answer    func(w http.ResponseWriter, r *http.Request, token string)
		ambiguous bool
	}{
		{"hung up", func(http.ResponseWriter, *http.Request, string) { panic(http.ErrAbortHandler) }, true},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, "<html>") }, true},
		{"empty", func(http.ResponseWriter, *http.Request, string) {}, true},
		{"too large", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, `{"errmsg":"`+strings.Repeat("a", 5<<20)+`"}`)
		}, true},
		{"cut", func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Length", "100")
			say(w, `{"errcode":0`)
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, tt.answer)
			check(t, p.client().SendCustom(t.Context(), "oFAN", hello()), tt.ambiguous)
		})
	}
	t.Run("given up by the caller", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := play(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
			cancel()
			<-r.Context().Done()
		})
		check(t, p.client().SendCustom(ctx, "oFAN", hello()), true)
	})
	t.Run("nobody there", func(t *testing.T) {
		p := play(t, ok)
		c := api.New(api.Config{
			AppID: appID, Secret: secret, BaseURL: p.URL, Now: p.clock,
			HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, // a connection kept open could have taken the request
		})
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Fatal(err)
		}
		p.Close()
		check(t, c.SendCustom(t.Context(), "oFAN", hello()), false)
	})
	t.Run("nobody there for a token", func(t *testing.T) {
		p := play(t, ok)
		p.Close()
		check(t, p.client().SendCustom(t.Context(), "oFAN", hello()), false)
	})
}

// check holds that err is an error of no answer that shows no secret.
func check(t *testing.T, err error, ambiguous bool) {
	t.Helper()
	refused := new(api.Error)
	if err == nil || errors.As(err, &refused) {
		t.Fatalf("error = %v, want one of no answer", err)
	}
	if api.Ambiguous(err) != ambiguous {
		t.Errorf("Ambiguous(%v) = %v", err, !ambiguous)
	}
	if s := fmt.Sprintf("%v %+v %q", err, err, err); strings.Contains(s, "token-1") || strings.Contains(s, "access_token=") || strings.Contains(s, secret) {
		t.Errorf("the error shows a secret: %s", s)
	}
}
