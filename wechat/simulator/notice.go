package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// noticeEndpoints are subscription notices and their templates.
func noticeEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/message/subscribe/bizsend":     {method: http.MethodPost, right: rightTemplate, handle: noticeSend, around: oneNotice},
		"/wxaapi/newtmpl/getcategory":            {method: http.MethodGet, right: rightTemplate, handle: noticeCategoryList},
		"/wxaapi/newtmpl/getpubtemplatetitles":   {method: http.MethodGet, right: rightTemplate, handle: noticeTitles},
		"/wxaapi/newtmpl/getpubtemplatekeywords": {method: http.MethodGet, right: rightTemplate, handle: noticeKeywords},
		"/wxaapi/newtmpl/addtemplate":            {method: http.MethodPost, right: rightTemplate, handle: noticeAdd},
		"/wxaapi/newtmpl/gettemplate":            {method: http.MethodGet, right: rightTemplate, handle: noticeList},
		"/wxaapi/newtmpl/deltemplate":            {method: http.MethodPost, right: rightTemplate, handle: noticeDelete},
	}
}

const (
	eventNoticeSent = "subscribe_msg_sent_event"

	noticeOneTime  = 2 // one consent, one notice
	noticeLongTerm = 3 // one consent, any number
)

type noticeRequest struct {
	templateRequest
	Page  string `json:"page"`
	State string `json:"miniprogram_state"`
	Lang  string `json:"lang"`
}

// oneNotice holds a notice for as long as the platform needs for one; another to the same fan meanwhile is 43108.
func oneNotice(c *call, next func() (any, error)) (any, error) {
	var req noticeRequest
	if c.decode(&req) != nil {
		return next() // it will say what is wrong
	}
	if !c.a.startNotice(req.ToUser) {
		return nil, fail(43108)
	}
	defer c.a.endNotice(req.ToUser)
	pause(c.r.Context(), c.s.life, c.s.cfg.NoticeTime)
	return next()
}

func (a *account) startNotice(openID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sends.notified[openID] {
		return false
	}
	a.sends.notified[openID] = true
	return true
}

func (a *account) endNotice(openID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sends.notified, openID)
}

// noticeSend answers message/subscribe/bizsend: one notice for each consent the fan gave for a one-time template, any number
// after a consent for a long-term one. The fan need not follow. It gives no message id. client_msg_id, which the page's
// example has and its table has not, is taken and has no effect.
// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages/intro.html
func noticeSend(c *call) (any, error) {
	var req noticeRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[req.ToUser]
	if f == nil {
		return nil, fail(40003)
	}
	own, data, err := c.checkNotice(req)
	if err != nil {
		return nil, err
	}
	if f.Consents[req.TemplateID] == 0 {
		return nil, fail(43101)
	}
	if !own.LongTerm {
		f.Consents[req.TemplateID]--
		c.a.saveFan(f)
	}
	page := req.MiniProgram
	if page == nil && req.Page != "" {
		page = &MiniProgram{PagePath: req.Page}
	}
	c.a.receive(f, &Item{Kind: kindNotice, At: stamp(c.now), Title: own.Title, TemplateID: req.TemplateID, Data: data, URL: req.URL, MiniProgram: page})
	c.s.due.add(c.s.file, job{
		App: c.a.AppID, Event: eventNoticeSent, Due: c.now.Add(resultDelay), OpenID: req.ToUser, MsgID: c.s.ids.next(), Status: "success", Template: req.TemplateID,
	})
	return nil, nil
}

// checkNotice finds the template of a notice and fills it in.
func (c *call) checkNotice(req noticeRequest) (ownTemplate, map[string]string, error) {
	own, err := c.a.findOwn(c.a.sends.notices, req.TemplateID)
	if _, other := c.a.sends.templates.get(req.TemplateID); err != nil && other {
		err = fail(43102) // one for template messages
	}
	if err != nil {
		return own, nil, err
	}
	rules := c.a.rules()
	known := func(value string, among ...string) bool { return value == "" || slices.Contains(among, value) }
	switch {
	case rules.NoticesBanned || rules.Templates[req.TemplateID] != "":
		return own, nil, fail(43107)
	case !known(req.State, "developer", "trial", "formal"), !known(req.Lang, "zh_CN", "en_US", "zh_HK", "zh_TW"):
		return own, nil, fail(40097)
	case strings.Contains(req.Page, "://") || strings.ContainsAny(req.Page, " \r\n"): // a page of a mini program, not of the web
		return own, nil, fail(41030)
	}
	data, err := own.fillIn(req.Data)
	if err != nil {
		return own, nil, err
	}
	for _, value := range data {
		if slices.ContainsFunc(rules.Words, func(word string) bool { return word != "" && strings.Contains(value, word) }) {
			return own, nil, fail(45168)
		}
	}
	return own, data, nil
}

// noticeCategoryList answers newtmpl/getcategory.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getcategory.html
func noticeCategoryList(*call) (any, error) {
	return map[string]any{"errcode": 0, "errmsg": "ok", "data": noticeCategories}, nil
}

