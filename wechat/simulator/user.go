package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
)

// userEndpoints are what the platform tells of fans.
func userEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/user/info":          {method: http.MethodGet, right: rightUsers, daily: 5_000_000, testDaily: 500_000, handle: userInfo},
		"/cgi-bin/user/info/batchget": {method: http.MethodPost, right: rightUsers, handle: userBatch},
		"/cgi-bin/user/get":           {method: http.MethodGet, right: rightUsers, daily: 500, testDaily: 100, handle: userList},
		"/cgi-bin/user/tag/get":       {method: http.MethodPost, right: rightUsers, handle: userByTag},
	}
}

// userAnswer is what the platform still tells of a follower: nickname, avatar, sex and region are gone since 2021.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
type userAnswer struct {
	Subscribe int    `json:"subscribe"`
	OpenID    string `json:"openid"`
	Since     int64  `json:"subscribe_time"`
	Remark    string `json:"remark"`
	GroupID   int    `json:"groupid"`
	Tags      []int  `json:"tagid_list"`
	How       string `json:"subscribe_scene"`
	QRScene   int    `json:"qr_scene"`
	QRString  string `json:"qr_scene_str"`
}

// user describes a fan; of one who does not follow only the OpenID is told.
func user(f *fan) any {
	if !f.Subscribed {
		return map[string]any{"subscribe": 0, "openid": f.openID}
	}
	u := userAnswer{Subscribe: 1, OpenID: f.openID, Since: f.Since.Unix(), Tags: []int{}, How: f.How, QRString: f.Scene}
	if len(f.Tags) > 0 {
		u.Tags, u.GroupID = f.Tags, f.Tags[0]
	}
	return u
}

// userInfo answers user/info.
func userInfo(c *call) (any, error) {
	f := c.a.fans[c.r.URL.Query().Get("openid")]
	if f == nil {
		return nil, fail(40003)
	}
	return user(f), nil
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
		list = append(list, user(f))
	}
	return map[string]any{"user_info_list": list}, nil
}

// userPage is how many OpenIDs one answer of a list holds.
const userPage = 10_000

// userList answers user/get: the followers, oldest first.
func userList(c *call) (any, error) {
	all := c.a.followers()
	ids, err := page(all, c.r.URL.Query().Get("next_openid"))
	if err != nil {
		return nil, err
	}
	answer := openIDs(ids)
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
	ids, err := page(c.a.tagged(tag), req.Next)
	if err != nil {
		return nil, err
	}
	return openIDs(ids), nil
}

// page is the part of the list behind the OpenID after.
func page(list []*fan, after string) ([]string, error) {
	if after != "" {
		i := slices.IndexFunc(list, func(f *fan) bool { return f.openID == after })
		if i < 0 {
			return nil, fail(40003)
		}
		list = list[i+1:]
	}
	ids := make([]string, 0, min(len(list), userPage))
	for _, f := range list[:min(len(list), userPage)] {
		ids = append(ids, f.openID)
	}
	return ids, nil
}

// openIDs is the shape of a list's answer: next_openid is the last one, or empty where there is none.
func openIDs(ids []string) map[string]any {
	if len(ids) == 0 {
		return map[string]any{"count": 0, "next_openid": ""}
	}
	return map[string]any{"count": len(ids), "data": map[string]any{"openid": ids}, "next_openid": ids[len(ids)-1]}
}
