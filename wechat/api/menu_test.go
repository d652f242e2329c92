package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"fanflow/wechat/api"
)

// everyButton has each type once.
func everyButton() api.Buttons {
	return api.Buttons{
		{Type: api.ButtonClick, Name: "今日歌曲", Key: "V1001"},
		{Name: "菜单", SubButtons: []api.Button{
			{Type: api.ButtonView, Name: "搜索", URL: "https://example.com/?a=1&b=<2>"},
			{Type: api.ButtonMiniProgram, Name: "wxa", URL: "https://example.com/", AppID: "wx286b93c14bbf93aa", PagePath: "pages/lunar/index"},
			{Type: api.ButtonScanWait, Name: "s1", Key: "k1"},
			{Type: api.ButtonScanPush, Name: "s2", Key: "k2"},
			{Type: api.ButtonPhoto, Name: "p1", Key: "k3"},
		}},
		{Name: "more", SubButtons: []api.Button{
			{Type: api.ButtonPhotoOrAlbum, Name: "p2", Key: "k4"},
			{Type: api.ButtonAlbum, Name: "p3", Key: "k5"},
			{Type: api.ButtonLocation, Name: "l", Key: "k6"},
			{Type: api.ButtonMedia, Name: "m", MediaID: "M1"},
			{Type: api.ButtonArticle, Name: "a", ArticleID: "A1"},
		}},
	}
}

const everyButtonJSON = `[{"type":"click","name":"今日歌曲","key":"V1001"},` +
	`{"name":"菜单","sub_button":[{"type":"view","name":"搜索","url":"https://example.com/?a=1&b=<2>"},` +
	`{"type":"miniprogram","name":"wxa","url":"https://example.com/","appid":"wx286b93c14bbf93aa","pagepath":"pages/lunar/index"},` +
	`{"type":"scancode_waitmsg","name":"s1","key":"k1"},{"type":"scancode_push","name":"s2","key":"k2"},{"type":"pic_sysphoto","name":"p1","key":"k3"}]},` +
	`{"name":"more","sub_button":[{"type":"pic_photo_or_album","name":"p2","key":"k4"},{"type":"pic_weixin","name":"p3","key":"k5"},` +
	`{"type":"location_select","name":"l","key":"k6"},{"type":"media_id","name":"m","media_id":"M1"},{"type":"article_id","name":"a","article_id":"A1"}]}]`

