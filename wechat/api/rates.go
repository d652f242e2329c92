package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Rate is how many calls of one path are made in each window of length Per. Windows begin with the clock's (a minute at second
// 0), as the platform counts them.
type Rate struct {
	Calls int
	Per   time.Duration
}

// PerMinute is a Rate by clock minute.
func PerMinute(calls int) Rate { return Rate{Calls: calls, Per: time.Minute} }

// DocumentedRates are the limits that the platform states. Those of other calls are not published: after an error 45011 a path
// pauses until the next clock minute; APIQuota tells the account's figures.
// Source: developers.weixin.qq.com/doc/service/guide/dev/api/limit, …/guide/product/message/Batch_Sends,
// …/api/base/api_getstableaccesstoken, …/api/webdev/access/api_snsrefreshtoken
func DocumentedRates() map[string]Rate {
	perSecond := Rate{Calls: 5, Per: time.Second}
	return map[string]Rate{
		tokenPath:                           PerMinute(10_000),
		"/cgi-bin/message/mass/sendall":     PerMinute(60),
		"/cgi-bin/message/mass/send":        PerMinute(60),
		"/sns/userinfo":                     PerMinute(50_000),
		"/sns/oauth2/refresh_token":         PerMinute(50_000),
		"/cgi-bin/wxopen/qrcodejumpget":     perSecond,
		"/cgi-bin/wxopen/qrcodejumpadd":     perSecond,
		"/cgi-bin/wxopen/qrcodejumpdelete":  perSecond,
		"/cgi-bin/wxopen/qrcodejumppublish": perSecond,
	}
}

// ErrRate is in the error of a call that was not made, because the path's rate would have left it too little of its time.
// The error is an *Error of class Retry, too, and its RetryAt says when the path opens.
var ErrRate = errors.New("held back by the rate of calls")

// limiter counts the calls of each path by the account's clock, which may be a simulated one.
type limiter struct {
	now   func() time.Time
	rates map[string]Rate

	mu    sync.Mutex
	paths map[string]*lane
}

// lane is what has been called on one path.
type lane struct {
	window time.Time // its start
	calls  int
	held   time.Time // until then nothing is called
}

func newLimiter(now func() time.Time, over map[string]Rate) limiter {
	rates := DocumentedRates()
	maps.Copy(rates, over)
	return limiter{now: now, rates: rates, paths: map[string]*lane{}}
}

// forCall is what a call that waits must have left of its time, or half of it where that is less: one that breaks off for want
// of time may have sent a message.
const forCall = 5 * time.Second

// wait returns when path may be called. Where there would be too little left until ctx's deadline it returns at once, with ErrRate.
func (l *limiter) wait(ctx context.Context, path string) error {
	for {
		left := l.take(path)
		if left <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok {
			if until := time.Until(deadline); until < left+min(forCall, until/2) {
				return &Error{API: path, Msg: ErrRate.Error(), Class: Retry, RetryAt: l.now().Add(left)}
			}
		}
		timer := time.NewTimer(min(left, time.Second)) // the account's clock may be faster than this one
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%s: wait for its rate of calls: %w", path, ctx.Err())
		}
	}
}

// take counts one call of path, or says how long there is none to take.
func (l *limiter) take(path string) time.Duration {
	rate := l.rates[path]
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.paths[path]
	if p == nil {
		if rate.Calls <= 0 {
			return 0
		}
		p = &lane{}
		l.paths[path] = p
	}
	now := l.now()
	// A clock that was set back must not hold a path for longer than a minute.
	if left := p.held.Sub(now); left > 0 && left <= time.Minute {
		return left
	}
	if rate.Calls <= 0 {
		delete(l.paths, path)
		return 0
	}
	window := now.Truncate(rate.Per)
	if back := p.window.Sub(window); back > 0 && back <= rate.Per {
		window = p.window // a clock that was corrected by a little opens no full window again
	}
	if !p.window.Equal(window) {
		p.window, p.calls = window, 0
	}
	if p.calls >= rate.Calls {
		return window.Add(rate.Per).Sub(now)
	}
	p.calls++
	return 0
}

// hold keeps path from being called until the next clock minute, which it returns.
func (l *limiter) hold(path string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.paths[path]
	if p == nil {
		p = &lane{}
		l.paths[path] = p
	}
	p.held = l.now().Truncate(time.Minute).Add(time.Minute)
	return p.held
}
