package api_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"fanflow/wechat"
	"fanflow/wechat/api"
)

func custom(name string, m wechat.Outgoing) exchange {
	return exchange{name: "customer " + name, call: func(ctx context.Context, c *api.Client) (any, error) {
		return nil, c.SendCustom(ctx, "oFAN", m)
	}}
}

func TestCustomerMessages(t *testing.T) {
	golden(t, "customer", []exchange{
		custom("text", wechat.Outgoing{Text: `好 <a href="https://example.com/?a=1&b=2">x</a>`}),
		custom("news", wechat.Outgoing{Articles: []wechat.Article{{Title: "t", Description: "d", URL: "https://example.com/?a&b", PicURL: "p"}}}),
		custom("image", wechat.Outgoing{Image: "m"}),
		custom("voice", wechat.Outgoing{Voice: "m"}),
		custom("video", wechat.Outgoing{Video: &wechat.Video{MediaID: "m", Thumb: "th", Title: "t", Description: "d"}}),
		custom("music", wechat.Outgoing{Music: &wechat.Music{Title: "t", Description: "d", URL: "u", HQURL: "hq", Thumb: "th"}}),
		custom("draft", wechat.Outgoing{Draft: "m"}),
		custom("published article", wechat.Outgoing{Article: "a-1"}),
		custom("choices", wechat.Outgoing{Menu: &wechat.ChoiceMenu{Head: "满意吗?", Choices: []wechat.Choice{{ID: "101", Content: "满意"}, {ID: "102", Content: "不满意"}}, Tail: "谢谢"}}),
		custom("card", wechat.Outgoing{Card: "c-1"}),
		custom("mini-program page", wechat.Outgoing{Page: &wechat.MiniPage{Title: "t", AppID: "wxmini", PagePath: "p?x=1&y=2", Thumb: "th"}}),
		custom("by an agent, by AI", wechat.Outgoing{Text: "hi", Agent: "test1@shop", AI: true}),
		{name: "typing", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.Typing(ctx, "oFAN") }},
		{name: "cancel typing", answer: `{"errcode":45080,"errmsg":"no message in 30s rid: 6553f101-00000001-00000002"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.CancelTyping(ctx, "oFAN")
		}},
	})
}

func TestTemplatesAndNotices(t *testing.T) {
	data := map[string]string{"thing1": "春季<新人>券", "time2": "22:00"}
	mini := &wechat.MiniProgram{AppID: "wxmini", PagePath: "p?x=1"}
	golden(t, "template", []exchange{
		{name: "send", answer: `{"errcode":0,"errmsg":"ok","msgid":1988810812324364291}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.SendTemplate(ctx, "oFAN", "T1", wechat.Template{URL: "https://example.com/?a=1&b=2", MiniProgram: mini, Data: data}, "job-1")
		}},
		{name: "value refused", answer: `{"errcode":47003,"errmsg":"argument invalid! data.thing1.value invalid rid: 6553f101-00000001-00000002"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.SendTemplate(ctx, "oFAN", "T1", wechat.Template{Data: data}, "")
		}},
		{name: "set industry", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.SetIndustry(ctx, "1", "4") }},
		{name: "industries", answer: `{"primary_industry":{"first_class":"运输与仓储","second_class":"快递"},"secondary_industry":{"first_class":"IT科技","second_class":"互联网|电子商务"}}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			first, second, err := c.Industries(ctx)
			return []api.Industry{first, second}, err
		}},
		{name: "add", answer: `{"errcode":0,"errmsg":"ok","template_id":"T9"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.AddTemplate(ctx, "43216", []string{"物品", "时间"})
		}},
		{name: "add without fields", answer: `{"errcode":40246,"errmsg":"invalid keyword list"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.AddTemplate(ctx, "TM00015", nil)
		}},
		{name: "list", answer: `{"template_list":[{"template_id":"T1","title":"领取成功","primary_industry":"IT科技","deputy_industry":"互联网|电子商务","content":"{{thing1.DATA}}\n","example":"x\n"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.Templates(ctx) }},
		{name: "delete", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.DeleteTemplate(ctx, "T1") }},
		{name: "blocked, a list", answer: `{"msginfo":[{"id":2,"tmpl_msg_id":"T1","title":"t","content":"c","send_timestamp":1788796187,"openid":"oFAN"}],"errcode":0,"errmsg":"ok"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.BlockedMessages(ctx, "T1", 0, 100)
		}},
		{name: "blocked, an object", answer: `{"errcode":0,"errmsg":"ok","msginfo":{"id":"3","tmpl_msg_id":"T1","title":"t","content":"c","send_timestamp":1788796187,"openid":"oFAN"}}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.BlockedMessages(ctx, "T1", 2, 100)
		}},
		{name: "blocked, none", answer: `{"msginfo":[],"errcode":0,"errmsg":"ok"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.BlockedMessages(ctx, "T1", 3, 100)
		}},
		{name: "blocked, nonsense", answer: `{"msginfo":[1]}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.BlockedMessages(ctx, "T1", 3, 100)
		}},
		{name: "notice: an address on the web is not sent", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.SendNotice(ctx, "oFAN", "N1", wechat.Template{URL: "https://example.com/", MiniProgram: mini, Data: data})
		}},
		{name: "notice with options", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.SendNoticeWith(ctx, "oFAN", "N1", wechat.Template{Data: data}, api.NoticeOptions{Page: "index?foo=bar", State: "trial", Lang: "zh_HK", ClientMsgID: "n-1"})
		}},
		{name: "notice categories", answer: `{"errcode":0,"errmsg":"ok","data":[{"id":616,"name":"公交"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.NoticeCategories(ctx) }},
		{name: "notice titles", answer: `{"errcode":0,"errmsg":"ok","count":55,"data":[{"tid":99,"title":"付款成功通知","type":2,"categoryId":"616"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			titles, total, err := c.NoticeTitles(ctx, []int64{616, 617}, 0, 1)
			return map[string]any{"titles": titles, "total": total}, err
		}},
		{name: "notice keywords", answer: `{"errcode":0,"errmsg":"ok","count":2,"data":[{"kid":1,"name":"物品名称","example":"名称","rule":"thing"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.NoticeKeywords(ctx, 99)
		}},
		{name: "add notice", answer: `{"errmsg":"ok","errcode":0,"priTmplId":"9Aw5ZV1j9xdWTFEkqCpZ7jWySL7aGN6rQom4gXINfJs"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.AddNoticeTemplate(ctx, 401, []int{3, 1, 2}, "测试数据")
		}},
		{name: "notices", answer: `{"errcode":0,"errmsg":"ok","data":[{"priTmplId":"N1","title":"会议","content":"会议时间:{{date2.DATA}}\n","example":"x\n","type":2,"keywordEnumValueList":[{"enumValueList":["进行中","已完成"],"keywordCode":"const1.DATA"}]}]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.NoticeTemplates(ctx) }},
		{name: "delete notice", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.DeleteNoticeTemplate(ctx, "N1") }},
		{name: "one-time message", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.SendOneTime(ctx, "oFAN", "O1", api.OneTime{Scene: 1000, Title: "到货", Content: "您等的商品到了", Color: "#173177", URL: "https://example.com/?a&b", MiniProgram: mini})
		}},
	})
}

