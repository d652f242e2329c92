package simulator_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// buttons is a menu's body of buttons.
func buttons(list ...string) string { return `{"button":[` + strings.Join(list, ",") + `]}` }

func below(list ...string) string {
	return `{"name":"More","sub_button":[` + strings.Join(list, ",") + `]}`
}

const (
	clickItem = `{"type":"click","name":"Today","key":"TODAY"}`
	viewItem  = `{"type":"view","name":"Shop","url":"https://shop.example/"}`
)

func TestMenuCodes(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.want(p.api("GET", "menu/get?access_token="+token, ""), 46003)
	p.control("POST", appID+"/sites", `{"miniprograms":["wxmini"]}`)
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		body string
		code int
	}{
		{`{"button":[]}`, 40016},
		{buttons(clickItem, clickItem, clickItem, clickItem), 40016},
		{buttons(`{"type":"click","key":"k"}`), 40018},
		{buttons(`{"type":"click","name":"` + long(17) + `","key":"k"}`), 40018},
		{buttons(`{"type":"click","name":"` + long(16) + `","key":"k"}`), 0},
		{buttons(`{"name":"a"}`), 40017},
		{buttons(`{"type":"tap","name":"a","key":"k"}`), 40017},
		{buttons(`{"type":"click","name":"a"}`), 40019},
		{buttons(`{"type":"click","name":"a","key":"` + long(129) + `"}`), 40019},
		{buttons(`{"type":"view","name":"a"}`), 40020},
		{buttons(`{"type":"view","name":"a","url":"https://a.example/` + long(1024) + `"}`), 40020},
		{buttons(`{"type":"view","name":"a","url":"shop.example"}`), 40055},
		{buttons(below(clickItem, clickItem, clickItem, clickItem, clickItem, clickItem)), 40023},
		{buttons(below(`{"type":"tap","name":"a"}`)), 40024},
		{buttons(below(`{"type":"click","name":"` + long(61) + `","key":"k"}`)), 40025},
		{buttons(below(`{"type":"click","name":"a"}`)), 40026},
		{buttons(below(`{"type":"view","name":"a"}`)), 40027},
		{buttons(below(`{"type":"view","name":"a","url":"ftp://a.example"}`)), 40054},
		{buttons(below(below(clickItem))), 40022},
		{buttons(`{"type":"click","name":"a","key":"k","sub_button":[` + clickItem + `]}`), 40017},
		{buttons(`{"type":"media_id","name":"a","media_id":"unknown"}`), 40007},
		{buttons(`{"type":"article_id","name":"a","article_id":"unknown"}`), 53600},
		{buttons(`{"type":"miniprogram","name":"a","url":"https://a.example","pagepath":"p"}`), 40166},
		{buttons(`{"type":"miniprogram","name":"a","url":"https://a.example","appid":"wxmini"}`), 40165},
		{buttons(`{"type":"miniprogram","name":"a","url":"https://a.example","appid":"wxother","pagepath":"p"}`), 45064},
		{buttons(`{"type":"miniprogram","name":"a","url":"https://a.example","appid":"wxmini","pagepath":"p"}`), 0},
		{buttons(`{"type":"click","name":"\u4eca\u65e5","key":"k"}`), 40033},
		{`{"button":1}`, 47001},
		{"", 44002},
	} {
		if o := p.post("menu/create", token, c.body); o.code() != c.code {
			t.Errorf("%s: %v, want errcode %d", c.body, o, c.code)
		}
	}
}

