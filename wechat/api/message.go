package api

import (
	"context"

	"fanflow/wechat"
)

type value struct {
	Value string `json:"value"`
}

type text struct {
	Content string `json:"content"`
}

type media struct {
	ID string `json:"media_id"`
}

// SendCustom sends a customer-service message: a text, one article, an image or a voice.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
func (c *Client) SendCustom(ctx context.Context, openID string, m wechat.Outgoing) error {
	const path = "/cgi-bin/message/custom/send"
	in := map[string]any{"touser": openID}
	switch {
	case m.Text != "":
		in["msgtype"], in["text"] = "text", text{m.Text}
	case len(m.Articles) > 0:
		in["msgtype"], in["news"] = "news", map[string]any{"articles": m.Articles}
	case m.Image != "":
		in["msgtype"], in["image"] = "image", media{m.Image}
	case m.Voice != "":
		in["msgtype"], in["voice"] = "voice", media{m.Voice}
	default:
		return refuse(path, "a customer-service message is a text, an article, an image or a voice")
	}
	return c.post(ctx, path, in, nil)
}

// SendTemplate sends a template message; msgID comes back in the event that reports its delivery. The platform takes one
// clientMsgID once for a fan within ten minutes; empty: no such check. Verified service accounts only.
// Source: developers.weixin.qq.com/doc/service/guide/product/template_message
func (c *Client) SendTemplate(ctx context.Context, openID, templateID string, t wechat.Template, clientMsgID string) (msgID int64, err error) {
	in := struct {
		ToUser      string              `json:"touser"`
		TemplateID  string              `json:"template_id"`
		URL         string              `json:"url,omitempty"`
		MiniProgram *wechat.MiniProgram `json:"miniprogram,omitempty"`
		Data        map[string]value    `json:"data"`
		ClientMsgID string              `json:"client_msg_id,omitempty"`
	}{openID, templateID, t.URL, t.MiniProgram, values(t.Data), clientMsgID}
	var out struct {
		MsgID int64 `json:"msgid"`
	}
	err = c.post(ctx, "/cgi-bin/message/template/send", in, &out)
	return out.MsgID, err
}

// SendNotice sends a subscription notice; it uses up the fan's consent if that is for one time. The platform gives no id.
// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages
func (c *Client) SendNotice(ctx context.Context, openID, templateID string, t wechat.Template) error {
	in := struct {
		ToUser      string              `json:"touser"`
		TemplateID  string              `json:"template_id"`
		Page        string              `json:"page,omitempty"`
		MiniProgram *wechat.MiniProgram `json:"miniprogram,omitempty"` // in the page's example, not in its table
		Data        map[string]value    `json:"data"`
	}{openID, templateID, t.URL, t.MiniProgram, values(t.Data)}
	return c.post(ctx, "/cgi-bin/message/subscribe/bizsend", in, nil)
}

func values(data map[string]string) map[string]value {
	out := make(map[string]value, len(data))
	for k, v := range data {
		out[k] = value{v}
	}
	return out
}
