package wechat_test

import (
	"strings"
	"testing"

	"fanflow/wechat"
)

func parse(t *testing.T, doc string) *wechat.Push {
	t.Helper()
	p, err := wechat.Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// event is an event of one second with more fields.
func event(name, fields string) string {
	return "<xml><ToUserName>gh_1</ToUserName><FromUserName>oFAN</FromUserName><CreateTime>1700000001</CreateTime>" +
		"<MsgType>event</MsgType><Event>" + name + "</Event>" + fields + "</xml>"
}

// TestKeysOfOneSecond: what happens twice in one second is two pushes, and what is delivered twice is one.
func TestKeysOfOneSecond(t *testing.T) {
	for name, two := range map[string][2]string{
		"menu taps":           {event("CLICK", "<EventKey>a</EventKey>"), event("CLICK", "<EventKey>b</EventKey>")},
		"kinds":               {event("subscribe", ""), event("unsubscribe", "")},
		"template results":    {event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID>"), event("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>")},
		"publications":        {event("PUBLISHJOBFINISH", "<PublishEventInfo><publish_id>1</publish_id></PublishEventInfo>"), event("PUBLISHJOBFINISH", "<PublishEventInfo><publish_id>2</publish_id></PublishEventInfo>")},
		"users of revocation": {event("user_info_modified", "<OpenID>oA</OpenID>"), event("user_info_modified", "<OpenID>oB</OpenID>")},
		"notices sent":        {event("subscribe_msg_sent_event", "<a><List><TemplateId>T</TemplateId><MsgID>1</MsgID></List></a>"), event("subscribe_msg_sent_event", "<a><List><TemplateId>T</TemplateId><MsgID>2</MsgID></List></a>")},
		"consents":            {event("subscribe_msg_popup_event", "<a><List><TemplateId>T</TemplateId></List></a>"), event("subscribe_msg_popup_event", "<a><List><TemplateId>U</TemplateId></List></a>")},
		"sessions":            {event("kf_close_session", "<KfAccount>a</KfAccount>"), event("kf_close_session", "<KfAccount>b</KfAccount>")},
		"cards":               {event("user_get_card", "<CardId>p</CardId><UserCardCode>1</UserCardCode>"), event("user_get_card", "<CardId>p</CardId><UserCardCode>2</UserCardCode>")},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := parse(t, two[0]), parse(t, two[1])
			if a.Key() == b.Key() {
				t.Errorf("both have the key %s", a.Key())
			}
			spaced := parse(t, strings.Replace(two[0], "<MsgType>", "\n  <MsgType>", 1))
			if a.Key() != spaced.Key() {
				t.Errorf("delivered again it has the key %s, not %s", spaced.Key(), a.Key())
			}
			if !strings.HasPrefix(a.Key(), "6553f101-") {
				t.Errorf("key %s does not begin with the time", a.Key())
			}
		})
	}
}

func TestName(t *testing.T) {
	for doc, want := range map[string]string{
		"<xml><MsgType>ShortVideo</MsgType></xml>":           "shortvideo",
		event("SCAN", ""):                                    "scan",
		event("Scan", ""):                                    "scan",
		event("LOCATION", ""):                                "report",
		event("TEMPLATESENDJOBFINISH", ""):                   "sent",
		event("MASSSENDJOBFINISH", ""):                       "sent",
		event("MASSSENDJOBFINISH", "<PublishEventInfo/>"):    "publishjobfinish",
		event("FREEPUBLISHJOBFINISH", "<PublishEventInfo/>"): "publishjobfinish",
		event("Debug_Demo", ""):                              "debug_demo",
	} {
		if got := parse(t, doc).Name(); got != want {
			t.Errorf("Name() = %q, want %q, of %s", got, want, doc)
		}
	}
}
