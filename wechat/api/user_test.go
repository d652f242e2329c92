package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

func TestUserCalls(t *testing.T) {
	checkSamples(t, []sample{
		{
			name: "users", want: `POST /cgi-bin/user/info/batchget {"user_list":[{"openid":"oA","lang":"zh_CN"},{"openid":"oB","lang":"zh_CN"}]}`,
			answer: `{"user_info_list":[{"subscribe":1,"openid":"oA","nickname":"","sex":0,"headimgurl":"","subscribe_time":1434093047,"unionid":"u","remark":"","groupid":0,"tagid_list":[128,2],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":98765,"qr_scene_str":""},{"subscribe":0,"openid":"oB"}]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Users(ctx, []string{"oA", "oB"}) },
			got: []api.UserInfo{
				{OpenID: "oA", UnionID: "u", Subscribed: true, SubscribedAt: time.Unix(1434093047, 0).UTC(), SubscribeScene: "ADD_SCENE_QR_CODE", TagIDs: []int{128, 2}, QRScene: 98765},
				{OpenID: "oB"},
			},
		},
		{
			name: "followers", want: `GET /cgi-bin/user/get`, answer: `{"total":23000,"count":2,"data":{"openid":["oA","oB"]},"next_openid":"oB"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.FollowersPage(ctx, "") },
			got:  api.OpenIDPage{OpenIDs: []string{"oA", "oB"}, Total: 23000, Next: "oB"},
		},
		{
			name: "followers after one", want: `GET /cgi-bin/user/get?next_openid=oB`, answer: `{"total":2,"count":0,"next_openid":""}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.FollowersPage(ctx, "oB") },
			got:  api.OpenIDPage{Total: 2},
		},
		{
			name: "remark", want: `POST /cgi-bin/user/info/updateremark {"openid":"oA","remark":"大客户<VIP>"}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.SetRemark(ctx, "oA", "大客户<VIP>") }),
		},
		{
			name: "migrated", want: `POST /cgi-bin/changeopenid {"from_appid":"wxold","openid_list":["oA","oB"]}`,
			answer: `{"errcode":0,"errmsg":"ok","result_list":[{"ori_openid":"oA","new_openid":"nA","err_msg":"ok"},{"ori_openid":"oB","err_msg":"ori_openid error"}]}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.ChangeOpenIDs(ctx, "wxold", []string{"oA", "oB"})
			},
			got: []api.ChangedOpenID{{Old: "oA", New: "nA", Err: "ok"}, {Old: "oB", Err: "ori_openid error"}},
		},
		{
			name: "rename tag", want: `POST /cgi-bin/tags/update {"tag":{"id":134,"name":"广东人"}}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.RenameTag(ctx, 134, "广东人") }),
		},
		{
			name: "delete tag", want: `POST /cgi-bin/tags/delete {"tag":{"id":134}}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeleteTag(ctx, 134) }),
		},
		{
			name: "fans of a tag", want: `POST /cgi-bin/user/tag/get {"tagid":134,"next_openid":""}`,
			answer: `{"count":2,"data":{"openid":["oA","oB"]},"next_openid":"oB"}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.FansOfTagPage(ctx, 134, "") },
			got:    api.OpenIDPage{OpenIDs: []string{"oA", "oB"}, Next: "oB"},
		},
		{
			name: "tags of a fan", want: `POST /cgi-bin/tags/getidlist {"openid":"oA"}`, answer: `{"tagid_list":[134,2]}`, got: []int{134, 2},
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.TagsOfFan(ctx, "oA") },
		},
		{
			name: "blacklist", want: `POST /cgi-bin/tags/members/getblacklist {"begin_openid":"oA"}`,
			answer: `{"total":23000,"count":1,"data":{"openid":["oB"]},"next_openid":"oB"}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.BlacklistPage(ctx, "oA") },
			got:    api.OpenIDPage{OpenIDs: []string{"oB"}, Total: 23000, Next: "oB"},
		},
		{
			name: "onto the blacklist", want: `POST /cgi-bin/tags/members/batchblacklist {"openid_list":["oA"]}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.BlacklistFans(ctx, []string{"oA"}) }),
		},
		{
			name: "off the blacklist", want: `POST /cgi-bin/tags/members/batchunblacklist {"openid_list":["oA"]}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.UnblacklistFans(ctx, []string{"oA"}) }),
		},
	})
}

func TestUserCallsRefusedHere(t *testing.T) {
	refusedHere(t, map[string]func(context.Context, *api.Client) error{
		"30 bytes": func(ctx context.Context, c *api.Client) error {
			return c.SetRemark(ctx, "oA", strings.Repeat("好", 10))
		},
		"no openid": func(ctx context.Context, c *api.Client) error { return c.SetRemark(ctx, "", "x") },
		"31 characters": func(ctx context.Context, c *api.Client) error {
			return c.RenameTag(ctx, 134, strings.Repeat("好", 31))
		},
		"0 characters": func(ctx context.Context, c *api.Client) error { _, err := c.CreateTag(ctx, ""); return err },
		"tag 2 is the": func(ctx context.Context, c *api.Client) error { return c.RenameTag(ctx, 2, "x") },
		"tag 0 is the": func(ctx context.Context, c *api.Client) error { return c.DeleteTag(ctx, 0) },
		"101 openids": func(ctx context.Context, c *api.Client) error {
			_, err := c.ChangeOpenIDs(ctx, "wxold", fans(101))
			return err
		},
		"no from_appid": func(ctx context.Context, c *api.Client) error {
			_, err := c.ChangeOpenIDs(ctx, "", fans(1))
			return err
		},
		"0 openids": func(ctx context.Context, c *api.Client) error {
			_, err := c.ChangeOpenIDs(ctx, "wxold", nil)
			return err
		},
	})
}

func fans(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("o%05d", i)
	}
	return list
}

func TestUsersSplitsItsList(t *testing.T) {
	var sizes []int
	p := play(t, nil)
	p.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
		var in struct {
			List []struct{ OpenID string } `json:"user_list"`
		}
		_, calls := p.seen()
		if err := json.Unmarshal([]byte(strings.SplitN(calls[len(calls)-1], " ", 4)[3]), &in); err != nil {
			t.Error(err)
		}
		sizes = append(sizes, len(in.List))
		if len(sizes) == 3 {
			say(w, `{"errcode":-1,"errmsg":"system error"}`)
			return
		}
		type one struct {
			OpenID string `json:"openid"`
		}
		var out struct {
			List []one `json:"user_info_list"`
		}
		for _, u := range in.List {
			out.List = append(out.List, one{u.OpenID})
		}
		_ = json.NewEncoder(w).Encode(out)
	}
	got, err := p.client().Users(t.Context(), fans(250))
	refused := new(api.Error)
	if !errors.As(err, &refused) || refused.Code != -1 {
		t.Errorf("error %v", err)
	}
	if !slices.Equal(sizes, []int{100, 100, 50}) || len(got) != 200 || got[199].OpenID != "o00199" {
		t.Errorf("calls of %v fans gave %d", sizes, len(got))
	}
}

// pages answers with a list of n fans, page by page, of the given length each.
func pages(t *testing.T, n, length int) *platform {
	all := fans(n)
	p := play(t, nil)
	p.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		_, calls := p.seen()
		after := r.URL.Query().Get("next_openid")
		if parts := strings.SplitN(calls[len(calls)-1], " ", 4); len(parts) == 4 {
			var in struct {
				Next  string `json:"next_openid"`
				Begin string `json:"begin_openid"`
			}
			if err := json.Unmarshal([]byte(parts[3]), &in); err != nil {
				t.Error(err)
			}
			after = in.Next + in.Begin
		}
		from := 0
		if after != "" {
			i, err := strconv.Atoi(after[1:])
			if err != nil {
				t.Error(err)
			}
			from = i + 1
		}
		list := all[from:min(from+length, n)]
		var out struct {
			Total int `json:"total"`
			Count int `json:"count"`
			Data  struct {
				OpenIDs []string `json:"openid,omitempty"`
			} `json:"data"`
			Next string `json:"next_openid"`
		}
		out.Total, out.Count, out.Data.OpenIDs = n, len(list), list
		if len(list) > 0 {
			out.Next = list[len(list)-1]
		}
		_ = json.NewEncoder(w).Encode(out)
	}
	return p
}

func TestListsOfFans(t *testing.T) {
	followers := func(c *api.Client, after string) iter.Seq2[string, error] { return c.Followers(t.Context(), after) }
	tagged := func(c *api.Client, after string) iter.Seq2[string, error] {
		return c.FansOfTag(t.Context(), 134, after)
	}
	blacklist := func(c *api.Client, after string) iter.Seq2[string, error] { return c.Blacklist(t.Context(), after) }
	for _, tt := range []struct {
		name        string
		list        func(c *api.Client, after string) iter.Seq2[string, error]
		n, length   int
		after       string
		want, calls int
	}{
		{"no followers", followers, 0, 10000, "", 0, 1},
		{"one page, not full", followers, 9999, 10000, "", 9999, 1},
		{"one page, full", followers, 10000, 10000, "", 10000, 2},
		{"three pages", followers, 20001, 10000, "", 20001, 3},
		{"from one on", followers, 20001, 10000, "o10000", 10000, 2},
		{"of a tag", tagged, 10001, 10000, "", 10001, 2},
		{"blacklist of whatever pages", blacklist, 2500, 1000, "", 2500, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pages(t, tt.n, tt.length)
			var got []string
			for id, err := range tt.list(p.client(), tt.after) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, id)
			}
			if !slices.Equal(got, fans(tt.n)[tt.n-tt.want:]) {
				t.Errorf("%d fans, want the last %d", len(got), tt.want)
			}
			if _, calls := p.seen(); len(calls) != tt.calls {
				t.Errorf("%d calls, want %d", len(calls), tt.calls)
			}
		})
	}
}

func TestListOfFansEnds(t *testing.T) {
	t.Run("with who stops", func(t *testing.T) {
		p := pages(t, 20001, 10000)
		for range p.client().Followers(t.Context(), "") {
			break
		}
		if _, calls := p.seen(); len(calls) != 1 {
			t.Errorf("%d calls", len(calls))
		}
	})
	t.Run("with an error", func(t *testing.T) {
		p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, `{"errcode":268487002,"errmsg":"busy"}`)
		})
		var errs []error
		for id, err := range p.client().Followers(t.Context(), "") {
			if id != "" {
				t.Errorf("fan %q", id)
			}
			errs = append(errs, err)
		}
		refused := new(api.Error)
		if len(errs) != 1 || !errors.As(errs[0], &refused) || refused.Class != api.Retry {
			t.Errorf("errors %v", errs)
		}
	})
	t.Run("when a page leads to itself", func(t *testing.T) {
		p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, `{"total":3,"count":1,"data":{"openid":["oA"]},"next_openid":"oA"}`)
		})
		var last error
		for _, err := range p.client().Blacklist(t.Context(), "") {
			last = err
		}
		if _, calls := p.seen(); last == nil || len(calls) != 2 {
			t.Errorf("error %v after %d calls", last, len(calls))
		}
	})
}

func TestTaggingInBatches(t *testing.T) {
	const (
		good    = `{"errcode":0,"errmsg":"ok"}`
		partial = `{"errcode":45171,"errmsg":"some openids failed rid: 6553f101-00000001-00000002","fail_openid_list":["o00003","o00050"]}`
		quiet   = `{"errcode":0,"errmsg":"ok","fail_openid_list":["o00003"]}`
		busy    = `{"errcode":-1,"errmsg":"system error"}`
	)
	tag := func(c *api.Client, ids []string) error { return c.TagFans(t.Context(), 134, ids) }
	untag := func(c *api.Client, ids []string) error { return c.UntagFans(t.Context(), 134, ids) }
	blacklist := func(c *api.Client, ids []string) error { return c.BlacklistFans(t.Context(), ids) }
	for _, tt := range []struct {
		name    string
		call    func(c *api.Client, ids []string) error
		n       int
		answers []string
		sizes   []int
		failed  []string // of a PartialError
		code    int      // of the *Error; -2: there is none
	}{
		{"all done", tag, 120, []string{good, good, good}, []int{50, 50, 20}, nil, -2},
		{"untagged", untag, 51, []string{good, good}, []int{50, 1}, nil, -2},
		{"some failed", tag, 120, []string{good, partial, good}, []int{50, 50, 20}, []string{"o00003", "o00050"}, 45171},
		{"some failed twice", tag, 60, []string{quiet, partial}, []int{50, 10}, []string{"o00003", "o00003", "o00050"}, 45171},
		{"some failed with errcode 0", untag, 10, []string{quiet}, []int{10}, []string{"o00003"}, 0},
		{"nobody done", tag, 120, []string{busy}, []int{50}, nil, -1},
		{"broken off", tag, 120, []string{partial, busy}, []int{50, 50}, append([]string{"o00003", "o00050"}, fans(120)[50:]...), -1},
		{"blacklist", blacklist, 41, []string{good, good, good}, []int{20, 20, 1}, nil, -2},
		{"blacklist broken off", blacklist, 41, []string{good, busy}, []int{20, 20}, fans(41)[20:], -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sizes []int
			p := play(t, nil)
			p.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
				_, calls := p.seen()
				var in struct {
					List []string `json:"openid_list"`
				}
				if err := json.Unmarshal([]byte(strings.SplitN(calls[len(calls)-1], " ", 4)[3]), &in); err != nil {
					t.Error(err)
				}
				sizes = append(sizes, len(in.List))
				say(w, tt.answers[len(sizes)-1])
			}
			err := tt.call(p.client(), fans(tt.n))
			if !slices.Equal(sizes, tt.sizes) {
				t.Errorf("batches of %v, want %v", sizes, tt.sizes)
			}
			code := -2
			if refused := new(api.Error); errors.As(err, &refused) {
				code = refused.Code
				if refused.Class != api.Retry {
					t.Errorf("class %s", refused.Class)
				}
			}
			if code != tt.code {
				t.Errorf("error %v, want code %d", err, tt.code)
			}
			var failed []string
			if partial := new(api.PartialError); errors.As(err, &partial) {
				failed = partial.Failed
			}
			if diff := cmp.Diff(tt.failed, failed); diff != "" {
				t.Errorf("failed (-want +got)\n%s", diff)
			}
		})
	}
}
