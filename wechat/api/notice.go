package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"fanflow/wechat"
)

const noticePath = "/cgi-bin/message/subscribe/bizsend"

// NoticeOptions are the rarer fields of a subscription notice. The zero value leaves all of them out.
type NoticeOptions struct {
	// Page is the page of a mini program that the notice opens. The service-account tree's page says so since 2025; the page
	// before it described an address on the web (developers.weixin.qq.com/doc/offiaccount/Subscription_Messages/api.html), so
	// an account that has found this to work may give one.
	Page  string
	State string // miniprogram_state: developer, trial or formal; empty: formal
	Lang  string // zh_CN, en_US, zh_HK or zh_TW; empty: zh_CN
	// ClientMsgID stands in the page's example only; that the platform knows a notice again by it is not documented.
	ClientMsgID string
}

// SendNotice sends a subscription notice with no options. See SendNoticeWith.
func (c *Client) SendNotice(ctx context.Context, openID, templateID string, t wechat.Template) error {
	return c.SendNoticeWith(ctx, openID, templateID, t, NoticeOptions{})
}

// SendNoticeWith sends a subscription notice; it uses up the fan's consent if that is for one time. The platform gives no id;
// the event subscribe_msg_sent_event reports the delivery. A notice opens a mini program or nothing: Template.URL is not sent.
// Verified service accounts only.
//
// Codes that matter: 43101 (this fan has not consented, or the consent is used up), 43108 (two at once to one fan: send one after
// the other), 47003 (Error.Field; see wechat.CheckTemplateData), 40037, 43102, 43107 (this template), 41030 (the page), 45168 (a word).
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg, …/guide/product/subscription_messages
func (c *Client) SendNoticeWith(ctx context.Context, openID, templateID string, t wechat.Template, o NoticeOptions) error {
	in := struct {
		ToUser      string              `json:"touser"`
		TemplateID  string              `json:"template_id"`
		Page        string              `json:"page,omitempty"`
		MiniProgram *wechat.MiniProgram `json:"miniprogram,omitempty"` // in the page's example, not in its table
		State       string              `json:"miniprogram_state,omitempty"`
		Lang        string              `json:"lang,omitempty"`
		Data        map[string]value    `json:"data"`
		ClientMsgID string              `json:"client_msg_id,omitempty"`
	}{openID, templateID, o.Page, t.MiniProgram, o.State, o.Lang, values(t.Data), o.ClientMsgID}
	return c.post(ctx, noticePath, in, nil)
}

// Category is a service category of the account.
type Category struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// NoticeCategories lists the categories that the account may take notice templates of.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getcategory
func (c *Client) NoticeCategories(ctx context.Context) ([]Category, error) {
	var out struct {
		Data []Category `json:"data"`
	}
	err := c.get(ctx, "/wxaapi/newtmpl/getcategory", nil, &out)
	return out.Data, err
}

// The types of a notice template: how long a consent lasts.
const (
	NoticeOnce     = 2 // one send for each consent, whenever
	NoticeLongTerm = 3 // any number; public services only
)

// NoticeTitle is a template of the public library.
type NoticeTitle struct {
	ID       int64       `json:"tid"`
	Title    string      `json:"title"`
	Type     int         `json:"type"`       // NoticeOnce or NoticeLongTerm
	Category json.Number `json:"categoryId"` // a string on the wire, of digits
}

// NoticeTitles lists the library's templates of the categories, from number start on, at most 30, and says how many there are.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getpubnewtemplatetitles
func (c *Client) NoticeTitles(ctx context.Context, categories []int64, start, limit int) (titles []NoticeTitle, total int, err error) {
	ids := make([]string, len(categories))
	for i, id := range categories {
		ids[i] = strconv.FormatInt(id, 10)
	}
	query := url.Values{"ids": {strings.Join(ids, ",")}, "start": {strconv.Itoa(start)}, "limit": {strconv.Itoa(limit)}}
	var out struct {
		Count int           `json:"count"`
		Data  []NoticeTitle `json:"data"`
	}
	err = c.get(ctx, "/wxaapi/newtmpl/getpubtemplatetitles", query, &out)
	return out.Data, out.Count, err
}

// NoticeKeyword is a field that a template of the library can have. Rule is the prefix of its key (thing, time, …).
type NoticeKeyword struct {
	ID      int    `json:"kid"`
	Name    string `json:"name"`
	Example string `json:"example"`
	Rule    string `json:"rule"`
}

// NoticeKeywords lists the fields of a template of the library.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getpubnewtemplatekeywords
func (c *Client) NoticeKeywords(ctx context.Context, titleID int64) ([]NoticeKeyword, error) {
	var out struct {
		Data []NoticeKeyword `json:"data"`
	}
	err := c.get(ctx, "/wxaapi/newtmpl/getpubtemplatekeywords", url.Values{"tid": {strconv.FormatInt(titleID, 10)}}, &out)
	return out.Data, err
}

// AddNoticeTemplate takes a template of the library into the account and gives its id. keywords are two to five of its fields, in
// the order they shall show; scene says in at most 15 characters what the notice is for.
// Codes: 200012 (too many templates), 200014 (no such title), 200020 (fields), 200021 (scene), 43106 (forbidden as a penalty).
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_addwxanewtemplate
func (c *Client) AddNoticeTemplate(ctx context.Context, titleID int64, keywords []int, scene string) (templateID string, err error) {
	const path = "/wxaapi/newtmpl/addtemplate"
	if n := len(keywords); n < 2 || n > 5 {
		return "", refuse(path, "a notice template has two to five fields, not "+count(n))
	}
	if n := utf8.RuneCountInString(scene); n == 0 || n > 15 {
		return "", refuse(path, "the scene of a notice has 1 to 15 characters, not "+count(n))
	}
	in := map[string]any{"tid": strconv.FormatInt(titleID, 10), "kidList": keywords, "sceneDesc": scene}
	var out struct {
		ID string `json:"priTmplId"`
	}
	err = c.post(ctx, path, in, &out)
	return out.ID, err
}

// NoticeTemplate is a notice template of the account. In Content stand the keys of Template.Data, as {{thing1.DATA}}.
type NoticeTemplate struct {
	ID      string        `json:"priTmplId"`
	Title   string        `json:"title"`
	Content string        `json:"content"`
	Example string        `json:"example"`
	Type    int           `json:"type"` // NoticeOnce or NoticeLongTerm
	Enums   []NoticeValue `json:"keywordEnumValueList"`
}

// NoticeValue lists what a field of the kind const may hold.
type NoticeValue struct {
	Keyword string   `json:"keywordCode"`
	Values  []string `json:"enumValueList"`
}

// NoticeTemplates lists the account's notice templates.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getwxapubnewtemplate
func (c *Client) NoticeTemplates(ctx context.Context) ([]NoticeTemplate, error) {
	var out struct {
		Data []NoticeTemplate `json:"data"`
	}
	err := c.get(ctx, "/wxaapi/newtmpl/gettemplate", nil, &out)
	return out.Data, err
}

// DeleteNoticeTemplate takes a notice template out of the account.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_delwxanewtemplate
func (c *Client) DeleteNoticeTemplate(ctx context.Context, templateID string) error {
	return c.post(ctx, "/wxaapi/newtmpl/deltemplate", map[string]string{"priTmplId": templateID}, nil)
}
