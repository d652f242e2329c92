package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// apiError is an error answer of the platform: HTTP 200 with errcode and errmsg. Fields stand beside them in the answer.
type apiError struct {
	code   int
	text   string
	fields map[string]any
}

func (e *apiError) Error() string { return fmt.Sprintf("errcode %d: %s", e.code, e.text) }

// fail is the error of a code with its usual text.
func fail(code int) *apiError { return &apiError{code: code, text: messages[code]} }

// failf is fail with a text that says more.
func failf(code int, format string, args ...any) *apiError {
	return &apiError{code: code, text: fmt.Sprintf(format, args...)}
}

// messages are the platform's English texts. Programs should look at the code alone, as the platform's pages say.
// Source: the table of the fact sheet's section 13.
var messages = map[int]string{
	-1:    "system error",
	40001: "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
	40002: "invalid grant_type",
	40003: "invalid openid",
	40007: "invalid media_id",
	40008: "invalid message type",
	40013: "invalid appid",
	40014: "invalid access_token",
	40031: "invalid openid list",
	40032: "invalid openid list size",
	40037: "invalid template_id",
	40059: "invalid msg id",
	40066: "invalid url",
	40125: "invalid appsecret, view more at http://t.cn/RAEkdVq",
	40130: "invalid openid list size, at least two openid",
	41001: "access_token missing",
	41002: "appid missing",
	41004: "appsecret missing",
	41006: "media_id missing",
	42001: "access_token expired",
	43001: "require GET method",
	43002: "require POST method",
	43004: "require subscribe",
	43101: "user refuse to accept the msg",
	44002: "empty post data",
	44003: "empty news data",
	44004: "empty content",
	45002: "content size out of limit",
	45008: "article size out of limit",
	45009: "reach max api daily quota limit",
	45011: "api minute-quota reach limit, must slower, retry next minute",
	45015: "response out of time limit or subscription is canceled",
	45028: "has no masssend quota",
	45047: "out of response count limit",
	45056: "too many tag now, no need to add new",
	45058: "can't modify sys tag",
	45059: "can not add more than 20 tags to a user",
	45065: "clientmsgid exist",
	45067: "clientmsgid size out of limit",
	45113: "product and card messages are no longer supported",
	45157: "invalid tag name",
	45158: "tag name too long",
	45159: "invalid tag id",
	47001: "data format error",
	47002: "body holds \\u escapes: write UTF-8",
	47003: "argument invalid!",
	48001: "api unauthorized",
	48002: "user block",
	48006: "forbid to clear quota because of reaching the limit",
	49003: "not match openid with appid",
	76021: "cgi_path not found",
}

// requestID is the rid at the end of errmsg: the second of the call, then two random parts.
func requestID(now time.Time) string {
	return fmt.Sprintf("rid: %08x-%08x-%08x", uint32(now.Unix()), rand.Uint32(), rand.Uint32())
}
