package simulator

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of menus, in bytes where nothing else is said.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu.html
const (
	maxButtons    = 3
	maxSubButtons = 5
	maxTopName    = 16
	maxSubName    = 60
	maxMenuKey    = 128
	maxMenuURL    = 1024
	maxMenuHosts  = 3 // domains that all conditional menus together may lead to
)

// keyTypes are the buttons that push an event with their key.
var keyTypes = []string{
	"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select",
}

// itemTypes are the buttons that show the fan something of the account's. view_limited is no longer in the page's list but
// still in its text.
var itemTypes = []string{"media_id", "view_limited", "article_id", "article_view_limited"}

// menuCodes are the error codes of one level of a menu.
type menuCodes struct{ kind, name, key, url, domain int }

var (
	topCodes = menuCodes{kind: 40017, name: 40018, key: 40019, url: 40020, domain: 40055}
	subCodes = menuCodes{kind: 40024, name: 40025, key: 40026, url: 40027, domain: 40054}
)

// checkMenu checks the buttons of a menu.
func (c *call) checkMenu(list []button) error {
	if len(list) == 0 || len(list) > maxButtons {
		return fail(40016)
	}
	for _, b := range list {
		if b.Name == "" || len(b.Name) > maxTopName {
			return fail(40018)
		}
		if len(b.Sub) == 0 {
			if err := c.checkButton(b, topCodes); err != nil {
				return err
			}
			continue
		}
		if err := c.checkGroup(b); err != nil {
			return err
		}
	}
	return nil
}

// checkGroup checks a button with others below it.
func (c *call) checkGroup(b button) error {
	switch {
	case b.Type != "": // type and sub_button exclude each other
		return fail(40017)
	case len(b.Sub) > maxSubButtons:
		return fail(40023)
	}
	for _, sub := range b.Sub {
		switch {
		case len(sub.Sub) > 0:
			return failf(40022, "invalid sub menu level")
		case sub.Name == "" || len(sub.Name) > maxSubName:
			return fail(40025)
		}
		if err := c.checkButton(sub, subCodes); err != nil {
			return err
		}
	}
	return nil
}

// checkButton checks a button that does something.
func (c *call) checkButton(b button, code menuCodes) error {
	switch {
	case slices.Contains(keyTypes, b.Type):
		if b.Key == "" || len(b.Key) > maxMenuKey {
			return fail(code.key)
		}
		return nil
	case b.Type == "view":
		return checkMenuURL(b.URL, code)
	case b.Type == "miniprogram":
		return c.checkMiniButton(b, code)
	case slices.Contains(itemTypes, b.Type):
		return c.checkItemButton(b)
	default:
		return fail(code.kind)
	}
}

func checkMenuURL(text string, code menuCodes) error {
	if text == "" || len(text) > maxMenuURL {
		return fail(code.url)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fail(code.domain)
	}
	return nil
}

// checkMiniButton checks a mini program's page and the URL for old clients. Which mini programs are linked is known only where
// the control call for it said so.
func (c *call) checkMiniButton(b button, code menuCodes) error {
	sites, _ := c.a.rooms.sites.get(siteRecord)
	switch {
	case b.AppID == "":
		return fail(40166)
	case b.PagePath == "":
		return fail(40165)
	case len(sites.MiniPrograms) > 0 && !slices.Contains(sites.MiniPrograms, b.AppID):
		return fail(45064)
	}
	return checkMenuURL(b.URL, code)
}

func (c *call) checkItemButton(b button) error {
	if strings.HasPrefix(b.Type, "article_") {
		if b.ArticleID == "" || !c.a.articleKnown(b.ArticleID) {
			return fail(53600)
		}
		return nil
	}
	if b.MediaID == "" || !c.a.inStock(b.MediaID, c.now) {
		return fail(40007)
	}
	return nil
}

// inStock reports whether the id is of something that stays: a draft, or a medium of the library.
func (a *account) inStock(id string, now time.Time) bool {
	m := a.medium(id, now)
	return m != nil && m.Lasting || a.mediaKnown(id, mediaNews)
}

// hosts is how many domains the menus lead to.
func hosts(menus []menu) int {
	found := map[string]bool{}
	var add func([]button)
	add = func(list []button) {
		for _, b := range list {
			if u, err := url.Parse(b.URL); err == nil && u.Host != "" {
				found[strings.ToLower(u.Hostname())] = true
			}
			add(b.Sub)
		}
	}
	for _, m := range menus {
		add(m.Buttons)
	}
	return len(found)
}
