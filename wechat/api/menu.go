package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
)

// ButtonType is what a tap on a menu button does.
type ButtonType string

// The types of buttons. Source: developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
const (
	ButtonClick              ButtonType = "click"                // pushes CLICK with Key
	ButtonView               ButtonType = "view"                 // opens URL
	ButtonScanPush           ButtonType = "scancode_push"        // scans, pushes the result and shows it
	ButtonScanWait           ButtonType = "scancode_waitmsg"     // scans, pushes the result and waits for a message
	ButtonPhoto              ButtonType = "pic_sysphoto"         // takes a photo and sends it
	ButtonPhotoOrAlbum       ButtonType = "pic_photo_or_album"   // takes or picks a photo and sends it
	ButtonAlbum              ButtonType = "pic_weixin"           // picks pictures and sends them
	ButtonLocation           ButtonType = "location_select"      // picks a place and sends it
	ButtonMedia              ButtonType = "media_id"             // sends the permanent material MediaID to the fan
	ButtonArticle            ButtonType = "article_id"           // sends the published article ArticleID to the fan
	ButtonArticleViewLimited ButtonType = "article_view_limited" // opens the published article ArticleID
	ButtonMiniProgram        ButtonType = "miniprogram"          // opens AppID at PagePath, in old clients URL
	// ButtonViewLimited opens the permanent material MediaID. Menus still hold it, new ones should not: it is no longer in
	// the page's list.
	ButtonViewLimited ButtonType = "view_limited"
)

// Button is one button of a menu: either it has a type and the fields that the type asks for, or it opens SubButtons.
type Button struct {
	Type       ButtonType `json:"type,omitempty"`
	Name       string     `json:"name"`                 // at most 16 bytes, in a sub-menu 60; the client shows 4 and 8 Chinese characters
	Key        string     `json:"key,omitempty"`        // at most 128 bytes
	URL        string     `json:"url,omitempty"`        // at most 1024 bytes
	MediaID    string     `json:"media_id,omitempty"`   // of permanent material
	ArticleID  string     `json:"article_id,omitempty"` // of a published article
	AppID      string     `json:"appid,omitempty"`      // of a mini program that is linked to the account (45064)
	PagePath   string     `json:"pagepath,omitempty"`
	SubButtons []Button   `json:"sub_button,omitempty"` // at most 5
}

// MatchRule says who sees a conditional menu. At least one field is set; rules by sex, place or language are refused since 2021
// (65320). Source: developers.weixin.qq.com/doc/service/api/custommenu/api_addconditionalmenu
type MatchRule struct {
	TagID    int
	Platform Platform
}

// Platform is the system of the fan's phone.
type Platform int

// The platforms; 0 is any.
const (
	IOS           Platform = 1
	Android       Platform = 2
	OtherPlatform Platform = 3
)

// MarshalJSON writes numbers as strings, as the page's example does.
func (r MatchRule) MarshalJSON() ([]byte, error) {
	fields := map[string]string{}
	if r.TagID != 0 {
		fields["tag_id"] = strconv.Itoa(r.TagID)
	}
	if r.Platform != 0 {
		fields["client_platform_type"] = strconv.Itoa(int(r.Platform))
	}
	return json.Marshal(fields)
}

// UnmarshalJSON takes numbers and strings: the platform gives both. group_id is tag_id's old name.
func (r *MatchRule) UnmarshalJSON(doc []byte) error {
	var in struct {
		TagID    looseID `json:"tag_id"`
		GroupID  looseID `json:"group_id"`
		Platform looseID `json:"client_platform_type"`
	}
	if err := json.Unmarshal(doc, &in); err != nil {
		return err
	}
	tag, platform := in.TagID, in.Platform
	if tag == "" {
		tag = in.GroupID
	}
	var err error
	*r = MatchRule{}
	if tag != "" {
		r.TagID, err = strconv.Atoi(string(tag))
	}
	if platform != "" && err == nil {
		var n int
		n, err = strconv.Atoi(string(platform))
		r.Platform = Platform(n)
	}
	return err
}

