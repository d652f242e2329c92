package api

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// UserInfo is a fan as the platform knows them. Of one who does not follow only OpenID is set. Sex and place are no longer
// given (2021), nor name and picture (since 2021-12-27), nor the language.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
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

// userAnswer is a fan as user/info and user/info/batchget write one.
type userAnswer struct {
	Subscribe      Flag     `json:"subscribe"`
	OpenID         string   `json:"openid"`
	UnionID        string   `json:"unionid"`
	SubscribeTime  looseInt `json:"subscribe_time"`
	SubscribeScene string   `json:"subscribe_scene"`
	Remark         string   `json:"remark"`
	TagIDs         []int    `json:"tagid_list"`
	QRScene        looseInt `json:"qr_scene"`
	QRSceneStr     string   `json:"qr_scene_str"`
}

func (a userAnswer) info() UserInfo {
	return UserInfo{
		OpenID: a.OpenID, UnionID: a.UnionID, Subscribed: bool(a.Subscribe), SubscribedAt: unixTime(int64(a.SubscribeTime)),
		SubscribeScene: a.SubscribeScene, Remark: a.Remark, TagIDs: a.TagIDs, QRScene: int64(a.QRScene), QRSceneStr: a.QRSceneStr,
	}
}

// unixTime is the time, in UTC, of what the platform gives in seconds; 0, which stands for none, is the zero time.
func unixTime(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// User asks for one fan. 5,000,000 calls a day.
func (c *Client) User(ctx context.Context, openID string) (UserInfo, error) {
	var out userAnswer
	if err := c.get(ctx, "/cgi-bin/user/info", url.Values{"openid": {openID}, "lang": {"zh_CN"}}, &out); err != nil {
		return UserInfo{}, err
	}
	return out.info(), nil
}

// MaxUsers is how many fans one call of user/info/batchget may name.
const MaxUsers = 100

// Users asks for many fans, as many calls as it takes, MaxUsers in each. It returns them in the platform's order; with an
// error come those whom it has got before.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo
func (c *Client) Users(ctx context.Context, openIDs []string) ([]UserInfo, error) {
	type user struct {
		OpenID string `json:"openid"`
		Lang   string `json:"lang"`
	}
	infos := make([]UserInfo, 0, len(openIDs))
	for list := range slices.Chunk(openIDs, MaxUsers) {
		in := make([]user, len(list))
		for i, id := range list {
			in[i] = user{id, "zh_CN"}
		}
		var out struct {
			Users []userAnswer `json:"user_info_list"`
		}
		if err := c.post(ctx, "/cgi-bin/user/info/batchget", map[string]any{"user_list": in}, &out); err != nil {
			return infos, err
		}
		for _, u := range out.Users {
			infos = append(infos, u.info())
		}
	}
	return infos, nil
}

// MaxPageOpenIDs is the length of a full page of OpenIDs.
const MaxPageOpenIDs = 10000

// OpenIDPage is a part of a list of fans.
type OpenIDPage struct {
	OpenIDs []string
	Total   int64  // of the whole list; 0 in lists by tag, which do not give it
	Next    string // ask for what comes after it; it may be set on the last page, too
}

type pageAnswer struct {
	Total int64 `json:"total"`
	Data  struct {
		OpenIDs []string `json:"openid"`
	} `json:"data"`
	Next string `json:"next_openid"`
}

func (a pageAnswer) page() OpenIDPage {
	return OpenIDPage{OpenIDs: a.Data.OpenIDs, Total: a.Total, Next: a.Next}
}

// FollowersPage lists the fans who come after the given OpenID, "" for the first; MaxPageOpenIDs at most. 500 calls a day;
// 268487002 says that the platform is busy and is of class Retry.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans
func (c *Client) FollowersPage(ctx context.Context, after string) (OpenIDPage, error) {
	query := url.Values{}
	if after != "" {
		query.Set("next_openid", after)
	}
	var out pageAnswer
	err := c.get(ctx, "/cgi-bin/user/get", query, &out)
	return out.page(), err
}

// Followers goes over all fans who come after the given OpenID, "" for all, page by page. An error ends it; calling it again
// with the last OpenID seen goes on from there.
func (c *Client) Followers(ctx context.Context, after string) iter.Seq2[string, error] {
	return openIDs(after, MaxPageOpenIDs, func(after string) (OpenIDPage, error) { return c.FollowersPage(ctx, after) })
}

// openIDs goes over pages. One that names no next, is empty or has less than full OpenIDs is the last one.
func openIDs(after string, full int, ask func(after string) (OpenIDPage, error)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for after := after; ; {
			page, err := ask(after)
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page.OpenIDs {
				if !yield(id, nil) {
					return
				}
			}
			if len(page.OpenIDs) < full || len(page.OpenIDs) == 0 || page.Next == "" {
				return
			}
			if page.Next == after {
				yield("", fmt.Errorf("list fans: the page after %q names itself as the next", after))
				return
			}
			after = page.Next
		}
	}
}

