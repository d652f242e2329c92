package api

import (
	"context"
	"iter"
)

// BlacklistPage lists the blacklisted who come after the given OpenID, "" for the first; 10,000 at most. The platform pushes
// nothing they send and takes no message to them (43019).
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getblacklist
func (c *Client) BlacklistPage(ctx context.Context, after string) (OpenIDPage, error) {
	var out pageAnswer
	err := c.post(ctx, "/cgi-bin/tags/members/getblacklist", map[string]string{"begin_openid": after}, &out)
	return out.page(), err
}

// Blacklist goes over all the blacklisted who come after the given OpenID, "" for all. See Followers. As only older pages give
// the length of a page, it goes on until one is empty or names no next.
func (c *Client) Blacklist(ctx context.Context, after string) iter.Seq2[string, error] {
	return openIDs(after, 1, func(after string) (OpenIDPage, error) { return c.BlacklistPage(ctx, after) })
}

// MaxBlacklistFans is how many fans one call to the platform blacklists or takes off the list; only older pages give it.
const MaxBlacklistFans = 20

// BlacklistFans puts fans on the blacklist, in as many calls as it takes, MaxBlacklistFans in each. A *PartialError names those
// who are not on it while others of the list are. 268487001 says that the platform is busy and is of class Retry.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchblacklist
func (c *Client) BlacklistFans(ctx context.Context, openIDs []string) error {
	return c.blacklist(ctx, "/cgi-bin/tags/members/batchblacklist", openIDs)
}

// UnblacklistFans takes fans off the blacklist. See BlacklistFans.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchunblacklist
func (c *Client) UnblacklistFans(ctx context.Context, openIDs []string) error {
	return c.blacklist(ctx, "/cgi-bin/tags/members/batchunblacklist", openIDs)
}

func (c *Client) blacklist(ctx context.Context, path string, openIDs []string) error {
	if len(openIDs) == 0 {
		return refuse(path, "no openid")
	}
	return c.inBatches(ctx, path, openIDs, MaxBlacklistFans, func(batch []string) any { return map[string]any{"openid_list": batch} })
}