// Menu is a menu as the platform holds it.
type Menu struct {
	ID      string // menuid
	Buttons Buttons
	Rule    MatchRule // of a conditional menu
}

type menuAnswer struct {
	ID      looseID   `json:"menuid"`
	Buttons Buttons   `json:"button"`
	Rule    MatchRule `json:"matchrule"`
}

func (a menuAnswer) menu() Menu { return Menu{ID: string(a.ID), Buttons: a.Buttons, Rule: a.Rule} }

// CreateMenu replaces the default menu; clients show it when they ask again, which they do after 5 minutes. It is checked with
// Validate before. 1000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
func (c *Client) CreateMenu(ctx context.Context, buttons Buttons) error {
	if err := buttons.check(createMenuPath); err != nil {
		return err
	}
	return c.post(ctx, createMenuPath, map[string]any{"button": buttons}, nil)
}

const createMenuPath = "/cgi-bin/menu/create"

// Menu gives the menus that were made by the API: the default one and the conditional ones. 46003: there is none. 10,000
// calls a day. Source: developers.weixin.qq.com/doc/service/api/custommenu/api_getmenu
func (c *Client) Menu(ctx context.Context) (def Menu, conditional []Menu, err error) {
	var out struct {
		Default     menuAnswer   `json:"menu"`
		Conditional []menuAnswer `json:"conditionalmenu"`
	}
	if err := c.get(ctx, "/cgi-bin/menu/get", url.Values{}, &out); err != nil {
		return Menu{}, nil, err
	}
	for _, m := range out.Conditional {
		conditional = append(conditional, m.menu())
	}
	return out.Default.menu(), conditional, nil
}

// DeleteMenu deletes the default menu and all conditional ones. 1000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_deletemenu
func (c *Client) DeleteMenu(ctx context.Context) error {
	return c.get(ctx, "/cgi-bin/menu/delete", url.Values{}, nil)
}

// AddConditionalMenu makes a menu for those fans who fit the rule, of whom the newest fitting menu is shown. There must be a
// default menu (65303); all conditional menus together may lead to 3 domains (65316). 2000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_addconditionalmenu
func (c *Client) AddConditionalMenu(ctx context.Context, buttons Buttons, rule MatchRule) (menuID string, err error) {
	const path = "/cgi-bin/menu/addconditional"
	if err := buttons.check(path); err != nil {
		return "", err
	}
	if rule == (MatchRule{}) {
		return "", refuse(path, "the match rule is empty")
	}
	if rule.TagID < 0 || rule.Platform < 0 || rule.Platform > OtherPlatform {
		return "", refuse(path, "the match rule names no tag or platform that there is")
	}
	var out struct {
		ID looseID `json:"menuid"`
	}
	err = c.post(ctx, path, map[string]any{"button": buttons, "matchrule": rule}, &out)
	return string(out.ID), err
}

// DeleteConditionalMenu deletes one conditional menu. 2000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_deleteconditionalmenu
func (c *Client) DeleteConditionalMenu(ctx context.Context, menuID string) error {
	const path = "/cgi-bin/menu/delconditional"
	if menuID == "" {
		return refuse(path, "no menuid")
	}
	return c.post(ctx, path, map[string]string{"menuid": menuID}, nil)
}

// MatchMenu gives the menu that a user sees; user is an OpenID or a WeChat id. 20,000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_trymatchmenu
func (c *Client) MatchMenu(ctx context.Context, user string) (Buttons, error) {
	const path = "/cgi-bin/menu/trymatch"
	if user == "" {
		return nil, refuse(path, "no user_id")
	}
	var out struct {
		Buttons Buttons `json:"button"`
	}
	err := c.post(ctx, path, map[string]string{"user_id": user}, &out)
	return out.Buttons, err
}
