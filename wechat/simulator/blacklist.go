package simulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// blacklistEndpoints are an account's own list of fans that it wants to hear nothing of.
func blacklistEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/tags/members/getblacklist":     {method: http.MethodPost, right: rightUsers, handle: blacklistGet},
		"/cgi-bin/tags/members/batchblacklist":   {method: http.MethodPost, right: rightUsers, handle: blacklistAdd},
		"/cgi-bin/tags/members/batchunblacklist": {method: http.MethodPost, right: rightUsers, handle: blacklistRemove},
	}
}

// maxBlacklist is how many OpenIDs one call may bring.
const maxBlacklist = 20

// blacklisted reports whether the account has put the fan on its blacklist: nothing can be sent to the fan then (43019), and
// the fan's messages are not pushed.
func (f *fan) blacklisted() bool { return !f.Blacklisted.IsZero() }

// blacklistGet answers getblacklist: in the order in which they were put there.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getblacklist.html
func blacklistGet(c *call) (any, error) {
	var req struct {
		Begin string `json:"begin_openid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	var all []*fan
	for _, f := range c.a.fans {
		if f.blacklisted() {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(x, y *fan) int {
		if c := x.Blacklisted.Compare(y.Blacklisted); c != 0 {
			return c
		}
		return strings.Compare(x.openID, y.openID)
	})
	list := all
	if req.Begin != "" {
		i := slices.IndexFunc(all, func(f *fan) bool { return f.openID == req.Begin })
		if i < 0 {
			return nil, fail(40003)
		}
		list = all[i+1:]
	}
	answer := openIDs(list, c.s.cfg.Figures.Page)
	answer["total"] = len(all)
	return answer, nil
}

func blacklistAdd(c *call) (any, error) {
	return nil, c.blacklist(func(f *fan) bool {
		if f.blacklisted() {
			return false
		}
		f.Blacklisted = c.now
		return true
	})
}

func blacklistRemove(c *call) (any, error) {
	return nil, c.blacklist(func(f *fan) bool {
		was := f.blacklisted()
		f.Blacklisted = time.Time{}
		return was
	})
}

// blacklist changes the fans of a request; change reports whether there was anything to do.
func (c *call) blacklist(change func(*fan) bool) error {
	var req struct {
		OpenIDs []string `json:"openid_list"`
	}
	if err := c.decode(&req); err != nil {
		return err
	}
	if len(req.OpenIDs) == 0 || len(req.OpenIDs) > maxBlacklist {
		return fail(40032)
	}
	list := make([]*fan, 0, len(req.OpenIDs))
	for _, id := range req.OpenIDs {
		f := c.a.fans[id]
		switch {
		case f != nil:
			list = append(list, f)
		case wellFormed(id):
			return fail(49003)
		default:
			return fail(40003)
		}
	}
	for _, f := range list {
		if change(f) {
			c.a.saveFan(f)
		}
	}
	return nil
}
