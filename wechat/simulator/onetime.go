package simulator

import (
	"html"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// onetimeEndpoints are one-time subscriptions by link: the page on which a fan agrees, and the message.
func onetimeEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/mp/subscribemsg":                    {method: http.MethodGet, noToken: byAppID, right: rightOnetime, handle: onetimePage},
		"/cgi-bin/message/template/subscribe": {method: http.MethodPost, right: rightOnetime, daily: 100_000, handle: onetimeSend},
	}
}

// Limits of one-time subscriptions.
// Source: developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe.html
const (
	maxOnetimeScene = 10_000
	maxOnetimeTitle = 15  // characters
	maxOnetimeText  = 200 // characters
)

// byAppID finds the account of a page by its parameter appid.
func byAppID(c *call) (*account, error) {
	if a := c.s.accounts[c.r.URL.Query().Get("appid")]; a != nil {
		return a, nil
	}
	return nil, fail(40013)
}

// onetimePage shows the question whether the account may send one message, and with answer=confirm or answer=cancel takes the
// fan back to redirect_url. In WeChat the client knows who the fan is; here the parameter openid says it. The fan need not
// follow.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/One-time_subscription_info.html
func onetimePage(c *call) (any, error) {
	q := c.r.URL.Query()
	scene, err := strconv.Atoi(q.Get("scene"))
	back, backErr := url.Parse(q.Get("redirect_url"))
	switch {
	case q.Get("action") != "get_confirm" || err != nil || scene < 0 || scene > maxOnetimeScene:
		return nil, fail(40097)
	case q.Get("redirect_url") == "" || backErr != nil || q.Get("openid") == "":
		return nil, fail(40097)
	}
	if _, err := c.a.findOwn(c.a.sends.templates, q.Get("template_id")); err != nil {
		return nil, err
	}
	action := q.Get("answer")
	if action != "confirm" && action != "cancel" {
		return blob{contentType: "text/html; charset=utf-8", body: onetimeQuestion(*c.r.URL)}, nil
	}
	if action == "confirm" {
		f := c.a.fan(q.Get("openid"))
		c.a.saveFan(f)
		c.a.sends.credits.put(creditKey(f.openID, q.Get("scene")), q.Get("template_id"))
	}
	to := back.Query()
	for name, value := range map[string]string{
		"openid": q.Get("openid"), "template_id": q.Get("template_id"), "action": action, "scene": q.Get("scene"), "reserved": q.Get("reserved"),
	} {
		to.Set(name, value)
	}
	back.RawQuery = to.Encode()
	return blob{contentType: "text/html; charset=utf-8", status: http.StatusFound, location: back.String()}, nil
}

func onetimeQuestion(page url.URL) []byte {
	link := func(answer, text string) string {
		q := page.Query()
		q.Set("answer", answer)
		return `<p><a href="` + html.EscapeString(page.Path+"?"+q.Encode()) + `">` + text + "</a></p>"
	}
	return []byte(`<!doctype html><meta charset="utf-8"><title>一次性订阅消息</title><p>是否允许发送一条消息？</p>` +
		link("confirm", "确定") + link("cancel", "取消"))
}

// creditKey names a consent: a fan has one for each scene, however often the fan agrees.
func creditKey(openID, scene string) string { return openID + "/" + scene }

// onetimeSend answers message/template/subscribe: one message for each consent.
// Source: developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe.html
func onetimeSend(c *call) (any, error) {
	var req struct {
		ToUser      string       `json:"touser"`
		TemplateID  string       `json:"template_id"`
		URL         string       `json:"url"`
		MiniProgram *MiniProgram `json:"miniprogram"`
		Scene       flexible     `json:"scene"`
		Title       string       `json:"title"`
		Data        struct {
			Content struct {
				Value string `json:"value"`
			} `json:"content"`
		} `json:"data"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[req.ToUser]
	if f == nil {
		return nil, fail(40003)
	}
	if _, err := c.a.findOwn(c.a.sends.templates, req.TemplateID); err != nil {
		return nil, err
	}
	text := req.Data.Content.Value
	switch {
	case req.Title == "" || utf8.RuneCountInString(req.Title) > maxOnetimeTitle:
		return nil, fail(40062)
	case text == "":
		return nil, fail(47001)
	case utf8.RuneCountInString(text) > maxOnetimeText:
		return nil, fail(45002)
	}
	key := creditKey(f.openID, string(req.Scene))
	if of, ok := c.a.sends.credits.get(key); !ok || of != req.TemplateID {
		return nil, fail(43101)
	}
	c.a.sends.credits.drop(key)
	c.a.receive(f, &Item{
		Kind: kindNotice, At: stamp(c.now), Title: req.Title, TemplateID: req.TemplateID, Data: map[string]string{"content": text},
		URL: req.URL, MiniProgram: req.MiniProgram,
	})
	return nil, nil
}
