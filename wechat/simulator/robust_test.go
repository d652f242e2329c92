package simulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

// usual is a body that has every member that a call may have, each as it should be.
var usual = map[string]any{
	"touser": "fan1", "towxname": "", "msgtype": "text", "text": object{"content": "a"}, "image": object{"media_id": "IMG"},
	"images": object{"media_ids": []any{"IMG"}}, "news": object{"articles": []any{object{"title": "t"}}}, "msgmenu": object{"list": []any{object{"id": "1", "content": "c"}}},
	"customservice": object{"kf_account": "a@b"}, "aimsgcontext": object{"is_ai_msg": 1}, "command": "Typing", "template_id": "TEMPLATE",
	"data": object{"thing1": object{"value": "x"}, "content": object{"value": "x"}}, "miniprogram": object{"appid": "a", "pagepath": "p"}, "client_msg_id": "c", "scene": 1, "title": "t",
	"filter": object{"is_to_all": false, "tag_id": 2}, "clientmsgid": "", "msg_id": 1, "url": "http://a", "article_idx": 0, "speed": 1,
	"industry_id1": 1, "industry_id2": "2", "template_id_short": "43216", "keyword_name_list": []any{"门店"}, "tmpl_msg_id": "TEMPLATE", "largest_id": 0, "limit": 1,
	"tid": "2036", "kidList": []any{8, 9}, "sceneDesc": "s", "priTmplId": "TEMPLATE", "kf_account": "a@b", "nickname": "n", "openid": "fan1",
	"user_list": []any{object{"openid": "fan1"}}, "remark": "r", "tag": object{"id": 100, "name": "t"}, "tagid": 100, "openid_list": []any{"fan1"}, "next_openid": "", "begin_openid": "",
	"from_appid": appID, "button": []any{object{"type": "click", "name": "n", "key": "k"}}, "matchrule": object{"tag_id": 2}, "menuid": 1, "user_id": "fan1",
	"media_id": "IMG", "type": "image", "offset": 0, "count": 1, "no_content": 0, "articles": []any{object{"title": "t", "content": "c", "thumb_media_id": "IMG"}}, "index": 0,
	"publish_id": "1", "article_id": "A", "action_name": "QR_SCENE", "expire_seconds": 60, "action_info": object{"scene": object{"scene_id": 1, "scene_str": "s"}},
	"long_data": "l", "short_key": "k", "appid": appID, "appsecret": secret, "cgi_path": "/cgi-bin/user/get", "rid": "aaaaaaaa-aaaaaaaa-aaaaaaaa", "action": "all", "check_operator": "CAP",
	"begin_date": "2026-11-07", "end_date": "2026-11-07", "grant_type": "client_credential", "secret": secret, "force_refresh": false,
}

// odd are values that no member should have.
var odd = []any{nil, true, json.Number("-9223372036854775808"), json.Number("1e400"), "", strings.Repeat("长", 900), []any{nil}, object{}}

// TestOddBodies posts to every call of the table bodies of which one member has an odd value, and bodies that are no object: the
// answer is always HTTP 200 with a JSON object, and never the -1 of a fault in the simulator.
func TestOddBodies(t *testing.T) {
	p := start(t, simulator.Config{})
	for turn, v := range p.control("GET", "calls", "")["items"].([]any) {
		item := object(v.(map[string]any))
		t.Run(item.text("path"), func(t *testing.T) {
			t.Parallel()
			call := freshCall(t, item)
			for i, name := range slices.Sorted(maps.Keys(usual)) {
				if i%50 == 0 { // before a minute's quota is used up
					call = freshCall(t, item)
				}
				body := maps.Clone(usual)
				if strings.HasSuffix(item.text("path"), "mass/send") {
					body["touser"] = []any{"fan1", "fan2"}
				}
				body[name] = odd[(i+turn)%len(odd)] // another one for the next call: all of them would take minutes
				text, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				call(string(text))
			}
			for _, body := range []string{"", " ", "null", "[]", `"x"`, "1", "{", "{}", "\x00", "\xff\xfe", strings.Repeat("[", 20000), "<xml/>"} {
				call(body)
			}
		})
	}
}

// freshCall makes calls at a platform of its own, so that no quota stands before what a body says.
func freshCall(t *testing.T, item object) func(body string) {
	sim, err := simulator.New(simulator.Config{Start: noon, Accounts: []simulator.Account{service()}, NoticeTime: 1, TaggingTime: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() }) // nothing is kept
	send := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
		sim.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, action := range []string{`{"image":"IMG"}`, `{"consent":{"template_id":"TEMPLATE","count":100000}}`} {
		if status, text := send("POST", "/sim/"+appID+"/fans/fan1/do", action); status != http.StatusOK {
			t.Fatal(text)
		}
	}
	_, text := send("POST", "/cgi-bin/stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, appID, secret))
	token := decode(t, text).text("access_token")
	send("POST", "/cgi-bin/tags/create?access_token="+token, `{"tag":{"name":"first"}}`)
	method, path := item.text("method"), item.text("path")
	if method == "" {
		method = "POST"
	}
	return func(body string) {
		to := path + "?access_token=" + token
		if item.text("credential") == "other" {
			to = path + "?appid=" + appID + "&openid=fan1"
		}
		status, text := send(method, to, body)
		page := item.text("credential") == "other" && !strings.HasPrefix(text, "{")
		if page {
			return
		}
		var o struct {
			Code int `json:"errcode"`
		}
		if err := json.Unmarshal([]byte(text), &o); status != http.StatusOK || err != nil && text[0] == '{' || o.Code == -1 {
			t.Errorf("%s %.300s: HTTP %d %.300s", path, body, status, text)
		}
	}
}

// TestOddControls posts odd bodies to the control calls: they are refused, or taken, and nothing falls over.
func TestOddControls(t *testing.T) {
	p := start(t, simulator.Config{})
	sim := appID + "/"
	for _, call := range []string{
		"POST clock", "POST clock/follow", "POST " + sim + "fans/fan1/do", "POST " + sim + "fans/fan1/profile", "POST " + sim + "faults", "POST " + sim + "rules",
		"POST " + sim + "mass/confirm", "POST " + sim + "sites", "POST " + sim + "menu", "POST " + sim + "migrate", "POST " + sim + "publishing", "PUT " + sim + "allowlist",
		"PUT " + sim + "standing", "PUT state",
	} {
		method, path, _ := strings.Cut(call, " ")
		bodies := []string{"", "null", "[]", "1", `"x"`, "{", "{\"\":1}", strings.Repeat("[", 20000)}
		for _, name := range []string{"advance", "to", "text", "event", "message", "menu", "scan", "open", "pics", "consent", "platform", "on", "templates", "mass", "msg_id", "oauth", "button", "from", "status", "ips", "autoreply"} {
			for _, value := range odd {
				bodies = append(bodies, fmt.Sprintf(`{%q:%s}`, name, must(json.Marshal(value))))
			}
		}
		for _, body := range bodies {
			if path == "clock" && strings.Contains(body, `"to"`) { // a move of the clock is no odd body
				continue
			}
			if status, text := p.request(method, "/sim/"+path, body); status != http.StatusOK && (status < 400 || status > 499 || !strings.Contains(text, `"error"`)) {
				t.Errorf("%s %.200s: %d %s", call, body, status, text)
			}
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
