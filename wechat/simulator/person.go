package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// profile is what a fan has on the phone and an account does not decide.
type profile struct {
	// Person is who the fan is: fans of several accounts with the same one are one person, with one UnionID where the accounts
	// are bound to one Open Platform account. Empty: the OpenID is the person's name.
	Person   string `json:"person,omitempty"`
	WeChatID string `json:"wechat_id,omitempty"`
	Nickname string `json:"nickname,omitempty"`
	Avatar   string `json:"headimgurl,omitempty"`
	// Platform is ios, android or other; empty is android. Conditional menus go by it.
	Platform string `json:"platform,omitempty"`
}

// profilePut is the control call that changes a fan's profile: all of it. It does not make a follower.
func (s *Server) profilePut(w http.ResponseWriter, r *http.Request, a *account) {
	var p profile
	if err := decodeControl(w, r, &p); err != nil {
		refuse(w, http.StatusBadRequest, `the body must be as {"person":"…","wechat_id":"…","nickname":"…","headimgurl":"…","platform":"ios"}`)
		return
	}
	if _, ok := platforms[p.Platform]; !ok {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("platform %q is none of ios, android and other", p.Platform))
		return
	}
	a.mu.Lock()
	f := a.fan(r.PathValue("openid"))
	f.Profile = &p
	a.saveFan(f)
	a.mu.Unlock()
	answer(w, p)
}

// platforms are the numbers of client_platform_type.
var platforms = map[string]int{"": 2, "ios": 1, "android": 2, "other": 3}

func (f *fan) profile() profile {
	if f.Profile == nil {
		return profile{}
	}
	return *f.Profile
}

func (f *fan) person() string { return orElse(f.profile().Person, f.openID) }

// unionID is the fan's, empty where the account is not bound to an Open Platform account.
func (a *account) unionID(f *fan) string {
	if a.OpenPlatform == "" {
		return ""
	}
	return madeID("union", a.OpenPlatform, f.person())
}

// madeID is an id of 28 characters in the form of an OpenID, always the same for the same parts.
func madeID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return "o" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))[:27]
}

// migrateCall is the control call {"from":"AppID"}: that account's followers become this one's, with new OpenIDs, as after an
// account's migration. The old account is left as it is; on the platform it is closed.
func (s *Server) migrateCall(w http.ResponseWriter, r *http.Request, a *account) {
	var req struct {
		From string `json:"from"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl)).Decode(&req)
	old := s.accounts[req.From]
	if err != nil || old == nil || old == a {
		refuse(w, http.StatusBadRequest, `the body must be {"from":"the app_id of another account"}`)
		return
	}
	old.mu.Lock()
	var list []fan
	for _, f := range old.followers() {
		list = append(list, fan{openID: f.openID, Profile: f.Profile})
	}
	old.mu.Unlock()
	a.takeOver(old.AppID, list, s.Now())
	answer(w, map[string]int{"moved": len(list)})
}

// takeOver makes followers of the fans of an account that moved here.
func (a *account) takeOver(from string, list []fan, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range list {
		f := a.fan(madeID("openid", a.AppID, o.person()))
		p := o.profile()
		p.Person = o.person()
		f.Profile = &p
		if !f.Subscribed {
			a.follow(f, "", "ADD_SCENE_ACCOUNT_MIGRATION", now)
		}
		a.rooms.moved.put(from+"/"+o.openID, f.openID)
	}
	a.rooms.moved.put(from, stamp(now))
}

// openIDChange answers changeopenid: the new OpenIDs of followers of an account that moved here. It works for 15 days. The
// page calls from_appid an original id; callers report that the AppID is what works: either is taken. What 63183 means no page
// says; it is what comes after the 15 days here.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/changeopenid/api_changeopenid.html
func openIDChange(c *call) (any, error) {
	var req struct {
		From    string   `json:"from_appid"`
		OpenIDs []string `json:"openid_list"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	for _, app := range c.s.apps { // an account's original id never changes
		if c.s.accounts[app].original == req.From {
			req.From = app
		}
	}
	moved, ok := c.a.rooms.moved.get(req.From)
	switch {
	case !ok:
		return nil, failf(63178, "appid wrong")
	case len(req.OpenIDs) == 0:
		return nil, failf(63182, "openid_list empty")
	case len(req.OpenIDs) > 100:
		return nil, fail(40032)
	case moved < stamp(c.now.AddDate(0, 0, -15)):
		return nil, fail(63183)
	}
	type result struct {
		Old string `json:"ori_openid"`
		New string `json:"new_openid,omitempty"`
		Msg string `json:"err_msg"`
	}
	list := make([]result, 0, len(req.OpenIDs))
	for _, id := range req.OpenIDs {
		r := result{Old: id, Msg: "ori_openid error"}
		if now, ok := c.a.rooms.moved.get(req.From + "/" + id); ok {
			r.New, r.Msg = now, "ok"
		}
		list = append(list, r)
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "result_list": list}, nil
}