func TestMenuAnswers(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.want(p.post("menu/create", token, buttons(clickItem, below(viewItem))), 0)
	got := p.api("GET", "menu/get?access_token="+token, "")["menu"].(map[string]any)["button"]
	want := decode(t, `{"b":[{"type":"click","name":"Today","key":"TODAY","sub_button":[]},
		{"name":"More","sub_button":[{"type":"view","name":"Shop","url":"https://shop.example/","sub_button":[]}]}]}`)["b"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	self := p.api("GET", "get_current_selfmenu_info?access_token="+token, "")
	want = decode(t, `{"b":{"button":[{"type":"click","name":"Today","key":"TODAY"},
		{"name":"More","sub_button":{"list":[{"type":"view","name":"Shop","url":"https://shop.example/"}]}}]}}`)["b"]
	if diff := cmp.Diff(want, self["selfmenu_info"]); diff != "" || self.text("is_menu_open") != "1" {
		t.Error(self, diff)
	}
	p.want(p.api("GET", "menu/delete?access_token="+token, ""), 0)
	if self = p.api("GET", "get_current_selfmenu_info?access_token="+token, ""); self.text("is_menu_open") != "0" {
		t.Error(self)
	}
}

func TestMenuRights(t *testing.T) {
	account := service()
	account.Type, account.Verified = "subscription", false
	p := start(t, simulator.Config{Accounts: []simulator.Account{account}})
	token := p.token()
	p.want(p.post("menu/create", token, buttons(clickItem)), 48001)
	p.control("POST", appID+"/menu", `{"button":[{"type":"text","name":"Hours","value":"9 to 5"}]}`)
	if self := p.api("GET", "get_current_selfmenu_info?access_token="+token, ""); !strings.Contains(self.text("selfmenu_info"), "9 to 5") {
		t.Error(self)
	}
	if got := p.do("fan1", `{"menu":"Hours"}`); !cmp.Equal(got, []string{"menu:9 to 5"}) || len(p.back.deliveries()) != 0 {
		t.Errorf("%v, %d pushes", got, len(p.back.deliveries()))
	}
}

func TestConditionalMenus(t *testing.T) {
	p := start(t, simulator.Config{TaggingTime: -1})
	for _, id := range []string{"plain", "gold", "iphone"} {
		p.do(id, `{"subscribe":{}}`)
	}
	p.control("POST", appID+"/fans/iphone/profile", `{"platform":"ios","wechat_id":"apple"}`)
	token := p.token()
	p.want(p.post("tags/create", token, `{"tag":{"name":"gold"}}`), 0)
	p.want(p.post("tags/create", token, `{"tag":{"name":"silver"}}`), 0)
	p.want(p.post("tags/members/batchtagging", token, `{"openid_list":["gold","iphone"],"tagid":100}`), 0)
	p.want(p.post("tags/members/batchtagging", token, `{"openid_list":["iphone"],"tagid":101}`), 0)
	conditional := func(name, link, rule string) string {
		return `{"button":[{"type":"view","name":"` + name + `","url":"https://` + link + `/"}],"matchrule":` + rule + `}`
	}
	p.want(p.post("menu/addconditional", token, conditional("Early", "a.example", `{"tag_id":"100"}`)), 65303)
	p.want(p.post("menu/create", token, buttons(clickItem)), 0)
	p.table(token, []posted{
		{"menu/addconditional", conditional("A", "a.example", `{}`), 65304},
		{"menu/addconditional", conditional("A", "a.example", `{"sex":"1"}`), 65320},
		{"menu/addconditional", conditional("A", "a.example", `{"tag_id":"999"}`), 65315},
		{"menu/addconditional", conditional("A", "a.example", `{"client_platform_type":"4"}`), 65319},
		{"menu/addconditional", `{"button":[],"matchrule":{"tag_id":"100"}}`, 65307},
		{"menu/delconditional", `{"menuid":"1"}`, 65301},
		{"menu/trymatch", `{"user_id":"nobody"}`, 65302},
	})
	gold := p.post("menu/addconditional", token, conditional("Gold", "a.example", `{"tag_id":"100","sex":""}`)).text("menuid")
	ios := p.post("menu/addconditional", token, conditional("iOS", "b.example", `{"tag_id":101,"client_platform_type":"1"}`)).text("menuid")
	newest := p.post("menu/addconditional", token, conditional("Silver Android", "c.example", `{"tag_id":"101","client_platform_type":"2"}`))
	p.want(newest, 0)
	p.want(p.post("menu/addconditional", token, conditional("Fourth", "d.example", `{"tag_id":"100"}`)), 65316)

	for user, want := range map[string]string{"plain": "Today", "gold": "Gold", "iphone": "iOS", "apple": "iOS"} {
		if o := p.post("menu/trymatch", token, `{"user_id":"`+user+`"}`); !strings.Contains(o.text("button"), want) {
			t.Errorf("%s sees %v, want %s", user, o, want)
		}
	}
	all := p.api("GET", "menu/get?access_token="+token, "")["conditionalmenu"].([]any)
	if first := object(all[0].(map[string]any)); len(all) != 3 || first.text("menuid") != newest.text("menuid") {
		t.Errorf("conditional menus: %v", all)
	}
	p.back.reply(nil)
	p.do("gold", `{"menu":"Gold"}`)
	if f := p.last().field; f["Event"] != "VIEW" || f["EventKey"] != "https://a.example/" || f["MenuId"] != gold {
		t.Errorf("pushed %v", f)
	}
	if status, text := p.request("POST", "/sim/"+appID+"/fans/plain/do", `{"menu":"Gold"}`); status != 409 {
		t.Errorf("an item of another menu: %d %s", status, text)
	}
	p.want(p.post("menu/delconditional", token, `{"menuid":`+ios+`}`), 0)
	if o := p.post("menu/trymatch", token, `{"user_id":"iphone"}`); !strings.Contains(o.text("button"), "Today") {
		t.Errorf("after the end of its menu: %v", o) // the last tag counts: gold is not it
	}
}

// last is the newest delivery.
func (p *platform) last() received {
	list := p.back.deliveries()
	if len(list) == 0 {
		p.t.Fatal("nothing was pushed")
	}
	return list[len(list)-1]
}

// TestTaps taps every type of item.
func TestTaps(t *testing.T) {
	p := start(t, simulator.Config{})
	p.do("fan1", `{"subscribe":{}}`)
	token := p.token()
	p.want(p.post("menu/create", token, buttons(
		clickItem,
		below(viewItem, `{"type":"scancode_push","name":"Scan","key":"s"}`, `{"type":"scancode_waitmsg","name":"Wait","key":"w"}`,
			`{"type":"miniprogram","name":"Mini","url":"https://a.example","appid":"wxmini","pagepath":"pages/home"}`),
		`{"name":"Send","sub_button":[{"type":"pic_weixin","name":"Pics","key":"p"},{"type":"pic_sysphoto","name":"Photo","key":"p"},{"type":"location_select","name":"Place","key":"l"}]}`,
	)), 0)
	for _, c := range []struct {
		action string
		pushes []string
		want   map[string]string // of the first
	}{
		{`{"menu":"Today"}`, []string{"CLICK"}, map[string]string{"EventKey": "TODAY"}},
		{`{"menu":"More"}`, nil, nil},
		{`{"menu":[1,0]}`, []string{"VIEW"}, map[string]string{"EventKey": "https://shop.example/"}},
		{`{"menu":{"name":"Scan","result":"690"}}`, []string{"scancode_push"}, map[string]string{"EventKey": "s", "ScanType": "qrcode", "ScanResult": "690"}},
		{`{"menu":{"at":[1,2],"result":"1"}}`, []string{"scancode_waitmsg"}, map[string]string{"EventKey": "w", "ScanResult": "1"}},
		{`{"menu":"Mini"}`, []string{"view_miniprogram"}, map[string]string{"EventKey": "pages/home"}},
		{`{"menu":{"name":"Pics","count":2}}`, []string{"pic_weixin", "image", "image"}, map[string]string{"EventKey": "p", "Count": "2"}},
		{`{"menu":"Photo"}`, []string{"pic_sysphoto", "image"}, map[string]string{"Count": "1"}},
		{`{"menu":{"name":"Place","place":{"latitude":31.2,"longitude":121.4,"label":"here"}}}`, []string{"location_select", "location"}, map[string]string{"EventKey": "l", "Location_X": "31.200000", "Label": "here", "Poiname": ""}},
	} {
		p.back.reply(nil)
		p.do("fan1", c.action)
		if got := p.events(); !cmp.Equal(got, c.pushes) {
			t.Errorf("%s pushes %v, want %v", c.action, got, c.pushes)
			continue
		}
		for key, want := range c.want {
			if got := p.back.deliveries()[0].field[key]; got != want {
				t.Errorf("%s: %s is %q, want %q", c.action, key, got, want)
			}
		}
	}
	for _, action := range []string{`{"menu":"Nothing"}`, `{"menu":[3]}`, `{"menu":"Scan"}`, `{"menu":{"name":"Pics","count":10}}`, `{"menu":{}}`} {
		if status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", action); status != 409 {
			t.Errorf("%s: %d %s", action, status, text)
		}
	}
}

// TestMenuWindow taps items once the fan's other windows are over.
func TestMenuWindow(t *testing.T) {
	p := start(t, simulator.Config{})
	p.do("fan1", `{"subscribe":{}}`)
	token := p.token()
	p.want(p.post("menu/create", token, buttons(clickItem, viewItem)), 0)
	p.advance("2m")
	p.do("fan1", `{"menu":"Shop"}`)
	p.want(p.post("message/custom/send", token, custom("fan1", "hi")), 45015)
	p.do("fan1", `{"menu":"Today"}`)
	p.want(p.post("message/custom/send", token, custom("fan1", "hi")), 0)
}
