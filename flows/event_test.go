package flows_test

import (
	"fmt"
	"testing"

	"fanflow/store"
	"fanflow/wechat"
)

// pushed is a push as the platform writes it; fields follow the header.
func (w *world) pushed(fan, msgType, fields string) *wechat.Push {
	w.t.Helper()
	p, err := wechat.Parse(fmt.Appendf(nil, "<xml><ToUserName>gh_1</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType>%s</MsgType>%s<MsgId>%d</MsgId></xml>", fan, w.clock().Unix(), msgType, fields, w.ids.Add(1)))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// TestScriptsSeeEveryField: every push has its word in flows, and scripts find what it holds.
func TestScriptsSeeEveryField(t *testing.T) {
	for _, c := range []struct{ word, msgType, fields, sees, want string }{
		{"image", "image", "<PicUrl>u</PicUrl><MediaId>m</MediaId>", "event.media_id .. event.pic_url", "mu"},
		{"voice", "voice", "<MediaId>m</MediaId><Format>amr</Format><MediaId16K>k</MediaId16K>", "event.media_id .. event.format .. event.media_id_16k .. tostring(event.recognition)", "mamrknil"},
		{"voice", "voice", "<MediaId>m</MediaId><Recognition>hi</Recognition>", "event.recognition", "hi"},
		{"video", "shortvideo", "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>", "event.media_id .. event.thumb_media_id .. event.type", "mtvideo"},
		{"link", "link", "<Title>t</Title><Description>d</Description><Url>u</Url>", "event.title .. event.description .. event.url", "tdu"},
		{"location", "location", "<Location_X>1.5</Location_X><Location_Y>2</Location_Y><Scale>3</Scale><Label>l</Label>", "event.latitude + event.scale .. event.label", "4.5l"},
		{"image", "image", "<MediaId>m</MediaId><MsgDataId>7</MsgDataId>", "event.article_id", "7"},
		{"view", "event", "<Event>VIEW</Event><EventKey>u</EventKey><MenuId>9</MenuId>", "event.url .. event.key .. event.menu_id", "uu9"},
		{"view_miniprogram", "event", "<Event>view_miniprogram</Event><EventKey>p</EventKey>", "event.page_path .. event.key", "pp"},
		{"scancode_push", "event", "<Event>scancode_push</Event><EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>r</ScanResult></ScanCodeInfo>", "event.key .. event.scan_type .. event.result", "kqrcoder"},
		{"scancode_waitmsg", "event", "<Event>scancode_waitmsg</Event><EventKey>k</EventKey><ScanCodeInfo><ScanResult>r</ScanResult></ScanCodeInfo>", "event.key .. event.result", "kr"},
		{"pic_weixin", "event", "<Event>pic_weixin</Event><EventKey>k</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item></PicList><PicList><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>", "event.key .. event.count .. event.md5_sums[1] .. event.md5_sums[2]", "k2ab"},
		{"location_select", "event", "<Event>location_select</Event><EventKey>k</EventKey><SendLocationInfo><Location_X>1</Location_X><Location_Y>2</Location_Y><Scale>3</Scale><Label>l</Label><Poiname>n</Poiname></SendLocationInfo>", "event.key .. event.longitude .. event.label .. event.poiname", "k2ln"},
		{"subscribe_msg_popup_event", "event", "<Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent><List><TemplateId>T</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List></SubscribeMsgPopupEvent>", "event.list[1].template_id .. event.list[1].status", "Taccept"},
		{"subscribe_msg_sent_event", "event", "<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>T</TemplateId><MsgID>5</MsgID><ErrorCode>0</ErrorCode></List></SubscribeMsgSentEvent>", "event.list[1].msgid .. event.list[1].code", "50"},
		{"kf_close_session", "event", "<Event>kf_close_session</Event><KfAccount>ann@gh_1</KfAccount>", "event.kf_account", "ann@gh_1"},
		{"event", "event", "<Event>User_Get_Card</Event><CardId>c</CardId><a><b>1</b><b>2</b></a>", "event.name .. event.fields.CardId .. event.fields['a.b#2'] .. event.raw:sub(1, 5)", "user_get_cardc2<xml>"},
		{"event", "device_text", "<DeviceType>d</DeviceType>", "event.name .. event.fields.DeviceType .. event.raw:sub(1, 5)", "device_textd<xml>"},
		{"event", "miniprogrampage", "<Title>t</Title><AppId>wx1</AppId>", "event.name .. event.title .. event.app_id", "miniprogrampagetwx1"},
	} {
		t.Run(c.word, func(t *testing.T) {
			w := newWorld(t)
			w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "on", states = { on = { on = { ` + c.word +
				` = { run = function(fan, event) fan.attrs.seen = ` + c.sees + ` end } } } } }`)
			w.text("fan", "in")
			w.receive(w.pushed("fan", c.msgType, c.fields))
			f := w.fan("fan")
			expect(t, "seen", string(f.Attrs["seen"]), fmt.Sprintf("%q", c.want))
		})
	}
}

// TestMessagesWithoutAWordStartFlows: they are found under event, by their type. The journal tells the type.
func TestMessagesWithoutAWordStartFlows(t *testing.T) {
	w := newWorld(t)
	w.flow(listener("device", 0, `{ event = { "device_text" } }`, "{}"))
	w.receive(w.pushed("other", "hardware", "<MessageUrl>u</MessageUrl>"))
	expect(t, "heard", w.rows("other", store.Heard)[0].Name, "hardware")
	expect(t, "ignored", w.rows("other", store.Ignored)[0].Name, "hardware")
	w.receive(w.pushed("fan", "Device_Text", "<Content>c</Content>"))
	f := w.fan("fan")
	expect(t, "by its type", f.Enrolled("device") != nil, true)
}

// TestEventsWithoutATypeStartFlows: a flow names what it listens to. Where none does, nothing of the push stays but that it was
// handed on.
func TestEventsWithoutATypeStartFlows(t *testing.T) {
	w := newWorld(t)
	card := "<Event>user_get_card</Event><CardId>c</CardId>"
	w.receive(w.pushed("fan", "event", card))
	expect(t, "fan", w.fan("fan").Rev, 0)
	w.flow(listener("card", 0, `{ event = { "user_get_card" }, pic_sysphoto = { "k-*" } }`, "{}"))
	w.receive(w.pushed("other", "event", "<Event>user_del_card</Event>"))
	expect(t, "another event", w.fan("other").Rev, 0)
	w.receive(w.pushed("fan", "event", card))
	f := w.fan("fan")
	expect(t, "by its name", f.Enrolled("card") != nil, true)
	expect(t, "follows", f.Subscribed, false)
	w.receive(w.pushed("third", "event", "<Event>pic_sysphoto</Event><EventKey>k-1</EventKey>"))
	f = w.fan("third")
	expect(t, "by a menu item", f.Enrolled("card") != nil, true)
	expect(t, "handed on", len(w.extra), 3)
}