func TestMassMessages(t *testing.T) {
	toAll := func(name string, m wechat.Outgoing) exchange {
		return exchange{
			name: "to all: " + name, answer: `{"errcode":0,"errmsg":"send job submission success","msg_id":34182,"msg_data_id":1988810812324364291}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.MassToAll(ctx, m, "") },
		}
	}
	golden(t, "mass", []exchange{
		toAll("draft", wechat.Outgoing{Draft: "m"}),
		toAll("draft that may be a reprint", wechat.Outgoing{Draft: "m", IgnoreReprint: true}),
		toAll("text", wechat.Outgoing{Text: "<hi> & 好"}),
		toAll("voice", wechat.Outgoing{Voice: "m"}),
		toAll("image", wechat.Outgoing{Image: "m"}),
		toAll("images", wechat.Outgoing{Images: &wechat.Images{MediaIDs: []string{"m1", "m2"}, Recommend: "r", Title: "t", NeedOpenComment: true, OnlyFansCanComment: true}}),
		toAll("video", wechat.Outgoing{Video: &wechat.Video{MediaID: "m", Thumb: "not for mass sends", Title: "t", Description: "d"}}),
		{name: "by tag", answer: `{"errcode":0,"errmsg":"ok","msg_id":3147483649}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.MassByTag(ctx, 101, wechat.Outgoing{Text: "hi"}, strings.Repeat("c", api.MaxClientMsgID))
		}},
		{name: "by fans", answer: `{"errcode":0,"errmsg":"ok","msg_id":3147483649}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.MassByOpenIDs(ctx, []string{"oA", "oB"}, wechat.Outgoing{Voice: "m"}, "b-1")
		}},
		{name: "taken before", answer: `{"errcode":45065,"errmsg":"clientmsgid exist","msg_id":7,"msg_data_id":8}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.MassToAll(ctx, wechat.Outgoing{Draft: "m"}, "b-1")
		}},
		{name: "quota", answer: `{"errcode":45028,"errmsg":"has no masssend quota hint: [abcDEF_1!]"}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.MassToAll(ctx, wechat.Outgoing{Draft: "m"}, "b-2")
		}},
		{name: "preview", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.Preview(ctx, "oFAN", wechat.Outgoing{Draft: "m"})
		}},
		{name: "preview of an image", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.Preview(ctx, "oFAN", wechat.Outgoing{Images: &wechat.Images{MediaIDs: []string{"m1", "m2"}, Title: "t"}})
		}},
		{name: "preview by name", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.PreviewByName(ctx, "some-name", wechat.Outgoing{Text: "hi"})
		}},
		{name: "status", answer: `{"msg_id":201053012,"msg_status":"SEND_SUCCESS"}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.MassStatus(ctx, 201053012) }},
		{name: "delete all articles", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.DeleteMass(ctx, 30124, 0) }},
		{name: "delete the second article", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.DeleteMass(ctx, 30124, 2) }},
		{name: "delete by address", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.DeleteMassByURL(ctx, "http://mp.weixin.qq.com/s?a=1&b=2", 0)
		}},
		{name: "speed", answer: `{"speed":3,"realspeed":15}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			speed, real, err := c.MassSpeed(ctx)
			return []int{speed, real}, err
		}},
		{name: "set speed", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.SetMassSpeed(ctx, 0) }},
	})
}

func TestQuotaAndNetwork(t *testing.T) {
	golden(t, "quota", []exchange{
		{name: "quota", answer: `{"errcode":0,"errmsg":"ok","quota":{"daily_limit":100000000,"used":1,"remain":99999999},"rate_limit":{"call_count":1000,"refresh_second":60},"component_rate_limit":{"call_count":0,"refresh_second":0}}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.APIQuota(ctx, "/cgi-bin/message/custom/send")
		}},
		{name: "quota without a rate", answer: `{"errcode":0,"errmsg":"ok","quota":{"daily_limit":0,"used":0,"remain":0}}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.APIQuota(ctx, "/wxa/gettemplatedraftlist")
		}},
		{name: "clear", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.ClearQuota(ctx) }},
		{name: "clear by secret", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.ClearQuotaBySecret(ctx) }},
		{name: "clear one", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.ClearAPIQuota(ctx, "/cgi-bin/message/custom/send")
		}},
		{name: "request", answer: `{"errcode":0,"errmsg":"ok","request":{"invoke_time":1635156704,"cost_in_ms":30,"request_url":"access_token=51_AnotherToken&x=1","request_body":"{\"secret\":\"hidden\"}","response_body":"{\"errcode\":45009,\"access_token\":\"52_x\"}","client_ip":"1.2.3.4"}}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.RequestInfo(ctx, "61725984-6126f6f9-040f19c4")
		}},
		{name: "callback addresses", answer: `{"ip_list":["127.0.0.1","127.0.0.2/25"]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.CallbackIPs(ctx) }},
		{name: "API addresses", answer: `{"ip_list":["127.0.0.1"]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.APIDomainIPs(ctx) }},
		{name: "check", answer: `{"dns":[{"ip":"111.161.64.40","real_operator":"UNICOM"}],"ping":[{"ip":"111.161.64.40","from_operator":"UNICOM","package_loss":"0%","time":"23.079ms"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.CheckCallback(ctx, api.CheckAll, api.OperatorAny)
		}},
		{name: "auto replies", answer: `{"is_add_friend_reply_open":1,"is_autoreply_open":0,"add_friend_autoreply_info":{"type":"text","content":"Thanks!"},"message_default_autoreply_info":{"type":"text","content":"off"},"keyword_autoreply_info":{"list":[{"rule_name":"news","create_time":1423028166,"reply_mode":"reply_all","keyword_list_info":[{"type":"text","match_mode":"contain","content":"news测试"}],"reply_list_info":[{"type":"news","news_info":{"list":[{"title":"n","author":"jim","digest":"d","show_cover":1,"cover_url":"c","content_url":"u","source_url":"s"}]}}]}]}}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.AutoReplies(ctx) }},
	})
}

