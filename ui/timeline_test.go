package ui

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// TestEventsInWords: what fans do, and what flows listen to, is told in words and not by the platform's names.
func TestEventsInWords(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	heard := map[string]string{ // the fields that the journal keeps
		"text": "", "image": `{"media_id":"M"}`, "voice": `{"media_id":"M","recognition":"hi"}`, "video": `{"media_id":"M"}`,
		"link": `{"title":"T"}`, "location": `{"latitude":1,"longitude":2}`, "miniprogrampage": `{"title":"T"}`,
		"subscribe": "", "unsubscribe": "", "scan": `{"scene":"T"}`, "report": `{"latitude":1,"longitude":2}`,
		"click": `{"key":"T"}`, "view": `{"url":"u","key":"T"}`, "view_miniprogram": `{"key":"T"}`,
		"scancode_push": `{"key":"T","result":"R"}`, "scancode_waitmsg": `{"key":"T","result":"R"}`, "pic_sysphoto": `{"key":"T","count":1}`,
		"pic_photo_or_album": `{"key":"T","count":1}`, "pic_weixin": `{"key":"T","count":1}`,
		"location_select":           `{"key":"T","latitude":1,"longitude":2,"label":"T"}`,
		"click_link":                `{"name":"T","url":"u"}`,
		"answer":                    `{"as":"T","ok":true,"status":200}`,
		"subscribe_msg_popup_event": `{"list":[]}`, "subscribe_msg_change_event": `{"list":[]}`,
	}
	unfilled := regexp.MustCompile(`\{[a-z]+\}|_`)
	for lang, w := range all {
		for name, value := range heard {
			s := w.tell(time.UTC, store.Row{Entry: store.Entry{Kind: store.Heard, Name: name, Value: json.RawMessage(value)}})
			if w.or("journal.heard."+name, "") == "" || unfilled.MatchString(s.Text) {
				t.Errorf("%s: %s is told as %q", lang, name, s.Text)
			}
			if strings.Contains(value, `"T"`) && !strings.Contains(s.Text, "T") {
				t.Errorf("%s: %s is told as %q, which leaves out what it is about", lang, name, s.Text)
			}
		}
		for _, name := range []string{
			"miniprogrampage", "view_miniprogram", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
			"location_select", "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event",
			"kf_create_session", "kf_switch_session", "kf_close_session", "event", "untag", "click_link",
		} {
			if w.or("event."+name, "") == "" {
				t.Errorf("%s has no words for the event %s", lang, name)
			}
		}
	}
}

// TestOtherSystemsInWords: what scripts read and ordered elsewhere, and what hooks of plugins did, is told in words, with who did it
// and how it ended.
func TestOtherSystemsInWords(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		entry  store.Entry
		zh, en string
	}{
		"read": {
			store.Entry{Kind: store.Fetched, Flow: "club", Name: "GET crm.example.com/level", Value: json.RawMessage(`{"status":200,"ms":31,"bytes":5}`)},
			"club 读取 GET crm.example.com/level：200，31 毫秒", "club read GET crm.example.com/level: 200, 31 ms",
		},
		"cached": {
			store.Entry{Kind: store.Fetched, Flow: "plugin:crm", Name: "GET crm.example.com/level", Value: json.RawMessage(`{"status":200,"ms":0,"cached":true}`)},
			"插件 crm 读取 GET crm.example.com/level：200，用的是缓存", "plugin crm read GET crm.example.com/level: 200, kept from before",
		},
		"not read": {
			store.Entry{Kind: store.Fetched, Flow: "club", Name: "GET crm.example.com/level", Value: json.RawMessage(`{"ms":1002,"bytes":0}`)},
			"club 未能读取 GET crm.example.com/level", "club could not read GET crm.example.com/level",
		},
		"ordered": {
			store.Entry{Kind: store.Asked, Flow: "club", Name: "POST crm.example.com/points"},
			"club 安排了调用 POST crm.example.com/points", "club ordered the call POST crm.example.com/points",
		},
		"answered": {
			store.Entry{Kind: store.Heard, Name: "answer", Value: json.RawMessage(`{"as":"save","ok":true,"status":201,"json":{"id":1}}`)},
			"外部系统应答了调用 save：201", "Another system answered the call save: 201",
		},
		"not answered": {
			store.Entry{Kind: store.Heard, Name: "answer", Value: json.RawMessage(`{"as":"save","ok":false,"error":"status 500"}`)},
			"调用 save 失败：status 500", "The call save failed: status 500",
		},
		"hook failed": {
			store.Entry{Kind: store.Failed, Flow: "plugin:crm", Why: "crm.lua:3: no"},
			"插件 crm 的钩子出错，没有作任何改变", "A hook of the plugin crm failed and changed nothing",
		},
		"hook stopped it": {
			store.Entry{Kind: store.Refused, Flow: "plugin:crm", Name: "text hi"},
			"插件 crm 拦下了它（文字 hi）", "The plugin crm held it back (text hi)",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for lang, want := range map[string]string{"zh-CN": tt.zh, "en": tt.en} {
				if got := all[lang].tell(time.UTC, store.Row{Entry: tt.entry}).Text; got != want {
					t.Errorf("%s: %q, want %q", lang, got, want)
				}
			}
		})
	}
}
