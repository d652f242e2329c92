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
