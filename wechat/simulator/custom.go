package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
)

// messageEndpoints are customer-service messages, typing and the accounts of customer service.
func messageEndpoints() map[string]endpoint {
	all := map[string]endpoint{
		"/cgi-bin/message/custom/send":   {method: http.MethodPost, right: rightCustomer, daily: 500_000, testDaily: 50_000, handle: customSend},
		"/cgi-bin/message/custom/typing": {method: http.MethodPost, right: rightCustomer, handle: customTyping},
	}
	maps.Copy(all, agentEndpoints())
	return all
}

// maxText is the largest text of a message in bytes. The platform states none for custom/send and mass sends; 2048 is the
// figure that is commonly met, and the one measured for passive replies.
const maxText = 2048

// customSend answers message/custom/send. The message is checked before the fan's windows, so that a broken one costs none of
// their counts.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
func customSend(c *call) (any, error) {
	var req map[string]json.RawMessage
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[textOf(req["touser"])]
	switch {
	case f == nil:
		return nil, fail(40003)
	case f.blacklisted():
		return nil, fail(43019)
	}
	item := &Item{Kind: kindCustomer, At: stamp(c.now)}
	kind := textOf(req["msgtype"])
	if err := c.fillCustom(item, kind, req[kind]); err != nil {
		return nil, err
	}
	if err := c.fillContext(item, req); err != nil {
		return nil, err
	}
	switch how := c.a.rules().Custom; {
	case how == "blocked":
		return nil, fail(45087)
	case how == "penalty":
		return nil, fail(45094)
	case f.Blocked:
		return nil, fail(48002)
	}
	if err := c.a.spendWindow(f, c.now); err != nil {
		return nil, err
	}
	c.a.saveFan(f)
	c.a.stopTyping(f)
	c.a.receive(f, item)
	if item.KfAccount != "" {
		c.s.keepRecord(c.a, record{OpenID: f.openID, Agent: item.KfAccount, Code: byAgent, Text: recordText(kind, item.Content), At: c.now})
	}
	return nil, nil
}

// fillContext reads what stands beside a customer-service message: the agent it is sent for, and the mark of an AI.
func (c *call) fillContext(item *Item, req map[string]json.RawMessage) error {
	if raw := req["customservice"]; raw != nil {
		var v struct {
			Account string `json:"kf_account"`
		}
		if err := unmarshal(raw, &v); err != nil {
			return err
		}
		if v.Account != "" && !c.a.hasAgent(v.Account) {
			return fail(65401)
		}
		item.KfAccount = v.Account
	}
	if raw := req["aimsgcontext"]; raw != nil {
		var v struct {
			AI int `json:"is_ai_msg"`
		}
		if err := unmarshal(raw, &v); err != nil {
			return err
		}
		if v.AI != 0 && v.AI != 1 {
			return fail(40097)
		}
		item.AI = v.AI == 1
	}
	return nil
}

// customMessage has the members of all types but text and news. Which of them a type must have stands in fillCustom.
type customMessage struct {
	MediaID     string `json:"media_id"`
	Thumb       string `json:"thumb_media_id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	MusicURL    string `json:"musicurl"`
	HQMusicURL  string `json:"hqmusicurl"`
	ArticleID   string `json:"article_id"`
	CardID      string `json:"card_id"`
	AppID       string `json:"appid"`
	PagePath    string `json:"pagepath"`
}

// fillCustom checks a customer-service message and puts it into item. A required text that is missing or empty is 47001. The
// type link, which the page names, is for mini programs only: 40008.
func (c *call) fillCustom(item *Item, kind string, body json.RawMessage) error {
	item.MsgType = kind
	switch kind {
	case "text":
		return fillText(item, body)
	case "news":
		return fillNews(item, body, 1)
	case "msgmenu":
		return c.fillMenu(item, body)
	case "image", "voice", "video", "music", "mpnews", "mpnewsarticle", "wxcard", "miniprogrampage":
	default:
		return fail(40008)
	}
	var v customMessage
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	item.MediaID, item.Title, item.Description = v.MediaID, v.Title, v.Description
	item.MusicURL, item.HQMusicURL = v.MusicURL, v.HQMusicURL
	switch kind {
	case "image", "voice":
		return c.media(v.MediaID, kind)
	case "mpnews":
		return c.media(v.MediaID, "news")
	case "video":
		item.Body = body
		if err := c.media(v.MediaID, "video"); err != nil {
			return err
		}
		return c.media(v.Thumb, "thumb", "image")
	case "music":
		item.Body = body
		if err := required(v.Title, v.Description, v.MusicURL); err != nil {
			return err
		}
		return c.media(v.Thumb, "thumb", "image")
	case "mpnewsarticle":
		item.Body = body
		if !c.a.articleKnown(v.ArticleID) {
			return fail(53600)
		}
		return nil
	case "wxcard":
		item.Body = body
		return required(v.CardID)
	default: // miniprogrampage
		item.Body = body
		if err := pageErrors(v); err != nil {
			return err
		}
		return c.media(v.Thumb, "thumb", "image")
	}
}

// media is 40007 for a media id that stands for nothing of the kinds.
func (c *call) media(id string, kinds ...string) error {
	if !c.a.mediaKnown(id, kinds...) {
		return fail(40007)
	}
	return nil
}

// pageErrors checks a mini program's card. Which mini programs are linked to an account is not played: any is.
func pageErrors(v customMessage) error {
	switch {
	case v.AppID == "":
		return fail(40166)
	case v.PagePath == "":
		return fail(40165)
	}
	return required(v.Title)
}

// fillMenu checks a message with answers to tap. Test accounts cannot send it; the page gives no code for that, 48008 (no
// permission for this type) is taken.
func (c *call) fillMenu(item *Item, body json.RawMessage) error {
	var v struct {
		List []struct {
			ID      json.RawMessage `json:"id"` // a string; numbers are met as well
			Content string          `json:"content"`
		} `json:"list"`
	}
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	limits := c.s.cfg.Switches
	switch {
	case c.a.Test:
		return fail(48008)
	case len(v.List) == 0:
		return fail(47001)
	case limits.MenuItems > 0 && len(v.List) > limits.MenuItems:
		return fail(45098)
	}
	for _, choice := range v.List {
		switch {
		case len(choice.ID) == 0 || string(choice.ID) == `""` || choice.Content == "":
			return fail(47001)
		case limits.MenuItemBytes > 0 && len(choice.Content) > limits.MenuItemBytes:
			return fail(45099)
		}
	}
	item.Body = body
	return nil
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

// required is 47001 where one of the texts is empty.
func required(texts ...string) error {
	for _, text := range texts {
		if text == "" {
			return fail(47001)
		}
	}
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
