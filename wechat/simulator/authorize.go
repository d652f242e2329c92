package simulator

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// authorizeForm is how the query of the authorize page has to look: the page takes its parameters in one order only.
// Source: developers.weixin.qq.com/doc/service/guide/h5/auth.html
var authorizeForm = regexp.MustCompile(`^appid=[^&]*&redirect_uri=[^&]*&response_type=code&scope=[^&]*(&state=[^&]*)?(&forcePopup=[^&]*)?(&forceSnapShot=[^&]*)?(&connect_redirect=1)?$`)

// stateForm is what a state may be.
var stateForm = regexp.MustCompile(`^[A-Za-z0-9]{0,128}$`)

// visitor is who opens the authorize page. On a phone that is the person; in a plain browser the parameter or cookie openid
// says it, which the platform does not have.
type visitor struct {
	openID   string
	snapshot bool // looks at a snapshot of the page and is nobody yet
	deny     bool // does not let the page have the profile
}

type visitorKey struct{}

// visitorOf finds who opens the page, and the query without what is only the simulator's.
func visitorOf(r *http.Request) (visitor, string) {
	if v, ok := r.Context().Value(visitorKey{}).(visitor); ok {
		return v, r.URL.RawQuery
	}
	v := visitor{openID: r.URL.Query().Get("openid")}
	if cookie, err := r.Cookie("openid"); err == nil && v.openID == "" {
		v.openID = cookie.Value
	}
	var parts []string
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if !strings.HasPrefix(part, "openid=") {
			parts = append(parts, part)
		}
	}
	return v, strings.Join(parts, "&")
}

// authorizePage is a page that says what is wrong, as the phone shows it.
// Source: the codes of developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
func authorizePage(code int, text string) pageError {
	body := fmt.Sprintf("<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>微信</title></head><body><p>%s</p><p>errcode: %d</p></body></html>", html.EscapeString(text), code)
	return pageError{blob{contentType: "text/html; charset=utf-8", body: []byte(body)}}
}

// authorizedApp finds the account of the authorize page.
func authorizedApp(c *call) (*account, error) {
	id := c.r.URL.Query().Get("appid")
	switch a := c.s.accounts[id]; {
	case id == "":
		return nil, authorizePage(10012, "appid 不能为空")
	case a == nil:
		return nil, authorizePage(40013, "AppID 参数错误")
	default:
		return a, nil
	}
}

// authorize answers the page connect/oauth2/authorize of open.weixin.qq.com: it leads back with a code, or says what is wrong.
func authorize(c *call) (any, error) {
	v, query := visitorOf(c.r)
	q := c.r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	sites, _ := c.a.rooms.sites.get(siteRecord)
	scope := q.Get("scope")
	switch {
	case q.Get("redirect_uri") == "":
		return nil, authorizePage(10011, "redirect_uri 不能为空")
	case scope == "":
		return nil, authorizePage(10010, "scope 不能为空")
	case !authorizeForm.MatchString(query):
		return nil, authorizePage(-1, "该链接无法访问: 参数顺序或参数错误")
	case !stateForm.MatchString(q.Get("state")):
		return nil, authorizePage(-1, "该链接无法访问: state 参数错误")
	case err != nil || !sites.leadsBack(back):
		return nil, authorizePage(10003, "redirect_uri 域名与后台配置不一致")
	case scope != scopeBase && scope != scopeUser || !c.a.may(rightOAuth):
		return nil, authorizePage(10005, "Scope 参数错误或没有 Scope 权限")
	case v.openID == "":
		return nil, authorizePage(-1, "请在微信客户端打开链接")
	case v.deny && scope == scopeUser:
		return blob{contentType: "text/html; charset=utf-8", body: []byte("<!DOCTYPE html><html><body></body></html>")}, nil
	}
	f := c.a.fan(v.openID) // a person who opens a page need not follow
	c.a.saveFan(f)
	l := login{OpenID: f.openID, Person: f.person(), Scope: scope, Made: c.now}
	if l.Snapshot = v.snapshot || q.Get("forceSnapShot") == "true"; l.Snapshot {
		l.Person = "snapshot of " + l.Person // somebody who is nobody: a virtual id and no profile
		l.OpenID = madeID("openid", c.a.AppID, l.Person)
	}
	added := "code=" + c.a.newLogin(l) + "&state=" + url.QueryEscape(q.Get("state"))
	if back.RawQuery != "" {
		added = back.RawQuery + "&" + added
	}
	back.RawQuery = added
	return blob{contentType: "text/html; charset=utf-8", status: http.StatusFound, location: back.String()}, nil
}