func TestCustomerService(t *testing.T) {
	golden(t, "agents", []exchange{
		{name: "agents", answer: `{"kf_list":[{"kf_account":"test1@test","kf_headimgurl":"http://x/0","kf_id":"1001","kf_nick":"ntest1","kf_wx":"kfwx1"},{"kf_account":"test3@test","kf_id":1003,"kf_nick":"ntest3","invite_wx":"kfwx3","invite_expire_time":123456789,"invite_status":"waiting"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.Agents(ctx) }},
		{name: "online agents", answer: `{"kf_online_list":[{"kf_account":"test1@test","status":1,"kf_id":"1001","accepted_case":2}]}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.OnlineAgents(ctx) }},
		{name: "add", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.AddAgent(ctx, "test1@test", "客服1")
		}},
		{name: "rename", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.RenameAgent(ctx, "test1@test", "客服2")
		}},
		{name: "invite", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.InviteAgent(ctx, "test1@test", "test_kfwx")
		}},
		{name: "delete", call: func(ctx context.Context, c *api.Client) (any, error) { return nil, c.DeleteAgent(ctx, "test1@test") }},
		{name: "picture", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.SetAgentPicture(ctx, "test1@test", fileOf(t, `a "b".jpg`, "content"))
		}},
		{name: "start a session", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.StartSession(ctx, "test1@test", "oFAN")
		}},
		{name: "end it", call: func(ctx context.Context, c *api.Client) (any, error) {
			return nil, c.EndSession(ctx, "test1@test", "oFAN")
		}},
		{name: "of a fan", answer: `{"createtime":123456789,"errcode":0,"errmsg":"ok","kf_account":"test1@test"}`, call: func(ctx context.Context, c *api.Client) (any, error) { return c.FanSession(ctx, "oFAN") }},
		{name: "of an agent", answer: `{"sessionlist":[{"createtime":123456789,"openid":"oA"},{"createtime":123456790,"openid":"oB"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			return c.AgentSessions(ctx, "test1@test")
		}},
		{name: "waiting", answer: `{"count":150,"waitcaselist":[{"latest_time":123456789,"openid":"oA"}]}`, call: func(ctx context.Context, c *api.Client) (any, error) {
			waiting, total, err := c.WaitingFans(ctx)
			return map[string]any{"waiting": waiting, "total": total}, err
		}},
	})
}

func fileOf(t *testing.T, name, content string) api.File {
	t.Helper()
	r := strings.NewReader("not this " + content)
	if _, err := r.Seek(int64(len("not this ")), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	f, err := api.FileOf(name, r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRefusedWithoutACall(t *testing.T) {
	p := play(t, ok)
	c := p.client()
	ctx := t.Context()
	article := wechat.Article{Title: "t"}
	send := func(m wechat.Outgoing) error { return c.SendCustom(ctx, "oFAN", m) }
	mass := func(m wechat.Outgoing) error { _, err := c.MassToAll(ctx, m, ""); return err }
	add := func(keywords []int, scene string) error {
		_, err := c.AddNoticeTemplate(ctx, 1, keywords, scene)
		return err
	}
	_, longID := c.MassToAll(ctx, hello(), strings.Repeat("好", 11))
	for name, err := range map[string]error{
		"empty":                       send(wechat.Outgoing{}),
		"no fan":                      c.SendCustom(ctx, "", hello()),
		"two kinds":                   send(wechat.Outgoing{Text: "a", Image: "b"}),
		"template":                    send(wechat.Outgoing{Template: &wechat.Template{}}),
		"notice":                      send(wechat.Outgoing{Notice: &wechat.Template{}}),
		"images":                      send(wechat.Outgoing{Images: &wechat.Images{MediaIDs: []string{"a"}}}),
		"two articles":                send(wechat.Outgoing{Articles: []wechat.Article{article, article}}),
		"video without thumb":         send(wechat.Outgoing{Video: &wechat.Video{MediaID: "m"}}),
		"video without media":         send(wechat.Outgoing{Video: &wechat.Video{Thumb: "m"}}),
		"music without thumb":         send(wechat.Outgoing{Music: &wechat.Music{Title: "t", Description: "d", URL: "u"}}),
		"music without address":       send(wechat.Outgoing{Music: &wechat.Music{Title: "t", Description: "d", Thumb: "m"}}),
		"music without title":         send(wechat.Outgoing{Music: &wechat.Music{Description: "d", URL: "u", Thumb: "m"}}),
		"music without description":   send(wechat.Outgoing{Music: &wechat.Music{Title: "t", URL: "u", Thumb: "m"}}),
		"menu without choices":        send(wechat.Outgoing{Menu: &wechat.ChoiceMenu{Head: "?"}}),
		"choice without id":           send(wechat.Outgoing{Menu: &wechat.ChoiceMenu{Choices: []wechat.Choice{{Content: "a"}}}}),
		"page without thumb":          send(wechat.Outgoing{Page: &wechat.MiniPage{Title: "t", AppID: "a", PagePath: "p"}}),
		"mass: empty":                 mass(wechat.Outgoing{}),
		"mass: article":               mass(wechat.Outgoing{Articles: []wechat.Article{article}}),
		"mass: card":                  mass(wechat.Outgoing{Card: "c"}),
		"mass: no image":              mass(wechat.Outgoing{Images: &wechat.Images{Title: "t"}}),
		"mass: no video":              mass(wechat.Outgoing{Video: &wechat.Video{Title: "t"}}),
		"mass: long clientmsgid":      longID,
		"preview: music":              c.Preview(ctx, "oFAN", wechat.Outgoing{Music: &wechat.Music{URL: "u", Thumb: "t"}}),
		"notice template: one field":  add([]int{1}, "scene"),
		"notice template: six fields": add([]int{1, 2, 3, 4, 5, 6}, "scene"),
		"notice template: no scene":   add([]int{1, 2}, ""),
		"notice template: long scene": add([]int{1, 2}, strings.Repeat("景", 16)),
		"one-time: long title":        c.SendOneTime(ctx, "oFAN", "O1", api.OneTime{Title: strings.Repeat("题", 16), Content: "c"}),
		"one-time: long content":      c.SendOneTime(ctx, "oFAN", "O1", api.OneTime{Title: "t", Content: strings.Repeat("文", 201)}),
		"one-time: scene":             c.SendOneTime(ctx, "oFAN", "O1", api.OneTime{Title: "t", Content: "c", Scene: 10001}),
		"picture of no length":        c.SetAgentPicture(ctx, "a@b", api.File{Name: "a.jpg"}),
	} {
		refused := new(api.Error)
		if !errors.As(err, &refused) || refused.Class != api.Payload || refused.Msg == "" || api.Ambiguous(err) || api.Retryable(err, false) {
			t.Errorf("%s: %v, want a payload error", name, err)
		}
	}
	if tokens, calls := p.seen(); tokens+len(calls) > 0 {
		t.Errorf("the platform was called: %d, %q", tokens, calls)
	}
}

func TestOneTimeURL(t *testing.T) {
	c := api.New(api.Config{AppID: "wxab", Secret: secret})
	got, err := c.OneTimeURL(1000, "O-1", "https://example.com/back?a=1&b=2", "k3y")
	want := "https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=wxab&scene=1000&template_id=O-1&redirect_url=https%3A%2F%2Fexample.com%2Fback%3Fa%3D1%26b%3D2&reserved=k3y#wechat_redirect"
	if err != nil || got != want {
		t.Errorf("OneTimeURL = %s, %v, want %s", got, err, want)
	}
	if _, err := c.OneTimeURL(10001, "O-1", "https://example.com/", ""); err == nil {
		t.Error("a scene of 10001 is taken")
	}
}
