package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

// menuEndpoints are the default menu and the conditional ones.
func menuEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/menu/create":               {method: http.MethodPost, right: rightMenu, daily: 1000, testDaily: 100, handle: menuCreate},
		"/cgi-bin/menu/get":                  {method: http.MethodGet, right: rightMenu, daily: 10_000, testDaily: 1000, handle: menuGet},
		"/cgi-bin/menu/delete":               {method: http.MethodGet, right: rightMenu, daily: 1000, testDaily: 100, handle: menuDelete},
		"/cgi-bin/get_current_selfmenu_info": {method: http.MethodGet, handle: menuSelf},
		"/cgi-bin/menu/addconditional":       {method: http.MethodPost, right: rightMenu, daily: 2000, handle: menuAddConditional},
		"/cgi-bin/menu/delconditional":       {method: http.MethodPost, right: rightMenu, daily: 2000, handle: menuDelConditional},
		"/cgi-bin/menu/trymatch":             {method: http.MethodPost, right: rightMenu, daily: 20_000, handle: menuTryMatch},
	}
}

// menuBook is an account's menus: the default one, and the conditional ones with the oldest first.
type menuBook struct {
	Default     *menu  `json:"default,omitempty"`
	Conditional []menu `json:"conditional,omitempty"`
	Last        int64  `json:"last"` // menuid given last
	Site        bool   `json:"site,omitempty"`
}

const menuRecord = "book"

// menu is what fans see below the conversation.
type menu struct {
	Buttons []button   `json:"button"`
	Rule    *matchRule `json:"matchrule,omitempty"`
	ID      int64      `json:"menuid"`
}

// button is an item of a menu. One with items below it has no type.
type button struct {
	Type      string          `json:"type,omitempty"`
	Name      string          `json:"name"`
	Key       string          `json:"key,omitempty"`
	URL       string          `json:"url,omitempty"`
	MediaID   string          `json:"media_id,omitempty"`
	ArticleID string          `json:"article_id,omitempty"`
	AppID     string          `json:"appid,omitempty"`
	PagePath  string          `json:"pagepath,omitempty"`
	Value     string          `json:"value,omitempty"`     // of menus that are made on the website
	News      json.RawMessage `json:"news_info,omitempty"` // the same
	Sub       []button        `json:"sub_button"`
}

// matchRule says who sees a conditional menu. In answers the tag has its older name, and both are numbers: so the example of the
// query's page has them in all its editions.
// Source: developers.weixin.qq.com/doc/service/en/Custom_Menus/Getting_Custom_Menu_Configurations.html
type matchRule struct {
	Tag      json.Number `json:"group_id,omitempty"`
	Platform json.Number `json:"client_platform_type,omitempty"`
}

func (a *account) menuBook() menuBook {
	b, ok := a.rooms.menus.get(menuRecord)
	if !ok {
		b.Last = 400_000_000 // the platform's have nine digits
	}
	b.Conditional = slices.Clone(b.Conditional)
	return b
}

// menuFor is the menu that the fan sees, nil for none: the newest conditional one that fits, else the default. Of several tags
// the one given last counts.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_addconditionalmenu.html
func (a *account) menuFor(f *fan) *menu {
	b := a.menuBook()
	for _, m := range slices.Backward(b.Conditional) {
		if m.Rule.fits(f) {
			return &m
		}
	}
	return b.Default
}

func (r matchRule) fits(f *fan) bool {
	if r.Tag != "" && (len(f.Tags) == 0 || strconv.Itoa(f.Tags[len(f.Tags)-1]) != r.Tag.String()) {
		return false
	}
	return r.Platform == "" || strconv.Itoa(platforms[f.profile().Platform]) == r.Platform.String()
}

// menuRequest reads a body; \u escapes in it have a code of their own here.
func (c *call) menuRequest(v any) error {
	err := c.decode(v)
	var e *apiError
	if errors.As(err, &e) && e.code == 47002 {
		return fail(40033)
	}
	return err
}

// menuCreate answers menu/create: the whole default menu anew.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu.html
func menuCreate(c *call) (any, error) {
	var req struct {
		Buttons []button `json:"button"`
	}
	if err := c.menuRequest(&req); err != nil {
		return nil, err
	}
	if err := c.checkMenu(req.Buttons); err != nil {
		return nil, err
	}
	b := c.a.menuBook()
	b.Last++
	b.Default, b.Site = &menu{Buttons: whole(req.Buttons), ID: b.Last}, false
	c.a.rooms.menus.put(menuRecord, b)
	return nil, nil
}

// whole gives every button a list, so that answers show an empty one.
func whole(list []button) []button {
	out := slices.Clone(list)
	for i := range out {
		out[i].Sub = whole(append([]button{}, out[i].Sub...))
		if len(out[i].Sub) > 0 {
			out[i].Type = ""
		}
	}
	return out
}

// menuGet answers menu/get, which knows of menus made by the API only.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_getmenu.html
func menuGet(c *call) (any, error) {
	b := c.a.menuBook()
	if b.Default == nil || b.Site {
		return nil, fail(46003)
	}
	answer := map[string]any{"menu": b.Default}
	if len(b.Conditional) > 0 {
		newest := slices.Clone(b.Conditional)
		slices.Reverse(newest)
		answer["conditionalmenu"] = newest
	}
	return answer, nil
}

