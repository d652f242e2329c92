package simulator_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fanflow/wechat/simulator"
)

// sendPaths are the calls that send, or that manage what is sent.
var sendPaths = []string{
	"/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing", "/cgi-bin/message/template/send", "/cgi-bin/message/template/subscribe",
	"/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send", "/cgi-bin/message/mass/preview",
	"/cgi-bin/message/mass/get", "/cgi-bin/message/mass/delete", "/cgi-bin/message/mass/speed/set", "/cgi-bin/template/api_set_industry",
	"/cgi-bin/template/api_add_template", "/cgi-bin/template/del_private_template", "/wxa/sec/queryblocktmplmsg", "/wxaapi/newtmpl/addtemplate",
	"/wxaapi/newtmpl/deltemplate", "/customservice/kfaccount/add", "/customservice/kfaccount/del", "/customservice/kfsession/create",
}

// FuzzSend posts any body to any of these calls: the answer is always HTTP 200 with a JSON object, and -1 is never among them.
func FuzzSend(f *testing.F) {
	for i := range sendPaths {
		f.Add(i, `{"touser":"fan1","msgtype":"text","text":{"content":"a"},"command":"Typing","msg_id":1,"speed":1}`)
		f.Add(i, templateBody("fan1", `"thing1":{"value":"x"}`, `,"scene":1,"title":"t","client_msg_id":"c"`))
		f.Add(i, `{"filter":{"is_to_all":true,"tag_id":"2"},"touser":["fan1","fan2"],"msgtype":"image","images":{"media_ids":["IMG"]},"image":{"media_id":"IMG"}}`)
		f.Add(i, `{"tid":"2036","kidList":[8,"9"],"sceneDesc":"a","template_id_short":"43216","keyword_name_list":["门店"],"industry_id1":"1","industry_id2":2}`)
		f.Add(i, `{"kf_account":"a@b","nickname":"n","openid":"fan1","template_id":"TEMPLATE","priTmplId":"TEMPLATE","tmpl_msg_id":"TEMPLATE","limit":1}`)
	}
	sim, err := simulator.New(simulator.Config{Start: noon, Accounts: []simulator.Account{service()}, NoticeTime: time.Nanosecond})
	if err != nil {
		f.Fatal(err)
	}
	call := func(path, body string) (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1"
		sim.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	call("/sim/"+appID+"/fans/fan1/do", `{"image":"IMG"}`)
	call("/sim/"+appID+"/fans/fan1/do", `{"consent":{"template_id":"TEMPLATE","count":1000000}}`)
	_, text := call("/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"`+appID+`","secret":"`+secret+`"}`)
	var t object
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(test *testing.T, path int, body string) {
		to := sendPaths[uint(path)%uint(len(sendPaths))]
		status, text := call(to+"?access_token="+t.text("access_token"), body)
		var o struct {
			Code int `json:"errcode"`
		}
		if err := json.Unmarshal([]byte(text), &o); status != 200 || err != nil || o.Code == -1 {
			test.Errorf("%s %s: HTTP %d %s", to, body, status, text)
		}
	})
}