// noticeTitles answers newtmpl/getpubtemplatetitles: templates of the categories in ids, limit (at most 30) from start on.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getpubnewtemplatetitles.html
func noticeTitles(c *call) (any, error) {
	type item struct {
		ID       int    `json:"tid"`
		Title    string `json:"title"`
		Type     int    `json:"type"`
		Category string `json:"categoryId"`
	}
	q := c.r.URL.Query()
	start, err1 := strconv.Atoi(q.Get("start"))
	limit, err2 := strconv.Atoi(q.Get("limit"))
	if q.Get("ids") == "" || err1 != nil || err2 != nil || start < 0 || limit < 1 || limit > 30 {
		return nil, fail(40097)
	}
	wanted := strings.Split(q.Get("ids"), ",")
	list := []item{}
	for _, t := range noticeLibrary {
		if category := strconv.Itoa(t.Industry); slices.Contains(wanted, category) {
			id, _ := strconv.Atoi(t.ID)
			list = append(list, item{id, t.Title, noticeType(t.LongTerm), category})
		}
	}
	from := min(start, len(list))
	return map[string]any{"errcode": 0, "errmsg": "ok", "count": len(list), "data": list[from:min(from+limit, len(list))]}, nil
}

func noticeType(longTerm bool) int {
	if longTerm {
		return noticeLongTerm
	}
	return noticeOneTime
}

// noticeKeywords answers newtmpl/getpubtemplatekeywords.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getpubnewtemplatekeywords.html
func noticeKeywords(c *call) (any, error) {
	type item struct {
		ID      int    `json:"kid"`
		Name    string `json:"name"`
		Example string `json:"example"`
		Rule    string `json:"rule"`
	}
	t, ok := find(noticeLibrary, c.r.URL.Query().Get("tid"))
	if !ok {
		return nil, fail(200014)
	}
	list := []item{}
	for _, k := range t.Keywords {
		id, _ := strconv.Atoi(k.Number)
		list = append(list, item{id, k.Name, k.Example, k.Kind})
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "count": len(list), "data": list}, nil
}

// maxScene is the length of a notice's scene description in characters.
const maxScene = 15

// noticeAdd answers newtmpl/addtemplate: a template of the library with two to five of its keywords, in their order. Sources
// say that an account has room for 25 or for 50; it is 25 here.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_addwxanewtemplate.html
func noticeAdd(c *call) (any, error) {
	var req struct {
		ID    flexible   `json:"tid"`
		Kids  []flexible `json:"kidList"`
		Scene string     `json:"sceneDesc"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	t, ok := find(noticeLibrary, string(req.ID))
	if !ok {
		return nil, fail(200014)
	}
	rules := c.a.rules()
	switch {
	case rules.NoticesBanned:
		return nil, fail(200011)
	case rules.Templates[t.ID] == templateBanned:
		return nil, fail(200013)
	case req.Scene == "" || utf8.RuneCountInString(req.Scene) > maxScene:
		return nil, fail(200021)
	}
	keywords, ok := t.pickNumbers(req.Kids)
	if !ok {
		return nil, fail(200020)
	}
	table := c.a.sends.notices
	if len(c.a.listOwn(table)) >= maxTemplates {
		return nil, fail(200012)
	}
	seq := nextSeq(table)
	id := newTemplateID(c.a.AppID, "notice", strconv.Itoa(seq))
	table.put(id, t.own(seq, keywords))
	return map[string]any{"errcode": 0, "errmsg": "ok", "priTmplId": id}, nil
}

// pickNumbers finds two to five keywords by their numbers, none twice.
func (t libraryTemplate) pickNumbers(kids []flexible) ([]keyword, bool) {
	if len(kids) < 2 || len(kids) > 5 {
		return nil, false
	}
	var list []keyword
	for i, kid := range kids {
		at := slices.IndexFunc(t.Keywords, func(k keyword) bool { return k.Number == string(kid) })
		if at < 0 || slices.Contains(kids[:i], kid) {
			return nil, false
		}
		list = append(list, t.Keywords[at])
	}
	return list, true
}

// noticeList answers newtmpl/gettemplate.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_getwxapubnewtemplate.html
func noticeList(c *call) (any, error) {
	type values struct {
		Code string   `json:"keywordCode"`
		List []string `json:"enumValueList"`
	}
	type item struct {
		ID      string   `json:"priTmplId"`
		Title   string   `json:"title"`
		Content string   `json:"content"`
		Example string   `json:"example"`
		Type    int      `json:"type"`
		Enums   []values `json:"keywordEnumValueList,omitempty"`
	}
	list := []item{}
	for _, o := range c.a.listOwn(c.a.sends.notices) {
		i := item{ID: o.id, Title: o.Title, Content: o.Content, Example: o.Example, Type: noticeType(o.LongTerm)}
		for _, f := range o.Fields {
			if len(f.Enum) > 0 {
				i.Enums = append(i.Enums, values{f.Key + ".DATA", f.Enum})
			}
		}
		list = append(list, i)
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "data": list}, nil
}

// noticeDelete answers newtmpl/deltemplate.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_delwxanewtemplate.html
func noticeDelete(c *call) (any, error) {
	var req struct {
		ID string `json:"priTmplId"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if _, err := c.a.findOwn(c.a.sends.notices, req.ID); err != nil {
		return nil, err
	}
	c.a.dropOwn(c.a.sends.notices, req.ID)
	return nil, nil
}

// flexible is a number that may also be written as a string.
type flexible string

func (f *flexible) UnmarshalJSON(b []byte) error {
	*f = flexible(strings.Trim(string(b), `"`))
	return nil
}