// SetRemark names a fan for the account's own use; less than 30 bytes (40092), "" for none. 10,000 calls a day; 43004 for who
// does not follow.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_updateremark
func (c *Client) SetRemark(ctx context.Context, openID, remark string) error {
	const path = "/cgi-bin/user/info/updateremark"
	switch {
	case openID == "":
		return refuse(path, "no openid")
	case len(remark) >= 30:
		return refuse(path, fmt.Sprintf("the remark has %d bytes, at most 29 are allowed", len(remark)))
	}
	return c.post(ctx, path, map[string]string{"openid": openID, "remark": remark}, nil)
}

// ChangedOpenID is what became of one OpenID when the account was migrated.
type ChangedOpenID struct {
	Old string `json:"ori_openid"`
	New string `json:"new_openid"`
	Err string `json:"err_msg"` // "ok", or why there is no new one
}

// MaxChangedOpenIDs is how many OpenIDs one call of ChangeOpenIDs may name.
const MaxChangedOpenIDs = 100

// ChangeOpenIDs turns OpenIDs of the account fromAppID, which was migrated into this one, into this account's; at most
// MaxChangedOpenIDs. The page calls from_appid the original id (gh_…); callers report that the AppID is what works. It works for 15
// days. 63178: that account was not migrated into this one; 63182: no OpenID was given; 63183: seen without a text.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/changeopenid/api_changeopenid
func (c *Client) ChangeOpenIDs(ctx context.Context, fromAppID string, openIDs []string) ([]ChangedOpenID, error) {
	const path = "/cgi-bin/changeopenid"
	switch n := len(openIDs); {
	case fromAppID == "":
		return nil, refuse(path, "no from_appid")
	case n == 0 || n > MaxChangedOpenIDs:
		return nil, refuse(path, fmt.Sprintf("%d openids, 1 to %d are allowed", n, MaxChangedOpenIDs))
	}
	in := struct {
		FromAppID string   `json:"from_appid"`
		OpenIDs   []string `json:"openid_list"`
	}{fromAppID, openIDs}
	var out struct {
		Results []ChangedOpenID `json:"result_list"`
	}
	err := c.post(ctx, path, in, &out)
	return out.Results, err
}

// PartialError says that some fans of a list were done and others were not. Err says why, and its class is that of the rest:
// where it is Retry the call may be made again with Failed alone.
type PartialError struct {
	Failed []string // OpenIDs
	Err    error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%d fans not done: %v", len(e.Failed), e.Err)
}
func (e *PartialError) Unwrap() error { return e.Err }

// inBatches makes one call for each size of openIDs. That some of a batch failed does not keep the next ones from being done;
// any other error does.
func (c *Client) inBatches(ctx context.Context, path string, openIDs []string, size int, body func(batch []string) any) error {
	if len(openIDs) == 0 {
		return c.post(ctx, path, body([]string{}), nil) // the platform's to judge
	}
	var failed []string
	var why error
	for done := 0; done < len(openIDs); done += size {
		batch := openIDs[done:min(done+size, len(openIDs))]
		some, err := c.batch(ctx, path, body(batch))
		switch {
		case err == nil:
		case len(some) > 0:
			failed, why = append(failed, some...), err
		case done == 0:
			return err // nobody was done
		default:
			return &PartialError{Failed: append(failed, openIDs[done:]...), Err: err}
		}
	}
	if why == nil {
		return nil
	}
	return &PartialError{Failed: failed, Err: why}
}

// batch makes one of these calls; it returns whom it failed for when it was done for the others.
func (c *Client) batch(ctx context.Context, path string, body any) (failed []string, err error) {
	var out struct {
		Failed []string `json:"fail_openid_list"`
	}
	err = c.post(ctx, path, body, &out)
	if err == nil && len(out.Failed) > 0 { // no page says whether the list comes with an errcode always
		return out.Failed, &Error{API: path, HTTPStatus: http.StatusOK, Msg: "it failed for some of the openids", Class: Retry, FailedOpenIDs: out.Failed}
	}
	if refused := new(Error); errors.As(err, &refused) {
		failed = refused.FailedOpenIDs
	}
	return failed, err
}
