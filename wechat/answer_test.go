package wechat_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fanflow/wechat"
)

var at = time.Unix(1700000002, 0)

func message(doc string) *wechat.Push {
	return &wechat.Push{ToUserName: "gh_1", FromUserName: "oFAN", MsgType: "text", Raw: []byte(doc)}
}

func TestAppendReply(t *testing.T) {
	const head = "<xml><ToUserName><![CDATA[oFAN]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName><CreateTime>1700000002</CreateTime>"
	two := []wechat.Article{{Title: "a", URL: "https://example.com/?a=1&b=2"}, {Title: "b", Description: "d", PicURL: "p"}}
	event := &wechat.Push{ToUserName: "gh_1", FromUserName: "oFAN", MsgType: "event", Event: "subscribe", Raw: []byte("<xml/>")}
	for _, tt := range []struct {
		name  string
		push  *wechat.Push
		reply wechat.Reply
		want  string
	}{
		{"nothing", message("<xml/>"), wechat.Reply{}, "success"},
		{"text", message("<xml/>"), wechat.TextReply("您好 <a href=\"x?a&b\">😀</a>"), head + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[您好 <a href=\"x?a&b\">😀</a>]]></Content></xml>"},
		{"text with the end of a section", message("<xml/>"), wechat.TextReply("a]]>b]]></Content>"), head + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[a]]]]><![CDATA[>b]]]]><![CDATA[></Content>]]></Content></xml>"},
		{"text with control bytes", message("<xml/>"), wechat.TextReply("a\x00\x1b\ufffeb\n\xff"), head + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[ab\n\ufffd]]></Content></xml>"},
		{"empty text", message("<xml/>"), wechat.TextReply("\x00"), "success"},
		{"nobody to show it to", &wechat.Push{Raw: []byte("<xml/>")}, wechat.TextReply("a"), "success"},
		{"unknown kind", message("<xml/>"), wechat.Reply{MsgType: "hologram"}, "success"},
		{"news to a message", message("<xml/>"), wechat.Reply{MsgType: "news", Articles: two}, head + "<MsgType><![CDATA[news]]></MsgType><ArticleCount>1</ArticleCount><Articles><item><Title><![CDATA[a]]></Title><Description><![CDATA[]]></Description><PicUrl><![CDATA[]]></PicUrl><Url><![CDATA[https://example.com/?a=1&b=2]]></Url></item></Articles></xml>"},
		{"news to an event", event, wechat.Reply{MsgType: "news", Articles: two}, head + "<MsgType><![CDATA[news]]></MsgType><ArticleCount>2</ArticleCount><Articles><item><Title><![CDATA[a]]></Title><Description><![CDATA[]]></Description><PicUrl><![CDATA[]]></PicUrl><Url><![CDATA[https://example.com/?a=1&b=2]]></Url></item><item><Title><![CDATA[b]]></Title><Description><![CDATA[d]]></Description><PicUrl><![CDATA[p]]></PicUrl><Url><![CDATA[]]></Url></item></Articles></xml>"},
		{"news without articles", event, wechat.Reply{MsgType: "news"}, "success"},
		{"image", event, wechat.Reply{MsgType: "image", MediaID: "m"}, head + "<MsgType><![CDATA[image]]></MsgType><Image><MediaId><![CDATA[m]]></MediaId></Image></xml>"},
		{"image without media", event, wechat.Reply{MsgType: "image"}, "success"},
		{"voice", event, wechat.Reply{MsgType: "voice", MediaID: "m"}, head + "<MsgType><![CDATA[voice]]></MsgType><Voice><MediaId><![CDATA[m]]></MediaId></Voice></xml>"},
		{"video", event, wechat.Reply{MsgType: "video", MediaID: "m", Title: "t"}, head + "<MsgType><![CDATA[video]]></MsgType><Video><MediaId><![CDATA[m]]></MediaId><Title><![CDATA[t]]></Title></Video></xml>"},
		{"music", event, wechat.Reply{MsgType: "music", Title: "t", Desc: "d", MusicURL: "u", HQMusic: "h", Thumb: "m"}, head + "<MsgType><![CDATA[music]]></MsgType><Music><Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description><MusicUrl><![CDATA[u]]></MusicUrl><HQMusicUrl><![CDATA[h]]></HQMusicUrl><ThumbMediaId><![CDATA[m]]></ThumbMediaId></Music></xml>"},
		{"music without a picture", event, wechat.Reply{MsgType: "music", Title: "t"}, "success"},
		{"transfer to anyone", event, wechat.Reply{MsgType: "transfer_customer_service"}, head + "<MsgType><![CDATA[transfer_customer_service]]></MsgType></xml>"},
		{"transfer", event, wechat.Reply{MsgType: "transfer_customer_service", KfAccount: "a@gh_1"}, head + "<MsgType><![CDATA[transfer_customer_service]]></MsgType><TransInfo><KfAccount><![CDATA[a@gh_1]]></KfAccount></TransInfo></xml>"},
		{"JSON text", message("{}"), wechat.TextReply("<您好>"), `{"ToUserName":"oFAN","FromUserName":"gh_1","CreateTime":1700000002,"MsgType":"text","Content":"<您好>"}`},
		{"JSON nothing", message("{}"), wechat.Reply{}, "success"},
		{"JSON news", message("{}"), wechat.Reply{MsgType: "news", Articles: two}, `{"ToUserName":"oFAN","FromUserName":"gh_1","CreateTime":1700000002,"MsgType":"news","ArticleCount":1,"Articles":[{"Title":"a","Description":"","PicUrl":"","Url":"https://example.com/?a=1&b=2"}]}`},
		{"JSON video", message("{}"), wechat.Reply{MsgType: "video", MediaID: "m", Title: "t"}, `{"ToUserName":"oFAN","FromUserName":"gh_1","CreateTime":1700000002,"MsgType":"video","Video":{"MediaId":"m","Title":"t"}}`},
		{"JSON transfer", message("{}"), wechat.Reply{MsgType: "transfer_customer_service"}, `{"ToUserName":"oFAN","FromUserName":"gh_1","CreateTime":1700000002,"MsgType":"transfer_customer_service"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(wechat.AppendReply([]byte("before "), tt.push, tt.reply, at))
			if got != "before "+tt.want {
				t.Errorf("AppendReply =\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestAppendReplyCutsText(t *testing.T) {
	got := string(wechat.AppendReply(nil, message("<xml/>"), wechat.TextReply(strings.Repeat("好", 1000)), at))
	if n := strings.Count(got, "好"); n != wechat.MaxText/3 {
		t.Errorf("%d characters are left, want %d", n, wechat.MaxText/3)
	}
}

func TestSplitText(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		head       int // bytes
	}{
		{"empty", "", 0},
		{"fits exactly", strings.Repeat("a", 2048), 2048},
		{"one byte over", strings.Repeat("a", 2049), 2048},
		{"two-byte border", "a" + strings.Repeat("é", 1024), 2047},
		{"three-byte border", strings.Repeat("好", 683), 2046},
		{"four-byte border", "ab" + strings.Repeat("😀", 512), 2046},
		{"no characters at all", strings.Repeat("\x80", 3000), 2044},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head, rest := wechat.SplitText(tt.text)
			if head+rest != tt.text || len(head) != tt.head {
				t.Errorf("head has %d bytes, rest %d, want %d and %d", len(head), len(rest), tt.head, len(tt.text)-tt.head)
			}
		})
	}
}

// FuzzAppendReply holds that no text breaks out of its element: a standard XML parser and our own read back what was written.
func FuzzAppendReply(f *testing.F) {
	f.Add("hello", "<xml/>")
	f.Add("a]]>b]]]]><![CDATA[>", "<xml/>")
	f.Add("]]]]>", "<xml/>")
	f.Add("\x00\x01\xff\ufffe", "{}")
	f.Add(strings.Repeat("好", 1000), "{}")
	f.Fuzz(func(t *testing.T, text, raw string) {
		out := wechat.AppendReply(nil, message(raw), wechat.TextReply(text), at)
		if string(out) == wechat.Success {
			return
		}
		var got struct{ ToUserName, MsgType, Content string }
		if out[0] == '{' {
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%v in %q", err, out)
			}
		} else {
			dec := xml.NewDecoder(strings.NewReader(string(out)))
			if err := dec.Decode(&got); err != nil {
				t.Fatalf("%v in %q", err, out)
			}
			if _, err := dec.Token(); err != io.EOF {
				t.Fatalf("more than one element: %q", out)
			}
		}
		if got.ToUserName != "oFAN" || got.MsgType != "text" || got.Content == "" || len(got.Content) > wechat.MaxText || !utf8.ValidString(got.Content) {
			t.Fatalf("read back %+v", got)
		}
		p, err := wechat.Parse(out)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(strings.ReplaceAll(got.Content, "\r\n", "\n"), "\r", "\n")
		if body := p.Body.(*wechat.Text); body.Content != strings.TrimPrefix(want, "\ufeff") && body.Content != want {
			t.Fatalf("Parse reads %q, want %q", body.Content, want)
		}
	})
}
