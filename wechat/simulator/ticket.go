package simulator

import (
	"crypto/rand"
	"net/http"
	"time"
)

// ticketEndpoints are the tickets with which web pages sign.
func ticketEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/ticket/getticket": {method: http.MethodGet, right: rightJSSDK, daily: 1_000_000, handle: ticketGet},
	}
}

// jsTicket is a ticket of the JS-SDK or of cards.
type jsTicket struct {
	Text    string    `json:"text"`
	Expires time.Time `json:"expires"`
}

const ticketLife = 2 * time.Hour

// ticketGet answers ticket/getticket. Until a ticket ends it is given again; the pages say how long one lives and not what a
// second call gives.
// Source: developers.weixin.qq.com/doc/service/api/webdev/jssdk/api_getticket.html
func ticketGet(c *call) (any, error) {
	kind := c.r.URL.Query().Get("type")
	switch {
	case kind != "jsapi" && kind != "wx_card":
		return nil, fail(40097)
	case kind == "wx_card" && !c.a.may(rightOAuth): // cards are no part of what everybody has
		return nil, fail(48001)
	}
	t, ok := c.a.rooms.tickets.get(kind)
	if !ok || !c.now.Before(t.Expires) {
		t = jsTicket{Text: "sM4AOVdWfPE4DxkX" + rand.Text() + "-" + rand.Text() + "_" + rand.Text()[:16], Expires: c.now.Add(ticketLife)}
		c.a.rooms.tickets.put(kind, t)
	}
	return struct {
		Code   int    `json:"errcode"`
		Msg    string `json:"errmsg"`
		Ticket string `json:"ticket"`
		Life   int    `json:"expires_in"` // seconds
	}{0, "ok", t.Text, int(t.Expires.Sub(c.now).Seconds())}, nil
}