func menuDelete(c *call) (any, error) {
	c.a.rooms.menus.put(menuRecord, menuBook{Last: c.a.menuBook().Last})
	return nil, nil
}

// selfButton is a button as get_current_selfmenu_info shows it.
type selfButton struct {
	button
	Sub *selfList `json:"sub_button,omitempty"`
}

type selfList struct {
	List []selfButton `json:"list"`
}

func selfButtons(list []button) []selfButton {
	var out []selfButton
	for _, b := range list {
		s := selfButton{button: b}
		if len(b.Sub) > 0 {
			s.Sub = &selfList{selfButtons(b.Sub)}
		}
		out = append(out, s)
	}
	return out
}

// menuSelf answers get_current_selfmenu_info: the default menu, however it was made. Every account may ask.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_getcurrentselfmenuinfo.html
func menuSelf(c *call) (any, error) {
	b := c.a.menuBook()
	if b.Default == nil {
		return map[string]any{"is_menu_open": 0}, nil
	}
	return map[string]any{"is_menu_open": 1, "selfmenu_info": map[string]any{"button": selfButtons(b.Default.Buttons)}}, nil
}

// menuAddConditional answers menu/addconditional.
func menuAddConditional(c *call) (any, error) {
	var req struct {
		Buttons []button                   `json:"button"`
		Rule    map[string]json.RawMessage `json:"matchrule"`
	}
	if err := c.menuRequest(&req); err != nil {
		return nil, err
	}
	b := c.a.menuBook()
	if b.Default == nil || b.Site {
		return nil, fail(65303)
	}
	if len(req.Buttons) == 0 {
		return nil, fail(65307)
	}
	rule, err := c.a.readRule(req.Rule)
	if err != nil {
		return nil, err
	}
	if err := c.checkMenu(req.Buttons); err != nil {
		return nil, err
	}
	b.Last++
	b.Conditional = append(b.Conditional, menu{Buttons: whole(req.Buttons), Rule: &rule, ID: b.Last})
	if hosts(b.Conditional) > maxMenuHosts {
		return nil, fail(65316)
	}
	c.a.rooms.menus.put(menuRecord, b)
	return map[string]string{"menuid": decimal(b.Last)}, nil
}

// withdrawnRules are the conditions that were withdrawn to protect privacy.
var withdrawnRules = []string{"sex", "country", "province", "city", "language"}

// readRule checks a matchrule: a tag, a platform, or both.
func (a *account) readRule(raw map[string]json.RawMessage) (r matchRule, err error) {
	for _, name := range withdrawnRules {
		if text := looseText(raw[name]); text != "" && text != "0" {
			return r, fail(65320)
		}
	}
	tag := orElse(looseText(raw["tag_id"]), looseText(raw["group_id"]))
	platform := looseText(raw["client_platform_type"])
	switch id, err := strconv.Atoi(tag); {
	case tag == "" && platform == "":
		return r, fail(65304)
	case tag != "" && (err != nil || tag != strconv.Itoa(id) || !a.hasTag(id)):
		return r, fail(65315)
	case platform != "" && platform != "1" && platform != "2" && platform != "3":
		return r, fail(65319)
	}
	return matchRule{Tag: json.Number(tag), Platform: json.Number(platform)}, nil
}

// looseText is the text of a JSON string or number, empty for anything else.
func looseText(raw json.RawMessage) string {
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return textOf(raw)
}

func menuDelConditional(c *call) (any, error) {
	var req struct {
		ID json.RawMessage `json:"menuid"`
	}
	if err := c.menuRequest(&req); err != nil {
		return nil, err
	}
	b := c.a.menuBook()
	id, ok := number(req.ID)
	i := slices.IndexFunc(b.Conditional, func(m menu) bool { return m.ID == id })
	if !ok || i < 0 {
		return nil, fail(65301)
	}
	b.Conditional = slices.Delete(b.Conditional, i, i+1)
	c.a.rooms.menus.put(menuRecord, b)
	return nil, nil
}

// menuTryMatch answers menu/trymatch for an OpenID or a WeChat id.
func menuTryMatch(c *call) (any, error) {
	var req struct {
		User string `json:"user_id"`
	}
	if err := c.menuRequest(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[req.User]
	if f == nil {
		for _, other := range c.a.fans {
			if req.User != "" && other.profile().WeChatID == req.User {
				f = other
			}
		}
	}
	if f == nil || !f.Subscribed {
		return nil, fail(65302)
	}
	m := c.a.menuFor(f)
	if m == nil {
		return nil, fail(46003)
	}
	return map[string]any{"button": m.Buttons}, nil
}

// siteMenuPut is the control call that makes a menu on the platform's website: {"button":[…]} with the types text, img, photo,
// video, voice and news, which hold a value or news_info, beside those of the API. An API-made one is replaced.
func (s *Server) siteMenuPut(w http.ResponseWriter, r *http.Request, a *account) {
	var req struct {
		Buttons []button `json:"button"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl)).Decode(&req); err != nil || len(req.Buttons) == 0 {
		refuse(w, http.StatusBadRequest, `the body must be {"button":[…]}`)
		return
	}
	a.mu.Lock()
	b := a.menuBook()
	a.rooms.menus.put(menuRecord, menuBook{Default: &menu{Buttons: whole(req.Buttons)}, Last: b.Last, Site: true})
	a.mu.Unlock()
	answer(w, map[string]any{"button": req.Buttons})
}
