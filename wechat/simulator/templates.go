package simulator

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// templateManagement are the calls for an account's industry and templates.
func templateManagement() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/template/api_set_industry":         {method: http.MethodPost, right: rightTemplate, handle: industrySet},
		"/cgi-bin/template/get_industry":             {method: http.MethodGet, right: rightTemplate, handle: industryGet},
		"/cgi-bin/template/api_add_template":         {method: http.MethodPost, right: rightTemplate, handle: templateAdd},
		"/cgi-bin/template/get_all_private_template": {method: http.MethodGet, right: rightTemplate, handle: templateList},
		"/cgi-bin/template/del_private_template":     {method: http.MethodPost, right: rightTemplate, handle: templateDelete},
		"/wxa/sec/queryblocktmplmsg":                 {method: http.MethodPost, right: rightTemplate, handle: templateRefused},
	}
}

// maxTemplates is how many templates an account may have.
const maxTemplates = 25

// templateAdd answers template/api_add_template: a template of the library with the keywords that were named, in their order.
// Ids of the old library, and ids that the library does not have, are 40247 unless a switch opens the old one.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_addtemplate.html
func templateAdd(c *call) (any, error) {
	var req struct {
		Short    string   `json:"template_id_short"`
		Keywords []string `json:"keyword_name_list"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	t, ok := find(library, req.Short)
	old := strings.HasPrefix(req.Short, "TM") || strings.HasPrefix(req.Short, "OPENTM")
	switch {
	case req.Short == "":
		return nil, fail(40036)
	case old && !c.s.cfg.Switches.HistoryTemplates, !ok:
		return nil, fail(40247)
	case !c.a.inTrade(t.Industry):
		return nil, fail(45027)
	}
	keywords, ok := t.pick(req.Keywords)
	if !ok {
		return nil, fail(40246)
	}
	table := c.a.sends.templates
	if len(c.a.listOwn(table)) >= maxTemplates {
		return nil, fail(45026)
	}
	seq := nextSeq(table)
	id := newTemplateID(c.a.AppID, "template", strconv.Itoa(seq))
	table.put(id, t.own(seq, keywords))
	return map[string]any{"errcode": 0, "errmsg": "ok", "template_id": id}, nil
}

// pick finds keywords by their names: at least one, none twice.
func (t libraryTemplate) pick(names []string) ([]keyword, bool) {
	var list []keyword
	for i, name := range names {
		at := slices.IndexFunc(t.Keywords, func(k keyword) bool { return k.Name == name })
		if at < 0 || slices.Contains(names[:i], name) {
			return nil, false
		}
		list = append(list, t.Keywords[at])
	}
	return list, len(list) > 0
}

// templateList answers template/get_all_private_template. Of ids that come from the configuration only the id is known.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_getalltemplates.html
func templateList(c *call) (any, error) {
	type item struct {
		ID      string `json:"template_id"`
		Title   string `json:"title"`
		Primary string `json:"primary_industry"`
		Deputy  string `json:"deputy_industry"`
		Content string `json:"content"`
		Example string `json:"example"`
	}
	list := []item{}
	for _, o := range c.a.listOwn(c.a.sends.templates) {
		i := item{ID: o.id, Title: o.Title, Content: o.Content, Example: o.Example}
		if o.Industry > 0 {
			i.Primary, i.Deputy = industryName(o.Industry)
		}
		list = append(list, i)
	}
	return map[string]any{"template_list": list}, nil
}

// templateDelete answers template/del_private_template.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_deletetemplate.html
func templateDelete(c *call) (any, error) {
	var req struct {
		ID string `json:"template_id"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if _, err := c.a.findOwn(c.a.sends.templates, req.ID); err != nil {
		return nil, err
	}
	c.a.dropOwn(c.a.sends.templates, req.ID)
	return nil, nil
}

// refusedMessage is a template message that was refused as marketing.
type refusedMessage struct {
	ID         int64  `json:"id"`
	TemplateID string `json:"tmpl_msg_id"`
	Title      string `json:"title"`
	Content    string `json:"content"`
	At         int64  `json:"send_timestamp"`
	OpenID     string `json:"openid"`
}

// refuseMessage notes a message that the template's rule refuses.
func (c *call) refuseMessage(templateID string, own ownTemplate, openID string, data map[string]string) {
	var content strings.Builder
	for _, key := range slices.Sorted(maps.Keys(data)) {
		content.WriteString(data[key] + "\n")
	}
	m := refusedMessage{ID: c.s.ids.next(), TemplateID: templateID, Title: own.Title, Content: content.String(), At: c.now.Unix(), OpenID: openID}
	c.a.sends.refused.put(decimal(m.ID), m)
}

// templateRefused answers wxa/sec/queryblocktmplmsg: the refused messages of a template with an id above largest_id, rising.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_queryblocktmplmsg.html
func templateRefused(c *call) (any, error) {
	var req struct {
		ID    string `json:"tmpl_msg_id"`
		After int64  `json:"largest_id"`
		Limit int    `json:"limit"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.ID == "" || req.Limit < 1 || req.Limit > 100 {
		return nil, fail(40097)
	}
	list := []refusedMessage{}
	for _, m := range c.a.sends.refused.rows {
		if m.TemplateID == req.ID && m.ID > req.After {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(x, y refusedMessage) int { return cmp.Compare(x.ID, y.ID) })
	return map[string]any{"errcode": 0, "errmsg": "ok", "msginfo": list[:min(len(list), req.Limit)]}, nil
}

// sameTemplate is for how long one message to one fan is a repetition, where a switch has it so.
const sameTemplate = 60 * time.Second
