package simulator

import (
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

// quotaGet answers openapi/quota/get.
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html
func quotaGet(c *call) (any, error) {
	var req struct {
		Path string `json:"cgi_path"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	ep, ok := c.s.endpoints[req.Path]
	if !ok {
		return nil, fail(76021)
	}
	limit, used := c.s.limit(c.a, req.Path), c.a.calls[req.Path].in(day, c.now)
	return struct {
		Code      int    `json:"errcode"`
		Msg       string `json:"errmsg"`
		Quota     any    `json:"quota"`
		Rate      any    `json:"rate_limit"`
		Component any    `json:"component_rate_limit"`
	}{
		Msg:       "ok",
		Quota:     map[string]int{"daily_limit": limit, "used": used, "remain": max(limit-used, 0)},
		Rate:      map[string]int{"call_count": ep.perMinute, "refresh_second": 60},
		Component: struct{}{},
	}, nil
}

// quotaClear answers clear_quota: ten times a month the day's counts begin anew.
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_clearquota.html
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
	if c.a.others[counterClear].in(month, c.now) >= 10 {
		return nil, fail(48006)
	}
	c.a.count(counterClear, month, c.now)
	for path := range c.a.calls {
		delete(c.a.calls, path)
		c.a.file.drop("calls", c.a.AppID, path)
	}
	return nil, nil
}