func TestMenuCalls(t *testing.T) {
	click := api.Buttons{{Type: api.ButtonClick, Name: "n", Key: "k"}}
	const clickJSON = `[{"type":"click","name":"n","key":"k"}]`
	checkSamples(t, []sample{
		{
			name: "create", want: `POST /cgi-bin/menu/create {"button":` + everyButtonJSON + `}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.CreateMenu(ctx, everyButton()) }),
		},
		{
			name: "delete", want: `GET /cgi-bin/menu/delete`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeleteMenu(ctx) }),
		},
		{
			name: "add conditional", want: `POST /cgi-bin/menu/addconditional {"button":` + clickJSON + `,"matchrule":{"client_platform_type":"2","tag_id":"134"}}`,
			answer: `{"menuid":"208379533"}`, got: "208379533",
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.AddConditionalMenu(ctx, click, api.MatchRule{TagID: 134, Platform: api.Android})
			},
		},
		{
			name: "add conditional, number", want: `POST /cgi-bin/menu/addconditional {"button":` + clickJSON + `,"matchrule":{"tag_id":"134"}}`,
			answer: `{"menuid":208379533}`, got: "208379533",
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.AddConditionalMenu(ctx, click, api.MatchRule{TagID: 134})
			},
		},
		{
			name: "delete conditional", want: `POST /cgi-bin/menu/delconditional {"menuid":"208379533"}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeleteConditionalMenu(ctx, "208379533") }),
		},
		{
			name: "try match", want: `POST /cgi-bin/menu/trymatch {"user_id":"oA"}`,
			answer: `{"button":[{"type":"view","name":"tx","url":"http://www.qq.com/","sub_button":[]}]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.MatchMenu(ctx, "oA") },
			got:    api.Buttons{{Type: api.ButtonView, Name: "tx", URL: "http://www.qq.com/", SubButtons: []api.Button{}}},
		},
	})
}

func TestMenuAnswers(t *testing.T) {
	type menus struct {
		Default     api.Menu
		Conditional []api.Menu
	}
	get := func(ctx context.Context, c *api.Client) (any, error) {
		def, conditional, err := c.Menu(ctx)
		return menus{def, conditional}, err
	}
	click := api.Buttons{{Type: api.ButtonClick, Name: "n", Key: "k"}}
	checkSamples(t, []sample{
		{
			name: "default only", want: `GET /cgi-bin/menu/get`, call: get,
			answer: `{"menu":{"button":[{"type":"click","name":"n","key":"k"}]}}`, got: menus{Default: api.Menu{Buttons: click}},
		},
		{
			name: "conditional", want: `GET /cgi-bin/menu/get`, call: get,
			answer: `{"menu":{"button":[{"type":"click","name":"n","key":"k"}],"menuid":208396938},` +
				`"conditionalmenu":[{"button":[{"type":"click","name":"n","key":"k"}],"matchrule":{"group_id":2,"sex":1,"country":"中国","client_platform_type":2},"menuid":208396993},` +
				`{"button":[{"type":"click","name":"n","key":"k"}],"matchrule":{"tag_id":"134"},"menuid":"208396994"}]}`,
			got: menus{
				Default: api.Menu{ID: "208396938", Buttons: click},
				Conditional: []api.Menu{
					{ID: "208396993", Buttons: click, Rule: api.MatchRule{TagID: 2, Platform: api.Android}},
					{ID: "208396994", Buttons: click, Rule: api.MatchRule{TagID: 134}},
				},
			},
		},
		{
			name: "the website's", want: `GET /cgi-bin/get_current_selfmenu_info`,
			answer: `{"is_menu_open":1,"selfmenu_info":{"button":[{"name":"button","sub_button":{"list":[{"type":"view","name":"view_url","url":"http://www.qq.com"},` +
				`{"type":"news","name":"news","value":"KQb_w_Ti","news_info":{"list":[{"title":"MULTI_NEWS","author":"JIMZHENG","digest":"text","show_cover":0,"cover_url":"http://c","content_url":"http://x","source_url":""}]}}]}},` +
				`{"type":"text","name":"text","value":"This is text!"},{"type":"photo","name":"photo","value":"ax5Whs5d"}]}}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.SelfMenu(ctx) },
			got: api.SelfMenu{Open: true, Buttons: []api.SelfButton{
				{Name: "button", SubButtons: []api.SelfButton{
					{Type: "view", Name: "view_url", URL: "http://www.qq.com"},
					{Type: "news", Name: "news", Value: "KQb_w_Ti", News: []api.SelfArticle{{Title: "MULTI_NEWS", Author: "JIMZHENG", Digest: "text", CoverURL: "http://c", ContentURL: "http://x"}}},
				}},
				{Type: "text", Name: "text", Value: "This is text!"},
				{Type: "photo", Name: "photo", Value: "ax5Whs5d"},
			}},
		},
	})
}

func TestNoMenu(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, `{"errcode":46003,"errmsg":"menu no exist"}`)
	})
	_, _, err := p.client().Menu(t.Context())
	refused := new(api.Error)
	if !errors.As(err, &refused) || refused.Code != 46003 {
		t.Errorf("error %v", err)
	}
}

