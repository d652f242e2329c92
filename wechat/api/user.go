package api

import (
	"context"
	"net/url"
	"time"
)

// UserInfo is a fan as the platform knows them. Of one who does not follow only OpenID is set. Name, picture and place are no
// longer given (since 2021). Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
type UserInfo struct {
	OpenID, UnionID string // UnionID where the account is bound to an open-platform account
	Subscribed      bool
	SubscribedAt    time.Time // UTC, seconds
	SubscribeScene  string    // ADD_SCENE_QR_CODE, …
	Remark          string
	TagIDs          []int
	QRScene         int64 // the QR code's scene, by which they came, if it was a number
	QRSceneStr      string
}

// User asks for one fan.
func (c *Client) User(ctx context.Context, openID string) (UserInfo, error) {
	var out struct {
		Subscribe      int    `json:"subscribe"`
		OpenID         string `json:"openid"`
		UnionID        string `json:"unionid"`
		SubscribeTime  int64  `json:"subscribe_time"`
		SubscribeScene string `json:"subscribe_scene"`
		Remark         string `json:"remark"`
		TagIDs         []int  `json:"tagid_list"`
		QRScene        int64  `json:"qr_scene"`
		QRSceneStr     string `json:"qr_scene_str"`
	}
	if err := c.get(ctx, "/cgi-bin/user/info", url.Values{"openid": {openID}, "lang": {"zh_CN"}}, &out); err != nil {
		return UserInfo{}, err
	}
	u := UserInfo{
		OpenID: out.OpenID, UnionID: out.UnionID, Subscribed: out.Subscribe == 1, SubscribeScene: out.SubscribeScene,
		Remark: out.Remark, TagIDs: out.TagIDs, QRScene: out.QRScene, QRSceneStr: out.QRSceneStr,
	}
	if out.SubscribeTime > 0 {
		u.SubscribedAt = time.Unix(out.SubscribeTime, 0).UTC()
	}
	return u, nil
}

// Tag is a tag of the platform's; ids 0 to 2 are its own. An account has at most 100, a fan 20.
type Tag struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Count int    `json:"count"` // of fans
}

// Tags lists the account's tags.
func (c *Client) Tags(ctx context.Context) ([]Tag, error) {
	var out struct {
		Tags []Tag `json:"tags"`
	}
	err := c.get(ctx, "/cgi-bin/tags/get", url.Values{}, &out)
	return out.Tags, err
}

// CreateTag makes a tag; its name has at most 30 characters and must be new (45157).
func (c *Client) CreateTag(ctx context.Context, name string) (Tag, error) {
	var out struct {
		Tag Tag `json:"tag"`
	}
	err := c.post(ctx, "/cgi-bin/tags/create", map[string]any{"tag": map[string]string{"name": name}}, &out)
	return out.Tag, err
}

// MaxTagFans is how many fans one call of TagFans or UntagFans may name.
const MaxTagFans = 50

// TagFans gives the fans a tag.
func (c *Client) TagFans(ctx context.Context, tagID int, openIDs []string) error {
	return c.post(ctx, "/cgi-bin/tags/members/batchtagging", members{openIDs, tagID}, nil)
}

// UntagFans takes a tag from the fans.
func (c *Client) UntagFans(ctx context.Context, tagID int, openIDs []string) error {
	return c.post(ctx, "/cgi-bin/tags/members/batchuntagging", members{openIDs, tagID}, nil)
}

type members struct {
	OpenIDs []string `json:"openid_list"`
	TagID   int      `json:"tagid"`
}
