package wechat_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"fanflow/wechat"
)

// articles gives news of that many articles.
func articles(n int) []wechat.Article {
	all := make([]wechat.Article, n)
	for i := range all {
		all[i] = wechat.Article{
			Title: "第" + strings.Repeat("一", i+1) + "篇", Description: "a & b", PicURL: "https://example.com/p.jpg", URL: "https://example.com/?a=1&b=2",
		}
	}
	return all
}

// replies are one of each type, to a message and to an event.
var replies = []struct {
	file  string
	event bool
	reply wechat.Reply
}{
	{"text", false, wechat.TextReply("您好 <a href=\"https://example.com/?a=1&b=2\">领券</a>\n😀")},
	{"text-breaking-out", false, wechat.TextReply("a]]></Content><MsgType><![CDATA[image]]></MsgType>\"},{\"b\":\"\\")},
	{"image", false, wechat.Reply{MsgType: "image", MediaID: "m1"}},
	{"voice", false, wechat.Reply{MsgType: "voice", MediaID: "m1"}},
	{"video", false, wechat.Reply{MsgType: "video", MediaID: "m1", Title: "t", Desc: "d"}},
	{"video-bare", false, wechat.Reply{MsgType: "video", MediaID: "m1"}},
	{"music", false, wechat.Reply{MsgType: "music", Title: "t", Desc: "d", MusicURL: "https://example.com/l.mp3", HQMusic: "https://example.com/h.mp3", Thumb: "m1"}},
	{"music-bare", false, wechat.Reply{MsgType: "music", Thumb: "m1"}},
	{"news", false, wechat.Reply{MsgType: "news", Articles: articles(1)}},
	{"news-to-event", true, wechat.Reply{MsgType: "news", Articles: articles(8)}},
	{"transfer-customer-service", false, wechat.Reply{MsgType: "transfer_customer_service"}},
	{"transfer-customer-service-agent", false, wechat.Reply{MsgType: "transfer_customer_service", KfAccount: "ann@gh_0123456789ab"}},
	{"transfer-biz-ai-ivr", false, wechat.Reply{MsgType: "transfer_biz_ai_ivr"}},
	{"nothing", false, wechat.Reply{}},
}

func answered(t testing.TB, format string, event bool) *wechat.Push {
	t.Helper()
	name := "text"
	if event {
		name = "subscribe"
	}
	doc, err := os.ReadFile("testdata/push/" + name + "." + format)
	if err != nil {
		t.Fatal(err)
	}
	p, err := wechat.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReplyGolden(t *testing.T) {
	for _, tt := range replies {
		for _, format := range []string{"xml", "json"} {
			t.Run(tt.file+"."+format, func(t *testing.T) {
				p := answered(t, format, tt.event)
				if err := tt.reply.Validate(p); err != nil {
					t.Errorf("Validate: %v", err)
				}
				checkGolden(t, "testdata/reply/"+tt.file+"."+format, string(wechat.AppendReply(nil, p, tt.reply, at)))
			})
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		event   bool
		reply   wechat.Reply
		problem wechat.ReplyProblem // empty: it is valid
		field   string
	}{
		{"longest text", false, wechat.TextReply(strings.Repeat("a", 2048)), "", ""},
		{"longest text of three-byte characters", false, wechat.TextReply(strings.Repeat("好", 682)), "", ""},
		{"text too long by a byte", false, wechat.TextReply(strings.Repeat("a", 2049)), wechat.TextTooLong, "Content"},
		{"text too long by a character", false, wechat.TextReply(strings.Repeat("好", 683)), wechat.TextTooLong, "Content"},
		{"control characters do not count", false, wechat.TextReply(strings.Repeat("a", 2048) + "\x01\x02"), "", ""},
		{"broken UTF-8 counts as it is written", false, wechat.TextReply(strings.Repeat("\xff", 683)), wechat.TextTooLong, "Content"},
		{"empty text", false, wechat.TextReply(""), wechat.EmptyReply, "Content"},
		{"text of control characters", true, wechat.TextReply("\x01\ufffe"), wechat.EmptyReply, "Content"},
		{"image without media", false, wechat.Reply{MsgType: "image"}, wechat.MissingMedia, "MediaID"},
		{"voice without media", false, wechat.Reply{MsgType: "voice"}, wechat.MissingMedia, "MediaID"},
		{"video without media", false, wechat.Reply{MsgType: "video", Thumb: "m"}, wechat.MissingMedia, "MediaID"},
		{"music without a picture", false, wechat.Reply{MsgType: "music", MusicURL: "u"}, wechat.MissingMedia, "Thumb"},
		{"news without articles", true, wechat.Reply{MsgType: "news"}, wechat.EmptyReply, "Articles"},
		{"two articles to a message", false, wechat.Reply{MsgType: "news", Articles: articles(2)}, wechat.TooManyArticles, "Articles"},
		{"nine articles to an event", true, wechat.Reply{MsgType: "news", Articles: articles(9)}, wechat.TooManyArticles, "Articles"},
		{"an event handed to the AI", true, wechat.Reply{MsgType: "transfer_biz_ai_ivr"}, wechat.WrongPush, "MsgType"},
		{"unknown type", false, wechat.Reply{MsgType: "hologram"}, wechat.UnknownType, "MsgType"},
		{"type in capitals", false, wechat.Reply{MsgType: "Text", Content: "a"}, wechat.UnknownType, "MsgType"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.reply.Validate(answered(t, "xml", tt.event))
			if tt.problem == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var refused *wechat.ReplyError
			if !errors.As(err, &refused) {
				t.Fatalf("error = %v, want a *ReplyError", err)
			}
			if refused.Problem != tt.problem || refused.Field != tt.field || err.Error() == "" {
				t.Errorf("%q of %q (%v), want %q of %q", refused.Problem, refused.Field, err, tt.problem, tt.field)
			}
		})
	}
	t.Run("nobody to show it to", func(t *testing.T) {
		var refused *wechat.ReplyError
		if err := wechat.TextReply("a").Validate(&wechat.Push{MsgType: "text"}); !errors.As(err, &refused) || refused.Problem != wechat.WrongPush {
			t.Errorf("error = %v", err)
		}
	})
}

// TestAppendReplyAllocates holds that a reply costs no garbage where the buffer has room.
func TestAppendReplyAllocates(t *testing.T) {
	buf := make([]byte, 0, 8<<10)
	for _, format := range []string{"xml", "json"} {
		for _, tt := range replies {
			p := answered(t, format, tt.event)
			if n := testing.AllocsPerRun(20, func() { buf = wechat.AppendReply(buf[:0], p, tt.reply, at) }); n != 0 {
				t.Errorf("%s.%s: %v allocations", tt.file, format, n)
			}
		}
	}
}
