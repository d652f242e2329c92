package flows

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fanflow/wechat"
)

// rich is a kind of message that is a table of WeChat's fields.
type rich struct {
	fields, needs []string
	passive       bool // a passive reply can hold it
}

// riches are the rich kinds by the platform's word.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
var riches = map[string]rich{
	"video": {[]string{"media_id", "thumb_media_id", "title", "description"}, []string{"media_id"}, true},
	"music": {
		[]string{"title", "description", "musicurl", "hqmusicurl", "thumb_media_id"}, []string{"musicurl", "thumb_media_id"}, true,
	},
	"msgmenu":         {[]string{"head_content", "list", "tail_content"}, []string{"list"}, false},
	"miniprogrampage": {[]string{"title", "appid", "pagepath", "thumb_media_id"}, []string{"title", "appid", "pagepath", "thumb_media_id"}, false},
}

// richOf is the rich kind that a table names; empty if none.
func richOf(t map[string]any) string {
	for _, kind := range sortedKeys(riches) {
		if t[kind] != nil {
			return kind
		}
	}
	return ""
}

// readRich takes a rich part out of t.
func readRich(kind string, t map[string]any) (message, error) {
	m := message{Rich: kind}
	fields, ok := t[kind].(map[string]any)
	delete(t, kind)
	known := riches[kind]
	if !ok {
		return m, fmt.Errorf("%s is a table of %s", kind, strings.Join(known.fields, ", "))
	}
	m.Fields = maps.Clone(fields)
	rest := maps.Clone(fields)
	for _, name := range known.fields {
		if rest[name] == nil && slices.Contains(known.needs, name) {
			return m, fmt.Errorf("%s needs %s", kind, name)
		}
		delete(rest, name)
	}
	if err := nothingElse(rest, strings.Join(known.fields, ", ")); err != nil {
		return m, fmt.Errorf("%s: %w", kind, err)
	}
	if kind == "msgmenu" {
		if err := readChoices(m.Fields); err != nil {
			return m, err
		}
	}
	_, err := m.outgoing()
	return m, err
}

// readChoices lets the answers of a menu be texts alone: their ids are then their places.
func readChoices(fields map[string]any) error {
	items, ok := fields["list"].([]any)
	if !ok || len(items) == 0 {
		return fmt.Errorf("the list of msgmenu is a list of answers such as {\"满意\", \"不满意\"} or {{id=\"1\", content=\"满意\"}, …}")
	}
	choices := make([]any, len(items))
	for i, item := range items {
		if text, ok := item.(string); ok {
			item = map[string]any{"id": fmt.Sprint(i + 1), "content": text}
		}
		t, ok := item.(map[string]any)
		if !ok || t["id"] == nil || t["content"] == nil {
			return fmt.Errorf("answer %d of msgmenu is a text, or {id=…, content=…}", i+1)
		}
		if err := nothingElse(without(t, "id", "content"), "id, content"); err != nil {
			return fmt.Errorf("answer %d of msgmenu: %w", i+1, err)
		}
		choices[i] = t
	}
	fields["list"] = choices
	return nil
}

func without(t map[string]any, names ...string) map[string]any {
	t = maps.Clone(t)
	for _, name := range names {
		delete(t, name)
	}
	return t
}

// outgoing is the rich part as it is sent.
func (m *message) outgoing() (out wechat.Outgoing, err error) {
	raw, err := encode(map[string]any{m.Rich: m.Fields})
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return out, fmt.Errorf("the fields of %s are texts: %w", m.Rich, err)
	}
	return out, nil
}

// passive reports whether a passive reply can hold the message.
func (m *message) passive() bool { return m.Rich == "" || riches[m.Rich].passive }

// answer is the rich part as a passive reply.
func (m *message) answer() (wechat.Reply, error) {
	out, err := m.outgoing()
	if v := out.Video; v != nil {
		return wechat.Reply{MsgType: "video", MediaID: v.MediaID, Title: v.Title, Desc: v.Description}, err
	}
	if v := out.Music; v != nil {
		return wechat.Reply{
			MsgType: "music", Title: v.Title, Desc: v.Description, MusicURL: v.URL, HQMusic: v.HQURL, Thumb: v.Thumb,
		}, err
	}
	return wechat.Reply{}, err
}

// fillValue fills in the texts of a value of plain data.
func fillValue(v any, fill func(string) string) any {
	switch v := v.(type) {
	case string:
		return fill(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = fillValue(v[i], fill)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = fillValue(v[k], fill)
		}
		return out
	}
	return v
}

// seeTexts shows the texts of a value of plain data, those of a table in order of its keys.
func seeTexts(v any, see func(string)) {
	switch v := v.(type) {
	case string:
		see(v)
	case []any:
		for i := range v {
			seeTexts(v[i], see)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			seeTexts(v[k], see)
		}
	}
}
