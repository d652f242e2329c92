package api

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Class says what a sender should do about an Error.
type Class string

// The classes. A code of no class is Unknown: a single message may be tried again a few times, a mass send must not.
const (
	Retry         Class = "retry"         // later, and slower
	Token         Class = "token"         // the access token was refused twice, also after it was renewed
	User          Class = "user"          // this fan cannot be reached until they act
	Quota         Class = "quota"         // not before the window of the quota opens again
	Configuration Class = "configuration" // permission, secret, template: stop and tell the operator
	Payload       Class = "payload"       // this message will never be taken
	Duplicate     Class = "duplicate"     // it was taken before
	Unknown       Class = "unknown"
)

// Error is a refusal: the platform (or, with Code 0, what stands before it) answered, and nothing was sent.
type Error struct {
	API        string // path of the call
	Code       int    // errcode; 0 where the answer was an HTTP error, or where the Client itself refused the call
	Msg        string // errmsg without its rid
	RID        string // the platform's id of the request, by which its support finds it
	HTTPStatus int
	Class      Class

	IP            string    // 40164, 61004: the address of ours that is not on the account's list
	Field         string    // 47003: the key of Data whose value is refused
	FailedOpenIDs []string  // 45171 and others of the tag calls: for these fans it failed, for the rest it was done
	RetryAt       time.Time // by the account's clock: before that the path is not called (45011, ErrRate); zero where not known
}

// Is makes errors.Is(err, ErrRate) work.
func (e *Error) Is(target error) bool {
	return target == ErrRate && e.Code == 0 && e.HTTPStatus == 0 && !e.RetryAt.IsZero()
}

func (e *Error) Error() string {
	s := e.API + ": "
	switch {
	case e.Code != 0:
		s += fmt.Sprintf("errcode %d: ", e.Code)
	case e.HTTPStatus != 0:
		s += fmt.Sprintf("HTTP %d: ", e.HTTPStatus)
	}
	s += e.Msg
	if e.RID != "" {
		s += " (rid " + e.RID + ")"
	}
	return s
}

var (
	rid   = regexp.MustCompile(`[,;\s]*\brid:\s*([0-9A-Za-z-]+)\s*$`)
	hint  = regexp.MustCompile(`[,;\s]*\bhint:\s*\[([^\]]*)\]\s*$`) // the older form
	badIP = regexp.MustCompile(`(?i)ip:?\s+([0-9a-f]*[.:][0-9a-f.:]*[0-9a-f])`)
	field = regexp.MustCompile(`\bdata\.(\w+?)(?:\.DATA)?\.value\b`)
)

// maxMsg bounds Error.Msg, in bytes: errors are logged and stored, and the platform's are short.
const maxMsg = 1000

// newError makes an Error of what the platform said; msg is masked already.
func newError(path string, status, code int, msg string) *Error {
	e := &Error{API: path, Code: code, Msg: msg, HTTPStatus: status, Class: classOf(code)}
	for _, id := range []*regexp.Regexp{rid, hint} {
		if m := id.FindStringSubmatchIndex(e.Msg); m != nil {
			if e.RID == "" {
				e.RID = e.Msg[m[2]:m[3]]
			}
			e.Msg = e.Msg[:m[0]]
		}
	}
	if len(e.Msg) > maxMsg {
		e.Msg = strings.ToValidUTF8(e.Msg[:maxMsg], "") + "…"
	}
	switch code {
	case 40164, 61004:
		if m := badIP.FindStringSubmatch(e.Msg); m != nil {
			e.IP = m[1]
		}
	case 47003:
		if m := field.FindStringSubmatch(e.Msg); m != nil {
			e.Field = m[1]
		}
	}
	if code == 0 && (status >= 500 || status == http.StatusTooManyRequests) {
		e.Class = Retry
	}
	return e
}

// refuse is an Error for what the API has no form for; nothing is sent to the platform.
func refuse(path, msg string) error { return &Error{API: path, Msg: msg, Class: Payload} }

// count is a number in the text of a refusal.
func count(n int) string { return strconv.Itoa(n) }

// noAnswer is a call of which it is not known what the platform made of it, or that never reached it.
type noAnswer struct {
	api  string
	sent bool // a connection was there: the request may have arrived
	err  error
}

func (e *noAnswer) Error() string { return e.api + ": " + e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

func badAnswer(path string) error {
	return &noAnswer{api: path, sent: true, err: errors.New("the answer has fields of another type")}
}

// Ambiguous reports whether the request may have reached the platform, although no answer came that tells: the message may
// have been sent.
func Ambiguous(err error) bool {
	// Where the token could not be had the call proper was not made.
	var lost *noAnswer
	if errors.As(err, &lost) {
		return lost.sent && !isTokenCall(lost.api)
	}
	var refused *Error
	return errors.As(err, &refused) && refused.Code == 0 && refused.HTTPStatus >= 500 && !isTokenCall(refused.API)
}

// Retryable reports whether a call that ended with err may be made again later as it is. mass says that it sends to many: then
// a code of unknown meaning counts as taken. What may have reached the platform (Ambiguous) is not retryable by this alone: only
// a client message id makes it safe. How long to wait is RetryAt where set, else the caller's matter.
func Retryable(err error, mass bool) bool {
	var refused *Error
	switch {
	case err == nil || Ambiguous(err):
		return false
	case errors.As(err, &refused):
		return refused.Class == Retry || refused.Class == Unknown && !mass
	}
	return true // it never went out
}

// isTokenCode reports whether the token is to be renewed and the call made once more.
func isTokenCode(code int) bool { return code == 40001 || code == 40014 || code == 42001 }
