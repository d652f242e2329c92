package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
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

var rid = regexp.MustCompile(`[, ]*rid: ?([0-9A-Za-z-]+)\s*$`)

func newError(path string, status, code int, msg string) *Error {
	e := &Error{API: path, Code: code, Msg: msg, HTTPStatus: status, Class: classOf(code)}
	if m := rid.FindStringSubmatchIndex(msg); m != nil {
		e.Msg, e.RID = msg[:m[0]], msg[m[2]:m[3]]
	}
	if code == 0 && (status >= 500 || status == http.StatusTooManyRequests) {
		e.Class = Retry
	}
	return e
}

// refuse is an Error for what the API has no form for; nothing is sent to the platform.
func refuse(path, msg string) error { return &Error{API: path, Msg: msg, Class: Payload} }

// noAnswer is a call of which it is not known what the platform made of it, or that never reached it.
type noAnswer struct {
	api  string
	sent bool // a connection was there: the request may have arrived
	err  error
}

func (e *noAnswer) Error() string { return e.api + ": " + e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

// Ambiguous reports whether the request may have reached the platform, although no answer came that tells: the message may
// have been sent.
func Ambiguous(err error) bool {
	// Where the token could not be had the call proper was not made.
	var lost *noAnswer
	if errors.As(err, &lost) {
		return lost.sent && lost.api != tokenPath
	}
	var refused *Error
	return errors.As(err, &refused) && refused.Code == 0 && refused.HTTPStatus >= 500 && refused.API != tokenPath
}

// withoutURL takes the URL, which holds the access token, off an error of net/http's.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// mask takes out of a text what must not be seen, should the platform ever repeat it.
func (c *Client) mask(text string) string {
	c.token.mu.Lock()
	token := c.token.token
	c.token.mu.Unlock()
	for _, secret := range []string{c.secret, token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// isTokenCode reports whether the token is to be renewed and the call made once more.
func isTokenCode(code int) bool { return code == 40001 || code == 40014 || code == 42001 }
