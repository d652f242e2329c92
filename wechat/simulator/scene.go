package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
)

// sceneCode is a QR code with a parameter that an account has made.
type sceneCode struct {
	Scene   string    `json:"scene"`
	Number  int64     `json:"number,omitempty"` // the scene, where it was given as a number
	Ticket  string    `json:"ticket"`
	Expires time.Time `json:"expires,omitzero"` // zero: permanent
}

// codeURL is where a QR code's picture leads. What follows it is the code's key in the account's records.
const codeURL = "http://weixin.qq.com/q/"

// newTicket makes the ticket of the code with the key: base64 with the URL inside, so that it needs escaping in a query.
func newTicket(key string) string {
	b := make([]byte, 8, 64)
	_, _ = rand.Read(b) // never fails
	b[0], b[1] = 0x81, b[1]&0x0f
	b = append(b, codeURL...)
	b = append(b, key...)
	for len(b)%3 != 1 { // two signs of padding
		b = append(b, 0)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// keyOf reads the key out of a ticket, empty where it is none.
func keyOf(ticket string) string {
	b, err := base64.StdEncoding.DecodeString(ticket)
	if err != nil || len(b) < 8 {
		return ""
	}
	key, ok := strings.CutPrefix(string(b[8:]), codeURL)
	if !ok {
		return ""
	}
	return strings.TrimRight(key, "\x00")
}

// byTicket finds the account's code.
func (a *account) byTicket(ticket string) (sceneCode, bool) {
	c, ok := a.rooms.codes.get(keyOf(ticket))
	return c, ok && c.Ticket == ticket
}

// scanAction is what a fan points the camera at: exactly one of a scene, for which no code needs to exist, a ticket, or the
// URL inside a code.
type scanAction struct {
	Scene  string `json:"scene"`
	Ticket string `json:"ticket"`
	URL    string `json:"url"`
}

func (s *scanAction) UnmarshalJSON(b []byte) error {
	type plain scanAction
	return stringOr(b, &s.Scene, (*plain)(s))
}

// arrival is how a fan comes to an account.
type arrival struct {
	how    string // subscribe_scene
	key    string // EventKey of subscribe
	scene  string // of the QR code; empty for none
	number int64  // the scene, where it is a number
	ticket string
	opens  string // the customer-service window
}

// arrival reads how the action makes a follower of one who is none. It is false for actions that do not, and for a code that
// has run out: pointing a camera at one does nothing.
func (a *account) arrival(do action, now time.Time) (at arrival, ok, void bool, err error) {
	switch {
	case do.Subscribe != nil:
		at = scanned(do.Subscribe.Scene, 0, "")
		if do.Subscribe.Key != "" {
			at = arrival{how: "ADD_SCENE_OTHERS", key: do.Subscribe.Key}
		}
		if at.how = orElse(do.Subscribe.How, at.how); !slices.Contains(subscribeScenes, at.how) {
			return at, false, false, errors.New("subscribe: how is no subscribe_scene of the platform's")
		}
		at.opens = openedBySubscribe
		return at, true, false, nil
	case do.Pay != nil:
		return arrival{how: "ADD_SCENE_PAID", key: "last_trade_no_" + do.Pay.TradeNo, opens: openedByPayment}, true, false, nil
	case do.Scan == nil:
		return at, false, false, nil
	case do.Scan.Scene != "" && do.Scan.Ticket == "" && do.Scan.URL == "":
		return scanned(do.Scan.Scene, 0, ""), true, false, nil
	}
	code, ok := a.byTicket(do.Scan.Ticket)
	if key, is := strings.CutPrefix(do.Scan.URL, codeURL); is && do.Scan.Ticket == "" {
		code, ok = a.rooms.codes.get(key)
	}
	if !ok {
		return at, false, false, errors.New("scan: the account has made no such QR code")
	}
	if !code.Expires.IsZero() && !now.Before(code.Expires) {
		return at, false, true, nil
	}
	return scanned(code.Scene, code.Number, code.Ticket), true, false, nil
}

// scanned is the arrival by a QR code with the scene, or without any by the search.
func scanned(scene string, number int64, ticket string) arrival {
	if scene == "" {
		return arrival{how: "ADD_SCENE_SEARCH", opens: openedBySubscribe}
	}
	return arrival{
		how: "ADD_SCENE_QR_CODE", key: "qrscene_" + scene, scene: scene, number: number,
		ticket: orElse(ticket, bareTicket(scene)), opens: openedBySubscribe,
	}
}

// bareTicket is that of a QR code that nobody made, made up of its scene.
func bareTicket(scene string) string { return "gQSIM_" + scene }

// subscribeScenes are the platform's names for how a fan came.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
var subscribeScenes = []string{
	"ADD_SCENE_SEARCH", "ADD_SCENE_ACCOUNT_MIGRATION", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_QR_CODE", "ADD_SCENE_PROFILE_LINK",
	"ADD_SCENE_PROFILE_ITEM", "ADD_SCENE_PAID", "ADD_SCENE_WECHAT_ADVERTISEMENT", "ADD_SCENE_REPRINT", "ADD_SCENE_LIVESTREAM",
	"ADD_SCENE_CHANNELS", "ADD_SCENE_WXA", "ADD_SCENE_OTHERS",
}
