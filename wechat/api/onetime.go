package api

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"unicode/utf8"

	"fanflow/wechat"
)

// OneTimeURL is the address that asks a visitor for leave to send them one message (one-time subscription). The visitor comes
// back to redirect with openid, template_id, action (confirm or cancel), scene and reserved in the query. One leave counts for
// one scene, 0 to 10000; leaves do not add up. redirect is an address of the account's business domain; reserved, letters and
// digits, comes back unchanged and keeps forged visits out.
// Source: developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe
func (c *Client) OneTimeURL(scene int, templateID, redirect, reserved string) (string, error) {
	const path = "/mp/subscribemsg"
	if err := c.checkBases(path); err != nil {
		return "", err
	}
	if scene < 0 || scene > maxScene {
		return "", refuse(path, fmt.Sprintf("the scene of a one-time subscription is 0 to %d, not %d", maxScene, scene))
	}
	u := c.mp.JoinPath(path)
	// The order is that of the page: other links of the platform depend on theirs.
	u.RawQuery = "action=get_confirm&appid=" + url.QueryEscape(c.appID) + "&scene=" + strconv.Itoa(scene) +
		"&template_id=" + url.QueryEscape(templateID) + "&redirect_url=" + url.QueryEscape(redirect) + "&reserved=" + url.QueryEscape(reserved)
	u.Fragment = "wechat_redirect"
	return u.String(), nil
}

const maxScene = 10000

// OneTime is a one-time subscription message.
type OneTime struct {
	Scene       int    // by which the leave was asked for
	Title       string // at most 15 characters
	Content     string // at most 200 characters
	Color       string // of the content, #RRGGBB; empty: black
	URL         string // opened by a tap; its domain needs an ICP filing
	MiniProgram *wechat.MiniProgram
}

// SendOneTime sends the message that one visitor gave leave for. They need not follow the account.
// Codes: 43101 (no leave left), 40062 (title). Source: developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe
func (c *Client) SendOneTime(ctx context.Context, openID, templateID string, m OneTime) error {
	const path = "/cgi-bin/message/template/subscribe"
	switch title, content := utf8.RuneCountInString(m.Title), utf8.RuneCountInString(m.Content); {
	case title == 0 || title > 15:
		return refuse(path, "the title of a one-time message has 1 to 15 characters, not "+count(title))
	case content == 0 || content > 200:
		return refuse(path, "a one-time message has 1 to 200 characters, not "+count(content))
	case m.Scene < 0 || m.Scene > maxScene:
		return refuse(path, "the scene of a one-time message is 0 to 10000, not "+strconv.Itoa(m.Scene))
	}
	type shown struct {
		Value string `json:"value"`
		Color string `json:"color,omitempty"`
	}
	in := struct {
		ToUser      string              `json:"touser"`
		TemplateID  string              `json:"template_id"`
		URL         string              `json:"url,omitempty"`
		MiniProgram *wechat.MiniProgram `json:"miniprogram,omitempty"`
		Scene       string              `json:"scene"`
		Title       string              `json:"title"`
		Data        map[string]shown    `json:"data"`
	}{openID, templateID, m.URL, m.MiniProgram, strconv.Itoa(m.Scene), m.Title, map[string]shown{"content": {m.Content, m.Color}}}
	return c.post(ctx, path, in, nil)
}
