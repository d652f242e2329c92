package api

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"unicode/utf8"
)

// Tag is a tag of the platform's; ids 0 to 2 are its own (2: starred). An account has at most 100, a fan 20.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettags
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

// CreateTag makes a tag; its name has 1 to 30 characters (45158) and must be new (45157). 45056: there are 100 already.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag
func (c *Client) CreateTag(ctx context.Context, name string) (Tag, error) {
	const path = "/cgi-bin/tags/create"
	if err := checkTagName(path, name); err != nil {
		return Tag{}, err
	}
	var out struct {
		Tag Tag `json:"tag"`
	}
	err := c.post(ctx, path, map[string]any{"tag": map[string]string{"name": name}}, &out)
	return out.Tag, err
}

// RenameTag gives a tag another name, which is bound as that of CreateTag is. The platform's own tags cannot be changed (45058).
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_updatetag
func (c *Client) RenameTag(ctx context.Context, tagID int, name string) error {
	const path = "/cgi-bin/tags/update"
	if err := checkOwnTag(path, tagID); err != nil {
		return err
	}
	if err := checkTagName(path, name); err != nil {
		return err
	}
	in := struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}{tagID, name}
	return c.post(ctx, path, map[string]any{"tag": in}, nil)
}

// DeleteTag takes a tag off everybody and away. One that more than 100,000 fans bear cannot be deleted before it has been
// taken off enough of them (45057); the platform's own never (45058).
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_deletetag
func (c *Client) DeleteTag(ctx context.Context, tagID int) error {
	const path = "/cgi-bin/tags/delete"
	if err := checkOwnTag(path, tagID); err != nil {
		return err
	}
	return c.post(ctx, path, map[string]any{"tag": map[string]int{"id": tagID}}, nil)
}

func checkTagName(path, name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 30 {
		return refuse(path, fmt.Sprintf("the name has %d characters, 1 to 30 are allowed", n))
	}
	return nil
}

func checkOwnTag(path string, tagID int) error {
	if tagID >= 0 && tagID <= 2 {
		return refuse(path, fmt.Sprintf("tag %d is the platform's own", tagID))
	}
	return nil
}

// FansOfTagPage lists the fans who bear a tag and come after the given OpenID, "" for the first; MaxPageOpenIDs at most.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagfans
func (c *Client) FansOfTagPage(ctx context.Context, tagID int, after string) (OpenIDPage, error) {
	in := struct {
		TagID int    `json:"tagid"`
		After string `json:"next_openid"`
	}{tagID, after}
	var out pageAnswer
	err := c.post(ctx, "/cgi-bin/user/tag/get", in, &out)
	return out.page(), err
}

// FansOfTag goes over all fans who bear a tag and come after the given OpenID, "" for all. See Followers.
func (c *Client) FansOfTag(ctx context.Context, tagID int, after string) iter.Seq2[string, error] {
	return openIDs(after, MaxPageOpenIDs, func(after string) (OpenIDPage, error) { return c.FansOfTagPage(ctx, tagID, after) })
}

// TagsOfFan lists the ids of a fan's tags.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagidlist
func (c *Client) TagsOfFan(ctx context.Context, openID string) ([]int, error) {
	const path = "/cgi-bin/tags/getidlist"
	if openID == "" {
		return nil, refuse(path, "no openid")
	}
	var out struct {
		IDs []int `json:"tagid_list"`
	}
	err := c.post(ctx, path, map[string]string{"openid": openID}, &out)
	return out.IDs, err
}

// MaxTagFans is how many fans one call to the platform tags or untags; the page states it for tagging only.
const MaxTagFans = 50

// TagFans gives the fans a tag, in as many calls as it takes, MaxTagFans in each. A *PartialError names those who did not get
// it while others did (45171). 45059: a fan bears 20 tags already; 45159: there is no such tag; 45169: the tags of one of them
// are being changed at the same time; 49003: an OpenID of another account.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchtagging
func (c *Client) TagFans(ctx context.Context, tagID int, openIDs []string) error {
	return c.inBatches(ctx, "/cgi-bin/tags/members/batchtagging", openIDs, MaxTagFans, func(batch []string) any { return members{batch, tagID} })
}

// UntagFans takes a tag from the fans. See TagFans.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchuntagging
func (c *Client) UntagFans(ctx context.Context, tagID int, openIDs []string) error {
	return c.inBatches(ctx, "/cgi-bin/tags/members/batchuntagging", openIDs, MaxTagFans, func(batch []string) any { return members{batch, tagID} })
}

type members struct {
	OpenIDs []string `json:"openid_list"`
	TagID   int      `json:"tagid"`
}