func TestButtonsValidate(t *testing.T) {
	if err := everyButton().Validate(); err != nil {
		t.Error(err)
	}
	click := api.Button{Type: api.ButtonClick, Name: "n", Key: "k"}
	with := func(change func(b *api.Button)) api.Buttons {
		b := click
		change(&b)
		return api.Buttons{click, b}
	}
	sub := func(change func(b *api.Button)) api.Buttons {
		b := click
		change(&b)
		return api.Buttons{{Name: "n", SubButtons: []api.Button{b}}}
	}
	for _, tt := range []struct {
		name    string
		buttons api.Buttons
		want    string // "": good
	}{
		{"none", nil, "0 buttons"},
		{"four", api.Buttons{click, click, click, click}, "4 buttons"},
		{"name of 16 bytes", with(func(b *api.Button) { b.Name = strings.Repeat("好", 5) + "x" }), ""},
		{"name of 17 bytes", with(func(b *api.Button) { b.Name = strings.Repeat("好", 5) + "xy" }), `button 2 ("好好好好好xy"): the name has 17 bytes, 1 to 16`},
		{"no name", with(func(b *api.Button) { b.Name = "" }), "0 bytes"},
		{"sub name of 60 bytes", sub(func(b *api.Button) { b.Name = strings.Repeat("好", 20) }), ""},
		{"sub name of 61 bytes", sub(func(b *api.Button) { b.Name = strings.Repeat("好", 20) + "x" }), "button 1.1"},
		{"key of 128 bytes", with(func(b *api.Button) { b.Key = strings.Repeat("k", 128) }), ""},
		{"key of 129 bytes", with(func(b *api.Button) { b.Key = strings.Repeat("k", 129) }), "the key has 129 bytes"},
		{"no key", with(func(b *api.Button) { b.Key = "" }), "type click needs key"},
		{"url of 1025 bytes", with(func(b *api.Button) { *b = api.Button{Type: api.ButtonView, Name: "n", URL: strings.Repeat("u", 1025)} }), "the url has 1025 bytes"},
		{"no url", with(func(b *api.Button) { b.Type = api.ButtonView }), "type view needs url"},
		{"mini program without url", with(func(b *api.Button) {
			*b = api.Button{Type: api.ButtonMiniProgram, Name: "n", AppID: "wx", PagePath: "p"}
		}), "needs url"},
		{"mini program without page", with(func(b *api.Button) {
			*b = api.Button{Type: api.ButtonMiniProgram, Name: "n", AppID: "wx", URL: "u"}
		}), "needs pagepath"},
		{"media without id", with(func(b *api.Button) { b.Type = api.ButtonMedia }), "needs media_id"},
		{"article without id", with(func(b *api.Button) { b.Type = api.ButtonArticleViewLimited }), "needs article_id"},
		{"view_limited", with(func(b *api.Button) { b.Type, b.MediaID = api.ButtonViewLimited, "M" }), "no longer taken"},
		{"other type", with(func(b *api.Button) { b.Type = "tap" }), `there is no type "tap"`},
		{"no type", with(func(b *api.Button) { b.Type = "" }), "neither type nor sub-buttons"},
		{"type and sub-buttons", with(func(b *api.Button) { b.SubButtons = []api.Button{click} }), "not both"},
		{"six sub-buttons", api.Buttons{{Name: "n", SubButtons: []api.Button{click, click, click, click, click, click}}}, "6 sub-buttons"},
		{"three levels", sub(func(b *api.Button) { *b = api.Button{Name: "n", SubButtons: []api.Button{click}} }), "has no sub-menu"},
	} {
		err := tt.buttons.Validate()
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		refused := new(api.Error)
		if !errors.As(err, &refused) || refused.Class != api.Payload || !strings.Contains(refused.Msg, tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestMenuCallsRefusedHere(t *testing.T) {
	click := api.Buttons{{Type: api.ButtonClick, Name: "n", Key: "k"}}
	add := func(b api.Buttons, r api.MatchRule) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.AddConditionalMenu(ctx, b, r); return err }
	}
	refusedHere(t, map[string]func(context.Context, *api.Client) error{
		"0 buttons":               func(ctx context.Context, c *api.Client) error { return c.CreateMenu(ctx, nil) },
		"the match rule is empty": add(click, api.MatchRule{}),
		"that there is":           add(click, api.MatchRule{Platform: 4}),
		"1 to 3 are allowed":      add(nil, api.MatchRule{TagID: 1}),
		"no menuid":               func(ctx context.Context, c *api.Client) error { return c.DeleteConditionalMenu(ctx, "") },
		"no user_id":              func(ctx context.Context, c *api.Client) error { _, err := c.MatchMenu(ctx, ""); return err },
	})
}
