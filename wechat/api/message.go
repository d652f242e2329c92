package api

import (
	"context"

	"fanflow/wechat"
)

type text struct {
	Content string `json:"content"`
}

type media struct {
	ID string `json:"media_id"`
}

const customPath = "/cgi-bin/message/custom/send"

// SendCustom sends a customer-service message of every kind but images, a template or a notice. The fan must have acted: five
// messages within 48 hours of what they wrote, three within a minute of a menu tap, a scan or the subscription (45015 where no
// such window is open, 45047 where its count is used up). 500,000 calls a day. The platform does not know a message again.
//
// What can be known to be refused (nothing in it, two kinds, more than one article, a video without a thumb) is an *Error of class
// Payload, and no call is made. Codes that matter: 40003, 43019, 45015, 45047, 48002, 70000 (this fan), 40007 (the media id has
// expired), 45002 (too long; the platform states no limit), 45098 and 45099 (msgmenu), 45087 and 45094 (the account).
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
func (c *Client) SendCustom(ctx context.Context, openID string, m wechat.Outgoing) error {
	kind, body, wrong := customBody(m)
	switch {
	case openID == "":
		return refuse(customPath, "a customer-service message needs a fan")
	case wrong != "":
		return refuse(customPath, wrong)
	}
	in := map[string]any{"touser": openID, "msgtype": kind, kind: body}
	if m.Agent != "" {
		in["customservice"] = map[string]string{"kf_account": m.Agent}
	}
	if m.AI {
		in["aimsgcontext"] = map[string]int{"is_ai_msg": 1}
	}
	return c.post(ctx, customPath, in, nil)
}

// customBody is m as a customer-service message, or what is wrong with it.
func customBody(m wechat.Outgoing) (kind string, body any, wrong string) {
	kinds := m.Kinds()
	if len(kinds) != 1 {
		return "", nil, "a message holds exactly one of the kinds that there are, this one has " + count(len(kinds))
	}
	kind = kinds[0]
	switch kind {
	case "text":
		body = text{m.Text}
	case "news":
		body = map[string]any{"articles": m.Articles}
		if len(m.Articles) > 1 { // the platform: 45008
			wrong = "a customer-service message holds one article, this one has " + count(len(m.Articles))
		}
	case "image":
		body = media{m.Image}
	case "voice":
		body = media{m.Voice}
	case "video":
		body = m.Video
		wrong = missing("video", "media_id", m.Video.MediaID, "thumb_media_id", m.Video.Thumb)
	case "music":
		body = m.Music
		// The page before had title and description optional; this one has not.
		wrong = missing("piece of music", "title", m.Music.Title, "description", m.Music.Description, "musicurl", m.Music.URL, "thumb_media_id", m.Music.Thumb)
	case "mpnews":
		body = media{m.Draft}
	case "mpnewsarticle":
		body = map[string]string{"article_id": m.Article}
	case "msgmenu":
		body, wrong = m.Menu, wrongMenu(m.Menu)
	case "wxcard":
		body = map[string]string{"card_id": m.Card}
	case "miniprogrampage":
		body = m.Page
		wrong = missing("mini-program page", "title", m.Page.Title, "appid", m.Page.AppID, "pagepath", m.Page.PagePath, "thumb_media_id", m.Page.Thumb)
	default:
		wrong = "a customer-service message cannot hold " + kind
	}
	return kind, body, wrong
}

func wrongMenu(m *wechat.ChoiceMenu) string {
	if len(m.Choices) == 0 {
		return "a msgmenu needs choices"
	}
	for _, choice := range m.Choices {
		if wrong := missing("choice of a msgmenu", "id", choice.ID, "content", choice.Content); wrong != "" {
			return wrong
		}
	}
	return ""
}

// missing names the first of the fields (name, value, name, value, …) that is empty.
func missing(what string, fields ...string) string {
	for i := 0; i < len(fields); i += 2 {
		if fields[i+1] == "" {
			return "a " + what + " needs " + fields[i]
		}
	}
	return ""
}

// Typing shows the fan for some seconds that an answer is being typed. They must have written within the last 30 seconds (45080);
// while it shows it cannot be shown again (45081).
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_typing
func (c *Client) Typing(ctx context.Context, openID string) error {
	return c.typing(ctx, openID, "Typing")
}

// CancelTyping ends what Typing shows.
func (c *Client) CancelTyping(ctx context.Context, openID string) error {
	return c.typing(ctx, openID, "CancelTyping")
}

func (c *Client) typing(ctx context.Context, openID, command string) error {
	return c.post(ctx, "/cgi-bin/message/custom/typing", map[string]string{"touser": openID, "command": command}, nil)
}
