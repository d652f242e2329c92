package simulator

import (
	"net/http"
	"strings"
	"time"
)

// usage is a counter within one period: a day, a month or a minute of Shanghai time.
type usage struct {
	Period string `json:"period"`
	N      int    `json:"n"`
}

const (
	day    = "2006-01-02"
	month  = "2006-01"
	minute = "2006-01-02T15:04"
)

// in is how much was used in the period that now falls in.
func (u usage) in(layout string, now time.Time) int {
	if u.Period != now.In(shanghai).Format(layout) {
		return 0
	}
	return u.N
}

// plus is u with one more.
func (u usage) plus(layout string, now time.Time) usage {
	return usage{Period: now.In(shanghai).Format(layout), N: u.in(layout, now) + 1}
}

// The account's counters that are not of one path.
const (
	counterMassDay    = "mass-day"    // mass sends of a subscription account today
	counterAllDay     = "all-day"     // mass sends to all today
	counterAllMonth   = "all-month"   // mass sends to all this month
	counterClear      = "clear-quota" // clear_quota this month
	counterClearOne   = "clear-one"   // openapi/quota/clear this month
	counterForceToken = "force-token" // forced refreshes of the stable token today
)

func (a *account) count(name, layout string, now time.Time) {
	a.others[name] = a.others[name].plus(layout, now)
	a.file.put("counter", a.AppID, name, a.others[name])
}

// limit is how many calls of the path a day are allowed, 0 where the platform's table gives none.
func (s *Server) limit(a *account, path string) int {
	if n, ok := s.cfg.DailyLimits[path]; ok {
		return n
	}
	ep := s.endpoints[path]
	if a.Test && ep.testDaily > 0 {
		return ep.testDaily
	}
	return ep.daily
}

// spend counts a call against the day's and the minute's quota.
func (s *Server) spend(a *account, path string, now time.Time) error {
	if most := s.endpoints[path].perMinute; most > 0 {
		if a.minutes[path].in(minute, now) >= most {
			return fail(45011)
		}
		a.minutes[path] = a.minutes[path].plus(minute, now)
	}
	if most := s.limit(a, path); most > 0 && a.calls[path].in(day, now) >= most {
		return fail(45009)
	}
	a.calls[path] = a.calls[path].plus(day, now)
	a.file.put("calls", a.AppID, path, a.calls[path])
	return nil
}

// quotaPath reads the path that a call about quotas names.
func (c *call) quotaPath() (string, error) {
	var req struct {
		Path string `json:"cgi_path"`
	}
	if err := c.decode(&req); err != nil {
		return "", err
	}
	switch _, ok := c.s.endpoints[req.Path]; {
	case !strings.HasPrefix(req.Path, "/") || strings.ContainsAny(req.Path, "?# "):
		return "", fail(76003)
	case strings.HasPrefix(req.Path, "/sns/"):
		return "", fail(76022)
	case !ok:
		return "", fail(76021)
	}
	return req.Path, nil
}

// quotaGet answers openapi/quota/get. A daily_limit of 0 stands for calls that the platform's table has no figure for.
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html
func quotaGet(c *call) (any, error) {
	path, err := c.quotaPath()
	if err != nil {
		return nil, err
	}
	limit, used := c.s.limit(c.a, path), c.a.calls[path].in(day, c.now)
	return struct {
		Code      int    `json:"errcode"`
		Msg       string `json:"errmsg"`
		Quota     any    `json:"quota"`
		Rate      any    `json:"rate_limit"`
		Component any    `json:"component_rate_limit"`
	}{
		Msg:       "ok",
		Quota:     map[string]int{"daily_limit": limit, "used": used, "remain": max(limit-used, 0)},
		Rate:      map[string]int{"call_count": c.s.endpoints[path].perMinute, "refresh_second": 60},
		Component: struct{}{},
	}, nil
}

const (
	clearsAMonth    = 10 // clear_quota, clear_quota/v2 and the website together
	oneClearsAMonth = 50 // openapi/quota/clear
)

// quotaClear answers clear_quota and clear_quota/v2: the day's counts begin anew. That v2 spends none of what it clears, and
// needs no token, makes it the way out where the tokens' own quota is used up.
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_clearquota.html and …/api_clearquotabyappsecret.html
func quotaClear(c *call) (any, error) {
	var req struct {
		AppID string `json:"appid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.AppID != c.a.AppID {
		return nil, fail(40013)
	}
	return nil, c.a.clearQuota(c.now)
}

func (a *account) clearQuota(now time.Time) error {
	if a.others[counterClear].in(month, now) >= clearsAMonth {
		return fail(48006)
	}
	a.count(counterClear, month, now)
	for path := range a.calls {
		delete(a.calls, path)
		a.file.drop("calls", a.AppID, path)
	}
	return nil
}

// quotaClearOne answers openapi/quota/clear: the count of one path begins anew. It has 50 chances a month of its own; that the
// code without any is 48006 as well is not documented.
// Source: developers.weixin.qq.com/doc/subscription/api/apimanage/api_clearapiquota.html
func quotaClearOne(c *call) (any, error) {
	path, err := c.quotaPath()
	if err != nil {
		return nil, err
	}
	if c.a.others[counterClearOne].in(month, c.now) >= oneClearsAMonth {
		return nil, fail(48006)
	}
	c.a.count(counterClearOne, month, c.now)
	delete(c.a.calls, path)
	c.a.file.drop("calls", c.a.AppID, path)
	return nil, nil
}

// websiteClear plays the owner who clears the quota on the website, which takes from the same ten.
func (s *Server) websiteClear(w http.ResponseWriter, _ *http.Request, a *account) {
	a.mu.Lock()
	err := a.clearQuota(s.Now())
	left := clearsAMonth - a.others[counterClear].in(month, s.Now())
	a.mu.Unlock()
	if err != nil {
		refuse(w, http.StatusConflict, "the ten times of this month are used up")
		return
	}
	answer(w, map[string]int{"left": left})
}
