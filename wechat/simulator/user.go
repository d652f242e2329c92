package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// userEndpoints are what the platform tells of fans, and the account's own list of those it bars.
func userEndpoints() map[string]endpoint {
	all := map[string]endpoint{
		"/cgi-bin/user/info":              {method: http.MethodGet, right: rightUsers, daily: 5_000_000, testDaily: 500_000, handle: userInfo},
		"/cgi-bin/user/info/batchget":     {method: http.MethodPost, right: rightUsers, handle: userBatch},
		"/cgi-bin/user/info/updateremark": {method: http.MethodPost, right: rightUsers, daily: 10_000, handle: userRemark},
		"/cgi-bin/user/get":               {method: http.MethodGet, right: rightUsers, daily: 500, testDaily: 100, handle: userList},
		"/cgi-bin/user/tag/get":           {method: http.MethodPost, right: rightUsers, handle: userByTag},
		"/cgi-bin/changeopenid":           {method: http.MethodPost, right: rightUsers, handle: openIDChange},
	}
	maps.Copy(all, blacklistEndpoints())
	return all
}

// userAnswer is what the platform still tells of a follower: nickname, avatar, sex and region are gone since 2021.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
type userAnswer struct {
	Subscribe int    `json:"subscribe"`
	OpenID    string `json:"openid"`
	*withdrawn
	Since    int64  `json:"subscribe_time"`
	UnionID  string `json:"unionid,omitempty"`
	Remark   string `json:"remark"`
	GroupID  int    `json:"groupid"`
	Tags     []int  `json:"tagid_list"`
	How      string `json:"subscribe_scene"`
	QRScene  int64  `json:"qr_scene"`
	QRString string `json:"qr_scene_str"`
}

// withdrawn are the keys that may still appear without a value.
type withdrawn struct {
	Nickname string `json:"nickname"`
	Sex      int    `json:"sex"`
	Language string `json:"language"`
	City     string `json:"city"`
	Province string `json:"province"`
	Country  string `json:"country"`
	Avatar   string `json:"headimgurl"`
}

// user describes a fan; of one who does not follow only the OpenID is told.
func (c *call) user(f *fan) any {
	if !f.Subscribed {
		return map[string]any{"subscribe": 0, "openid": f.openID}
	}
	u := userAnswer{
		Subscribe: 1, OpenID: f.openID, Since: f.Since.Unix(), UnionID: c.a.unionID(f), Remark: f.Remark,
		Tags: []int{}, How: f.How, QRScene: f.SceneID, QRString: f.Scene,
	}
	if f.SceneID != 0 { // a number is told as one
		u.QRString = ""
	}
	if len(f.Tags) > 0 {
		u.Tags, u.GroupID = f.Tags, f.Tags[0]
	}
	if c.s.cfg.Switches.WithdrawnFields {
		u.withdrawn = &withdrawn{}
	}
	return u
}

// userInfo answers user/info.
func userInfo(c *call) (any, error) {
	f := c.a.fans[c.r.URL.Query().Get("openid")]
	if f == nil {
		return nil, fail(40003)
	}
	return c.user(f), nil
}

// userBatch answers user/info/batchget, up to 100 OpenIDs.
func userBatch(c *call) (any, error) {
	var req struct {
		List []struct {
			OpenID string `json:"openid"`
		} `json:"user_list"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if len(req.List) == 0 || len(req.List) > 100 {
		return nil, fail(40032)
	}
	list := make([]any, 0, len(req.List))
	for _, u := range req.List {
		f := c.a.fans[u.OpenID]
		if f == nil {
			return nil, fail(40003)
		}
		list = append(list, c.user(f))
	}
	return map[string]any{"user_info_list": list}, nil
}

// maxRemark is what a remark must stay below, in bytes.
const maxRemark = 30

// userRemark answers user/info/updateremark.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_updateremark.html
func userRemark(c *call) (any, error) {
	var req struct {
		OpenID string `json:"openid"`
		Remark string `json:"remark"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[req.OpenID]
	switch {
	case f == nil:
		return nil, fail(40003)
	case !f.Subscribed:
		return nil, fail(43004)
	case len(req.Remark) >= maxRemark:
		return nil, failf(40092, "invalid remark name")
	}
	f.Remark = req.Remark
	c.a.saveFan(f)
	return nil, nil
}

// userList answers user/get: the followers, oldest first.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans.html
func userList(c *call) (any, error) {
	all := c.a.followers()
	list, err := c.a.behind(all, c.r.URL.Query().Get("next_openid"))
	if err != nil {
		return nil, err
	}
	answer := openIDs(list, c.s.cfg.Figures.Page)
	answer["total"] = len(all)
	return answer, nil
}

// userByTag answers user/tag/get: the followers who have a tag.
func userByTag(c *call) (any, error) {
	var req struct {
		Tag  json.RawMessage `json:"tagid"`
		Next string          `json:"next_openid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	tag, ok := tagNumber(req.Tag)
	if !ok || !c.a.hasTag(tag) {
		return nil, fail(45159)
	}
	list, err := c.a.behind(c.a.tagged(tag), req.Next)
	if err != nil {
		return nil, err
	}
	return openIDs(list, c.s.cfg.Figures.Page), nil
}

// behind is the part of a list of followers behind the OpenID after. A fan who left, or lost the tag, since the page before
// still has a place in the order.
func (a *account) behind(list []*fan, after string) ([]*fan, error) {
	if after == "" {
		return list, nil
	}
	last := a.fans[after]
	if last == nil {
		return nil, fail(40003)
	}
	i, found := slices.BinarySearchFunc(list, last, before)
	if found {
		i++
	}
	return list[i:], nil
}

// openIDs is one page of a list: next_openid is the last one of the page, or empty where there is none.
func openIDs(list []*fan, page int) map[string]any {
	if len(list) == 0 {
		return map[string]any{"count": 0, "next_openid": ""}
	}
	ids := make([]string, 0, min(len(list), page))
	for _, f := range list[:min(len(list), page)] {
		ids = append(ids, f.openID)
	}
	return map[string]any{"count": len(ids), "data": map[string]any{"openid": ids}, "next_openid": ids[len(ids)-1]}
}
