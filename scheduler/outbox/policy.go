package outbox

import (
	"errors"
	"fmt"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/wechat/api"
)

// This file decides what happens at least once and what at most once, and nothing else does.
//
//	channel   after a call without an answer, or a crash during it            so a fan gets it
//	template  called again with the same client_msg_id for 10 minutes         once; after 10 minutes: uncertain
//	mass      called again with the same clientmsgid for 24 hours             once; after 24 hours: uncertain
//	customer  never called again: the platform has nothing to recognise it by at most once; uncertain
//	notice    never called again: the call has no documented client id        at most once; uncertain
//
// What the platform has answered with an error was not sent; the error's class, which the client knows, says whether it is tried
// again.

// again is how long after the first call without an answer the platform recognises the same message.
// Source: wechat-api fact sheet 3.1 (client_msg_id) and 4 (clientmsgid).
var again = map[string]time.Duration{
	store.Template: 10 * time.Minute,
	store.Mass:     24 * time.Hour,
}

// repeatable says whether a message that was first called at tried may be called again now, no answer being known.
func repeatable(channel string, tried, now time.Time) bool {
	return now.Sub(tried) < again[channel]
}

// How often a single send is tried in all.
const (
	maxRetry         = 12  // the platform says that it is busy: about an hour
	maxUnknown       = 3   // a code that nobody knows: two retries (fact sheet 13)
	maxUnreachable   = 150 // the platform cannot be reached: about a day
	maxConfiguration = 144 // the account's owner has to mend something: a day at pauseFor
)

// pauseFor is how long sending by a channel pauses when the account is not allowed or not set up to.
const pauseFor = 10 * time.Minute

// action is what to do after a call.
type action int

const (
	accept    action = iota // the platform took it
	fail                    // it can never arrive
	retry                   // it was not sent; try again later
	repeat                  // it may have been sent; call again, the platform recognises it
	unsure                  // it may have been sent; do not call again
	closed                  // a quota is used up; wait until it opens
	configure               // the account must be mended; wait
)

// ruling is an action with its reason and, where it waits, for how long. attempt is how many tries have failed with this one; a
// call that was not made, or found a quota used up, is none.
type ruling struct {
	action  action
	why     string
	wait    time.Duration
	attempt int
}

// judge decides what the answer to a call means. failed counts the tries before; tried is the first call that has got no
// answer yet.
func judge(channel, jobID string, err error, failed int, tried, now time.Time) ruling {
	if err == nil {
		return ruling{action: accept}
	}
	attempt := failed + 1
	wait := scheduler.Backoff(jobID, attempt)
	if api.Ambiguous(err) {
		why := "WeChat gave no answer: " + brief(err)
		switch {
		case repeatable(channel, tried, now.Add(wait)):
			return ruling{repeat, why, wait, attempt}
		case repeatable(channel, tried, now.Add(time.Second)):
			return ruling{repeat, why, time.Second, attempt}
		}
		return ruling{unsure, why, 0, attempt}
	}
	var e *api.Error
	if !errors.As(err, &e) {
		return bounded(retry, attempt, maxUnreachable, "WeChat cannot be reached: "+brief(err), wait)
	}
	why, opens := reason(e), e.RetryAt.Sub(now)
	switch {
	case errors.Is(err, api.ErrRate):
		return ruling{retry, why, opens, failed}
	case e.Class == api.Duplicate:
		return ruling{action: accept, why: why}
	case e.Class == api.Quota:
		return ruling{action: closed, why: why, attempt: failed}
	case e.Class == api.Token || e.Class == api.Configuration: // the client has renewed the token already
		return bounded(configure, attempt, maxConfiguration, why, pauseFor)
	case !api.Retryable(err, channel == store.Mass):
		return ruling{action: fail, why: why, attempt: attempt}
	case e.Class == api.Unknown:
		return bounded(retry, attempt, maxUnknown, why, wait)
	}
	return bounded(retry, attempt, maxRetry, why, max(wait, atLeast[e.Code], opens))
}

func bounded(a action, attempt, most int, why string, wait time.Duration) ruling {
	if attempt >= most {
		return ruling{fail, fmt.Sprintf("%s (given up after %d tries)", why, attempt), 0, attempt}
	}
	return ruling{a, why, wait, attempt}
}

// atLeast are waits that an error asks for; that of 45011 is the client's RetryAt. Source: fact sheet 13.
var atLeast = map[int]time.Duration{
	45066: time.Minute, 89507: time.Hour, 89506: 24 * time.Hour,
	89501: 2 * time.Minute, 89502: 2 * time.Minute, 89503: 2 * time.Minute, 89504: 2 * time.Minute, 89505: 2 * time.Minute,
}

// ofMessage are configuration errors that concern the template or link of the message and not the account: others go on.
// Source: fact sheet 3.1, 3.2, 13.
var ofMessage = map[int]bool{
	40036: true, 40037: true, 40081: true, 40176: true, 40165: true, 40166: true, 40168: true, 41030: true, 43102: true,
	43107: true, 43116: true, 45064: true, 45086: true, 48011: true, 40152: true, 45159: true, 48008: true,
}

// reason is the platform's code and meaning, for the journal, with what somebody has to mend.
func reason(e *api.Error) string {
	why := e.Msg
	switch {
	case e.Code != 0:
		why = fmt.Sprintf("WeChat refused it: %d %s", e.Code, e.Msg)
	case e.HTTPStatus != 0:
		why = fmt.Sprintf("WeChat refused it: HTTP %d %s", e.HTTPStatus, e.Msg)
	}
	switch {
	case e.IP != "":
		why += fmt.Sprintf("; put the address %s on the account's list of IP addresses", e.IP)
	case e.Field != "":
		why += fmt.Sprintf("; the value of %s is not as its template wants it", e.Field)
	}
	return why
}

// brief is an error in at most 100 characters.
func brief(err error) string {
	s := []rune(err.Error())
	if len(s) > 100 {
		return string(s[:100]) + "…"
	}
	return string(s)
}
