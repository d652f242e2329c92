package simulator

import (
	"encoding/json"
	"net/http"
)

// messageEndpoints are customer-service messages.
func messageEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/message/custom/send": {method: http.MethodPost, right: rightCustomer, daily: 500_000, testDaily: 50_000, handle: customSend},
	}
}

// maxText is the largest text of a message in bytes. The platform states none for custom/send and mass sends; 2048 is the
// figure that is commonly met, and the one measured for passive replies.
const maxText = 2048

// customSend answers message/custom/send.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
func customSend(c *call) (any, error) {
	var req map[string]json.RawMessage
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[textOf(req["touser"])]
	if f == nil {
		return nil, fail(40003)
	}
	item := &Item{Kind: kindCustomer, At: stamp(c.now)}
	kind := textOf(req["msgtype"])
	if err := fillCustom(item, kind, req[kind]); err != nil {
		return nil, err
	}
	if f.Blocked {
		return nil, fail(48002)
	}
	if err := f.spendWindow(c.now); err != nil {
		return nil, err
	}
	c.a.saveFan(f)
	c.a.receive(f, item)
	return nil, nil
}

// fillCustom checks a customer-service message and puts it into item. Media ids are taken as they are: there is no store of
// media here to look them up in.
func fillCustom(item *Item, kind string, body json.RawMessage) error {
	item.MsgType = kind
	switch kind {
	case "text":
		return fillText(item, body)
	case "news":
		return fillNews(item, body, 1)
	case "image", "voice", "mpnews":
		return fillMedia(item, body)
	case "video":
		var v struct {
			Title       string `json:"title"`
			Description string `json:"description"`
		}
		if err := unmarshal(body, &v); err != nil {
			return err
		}
		item.Title, item.Description = v.Title, v.Description
		return fillMedia(item, body)
	case "music", "mpnewsarticle", "msgmenu", "wxcard", "miniprogrampage":
		var v map[string]any
		if err := unmarshal(body, &v); err != nil {
			return err
		}
		item.Body = body
		return nil
	default:
		return fail(40008)
	}
}

func fillText(item *Item, body json.RawMessage) error {
	var v struct {
		Content string `json:"content"`
	}
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	switch {
	case v.Content == "":
		return fail(44004)
	case len(v.Content) > maxText:
		return fail(45002)
	}
	item.Content = v.Content
	return nil
}

func fillNews(item *Item, body json.RawMessage, most int) error {
	var v struct {
		Articles []Article `json:"articles"`
	}
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	switch {
	case len(v.Articles) == 0:
		return fail(44003)
	case len(v.Articles) > most:
		return fail(45008)
	}
	item.Articles = v.Articles
	return nil
}

func fillMedia(item *Item, body json.RawMessage) error {
	var v struct {
		MediaID string `json:"media_id"`
	}
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	if v.MediaID == "" {
		return fail(40007)
	}
	item.MediaID = v.MediaID
	return nil
}

// unmarshal reads a branch of a request; a missing one or one of another shape is 47001.
func unmarshal(body json.RawMessage, v any) error {
	if len(body) == 0 || json.Unmarshal(body, v) != nil {
		return fail(47001)
	}
	return nil
}

// textOf is a JSON string's text, empty for anything else.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
