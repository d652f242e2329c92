package api

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"fanflow/wechat"
)

type value struct {
	Value string `json:"value"`
}

func values(data map[string]string) map[string]value {
	out := make(map[string]value, len(data))
	for k, v := range data {
		out[k] = value{v}
	}
	return out
}

// SendTemplate sends a template message; msgID comes back in the event TEMPLATESENDJOBFINISH, which reports its delivery. The
// platform takes one clientMsgID once for a fan within ten minutes; empty: no such check. A mini program wins over a URL.
// 100,000 a day unless the platform has raised it; verified service accounts only.
//
// Codes that matter: 40003 and 43004 (this fan), 40037, 43116, 48011 (this template), 47003 (a value breaks the rule of its key:
// Error.Field; see wechat.CheckTemplateData), 40249 (marketing), 40241 (the same within 60 seconds: it was taken before).
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
		MsgID looseInt `json:"msgid"`
	}
	err = c.post(ctx, "/cgi-bin/message/template/send", in, &out)
	return int64(out.MsgID), err
}

// Industry is a line of business that templates of the old library belong to.
type Industry struct {
	First  string `json:"first_class"`
	Second string `json:"second_class"`
}

// SetIndustry sets the account's two industries by the ids of the platform's table; once a month (43100). It is of the old
// template library: category templates go by the service categories of the website.
// Codes: 40102 and 40103 (no such id), 43100. Source: developers.weixin.qq.com/doc/service/api/notify/template/api_setindustry
func (c *Client) SetIndustry(ctx context.Context, primary, secondary string) error {
	return c.post(ctx, "/cgi-bin/template/api_set_industry", map[string]string{"industry_id1": primary, "industry_id2": secondary}, nil)
}

// Industries gives the account's two industries.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_getindustry
func (c *Client) Industries(ctx context.Context) (primary, secondary Industry, err error) {
	var out struct {
		Primary   Industry `json:"primary_industry"`
		Secondary Industry `json:"secondary_industry"`
	}
	err = c.get(ctx, "/cgi-bin/template/get_industry", nil, &out)
	return out.Primary, out.Secondary, err
}

// AddTemplate takes a template of the library into the account and gives its id. short is its number in the library (TM…,
// OPENTM…, or the number of a category template), keywords are the names of its fields, in the order they shall show. An account
// has at most 25 templates (45026).
// Codes: 40246 (keywords empty or unknown), 40247 (the old library is closed), 45027 (not of the account's industry).
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_addtemplate
func (c *Client) AddTemplate(ctx context.Context, short string, keywords []string) (templateID string, err error) {
	in := map[string]any{"template_id_short": short, "keyword_name_list": append([]string{}, keywords...)}
	var out struct {
		ID string `json:"template_id"`
	}
	err = c.post(ctx, "/cgi-bin/template/api_add_template", in, &out)
	return out.ID, err
}

// TemplateInfo is a template of the account. In Content stand the keys of Template.Data, as {{thing1.DATA}}.
type TemplateInfo struct {
	ID      string `json:"template_id"`
	Title   string `json:"title"`
	Primary string `json:"primary_industry"`
	Deputy  string `json:"deputy_industry"`
	Content string `json:"content"`
	Example string `json:"example"`
}

// Templates lists the account's templates.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_getalltemplates
func (c *Client) Templates(ctx context.Context) ([]TemplateInfo, error) {
	var out struct {
		List []TemplateInfo `json:"template_list"`
	}
	err := c.get(ctx, "/cgi-bin/template/get_all_private_template", nil, &out)
	return out.List, err
}

// DeleteTemplate takes a template out of the account. Code 40037: there is none of this id.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_deletetemplate
func (c *Client) DeleteTemplate(ctx context.Context, templateID string) error {
	return c.post(ctx, "/cgi-bin/template/del_private_template", map[string]string{"template_id": templateID}, nil)
}

// Blocked is a template message that the platform did not deliver because of what it said.
type Blocked struct {
	ID       int64 // for the next page
	Template string
	Title    string
	Content  string
	SentAt   time.Time // UTC, seconds
	OpenID   string
}

// BlockedMessages asks for messages by a template that the platform has intercepted, of which its notice to the account told.
// after is 0 first, then the largest ID of the page before; limit is at most 100.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_queryblocktmplmsg. Its text says one object, live answers
// are lists (community post 000ea4974b89c8846fd0921f261c00): both are understood.
func (c *Client) BlockedMessages(ctx context.Context, templateID string, after int64, limit int) ([]Blocked, error) {
	const path = "/wxa/sec/queryblocktmplmsg"
	var out struct {
		Info json.RawMessage `json:"msginfo"`
	}
	in := map[string]any{"tmpl_msg_id": templateID, "largest_id": after, "limit": limit}
	if err := c.post(ctx, path, in, &out); err != nil {
		return nil, err
	}
	type info struct {
		ID        json.Number `json:"id"` // a string in the table, a number in the example
		Template  string      `json:"tmpl_msg_id"`
		Title     string      `json:"title"`
		Content   string      `json:"content"`
		Timestamp int64       `json:"send_timestamp"`
		OpenID    string      `json:"openid"`
	}
	var list []info
	doc := bytes.TrimSpace(out.Info)
	if len(doc) > 0 && doc[0] == '{' {
		doc = append(append([]byte{'['}, doc...), ']')
	}
	if len(doc) > 0 {
		if err := json.Unmarshal(doc, &list); err != nil {
			return nil, badAnswer(path)
		}
	}
	blocked := make([]Blocked, len(list))
	for i, m := range list {
		id, err := m.ID.Int64()
		if err != nil && m.ID != "" {
			return nil, badAnswer(path)
		}
		blocked[i] = Blocked{ID: id, Template: m.Template, Title: m.Title, Content: m.Content, SentAt: unixTime(m.Timestamp), OpenID: m.OpenID}
	}
	return blocked, nil
}
