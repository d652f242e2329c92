package api

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const ticketPath = "/cgi-bin/ticket/getticket"

// TicketType is what a ticket is for.
type TicketType string

// The types of tickets.
const (
	TicketJSAPI TicketType = "jsapi"   // signs pages that use the JS-SDK
	TicketCard  TicketType = "wx_card" // signs cards
)

// newTickets are the keepers of the account's tickets: like the access token each is asked for once for all who wait, and ahead
// of its end by the account's clock.
func (c *Client) newTickets(now func() time.Time) map[TicketType]*tokenKeeper {
	tickets := map[TicketType]*tokenKeeper{}
	for _, t := range []TicketType{TicketJSAPI, TicketCard} {
		tickets[t] = &tokenKeeper{
			now: now, what: string(t) + " ticket", logger: c.logger,
			fetch: func(ctx context.Context, _ bool) (string, time.Duration, error) { return c.fetchTicket(ctx, t) },
		}
	}
	return tickets
}

func (c *Client) fetchTicket(ctx context.Context, t TicketType) (string, time.Duration, error) {
	var out struct {
		Ticket    string   `json:"ticket"`
		ExpiresIn looseInt `json:"expires_in"`
	}
	err := c.get(ctx, ticketPath, url.Values{"type": {string(t)}}, &out)
	if err == nil && (out.Ticket == "" || out.ExpiresIn <= 0) {
		err = &noAnswer{api: ticketPath, sent: true, err: errors.New("the answer holds no ticket")}
	}
	return out.Ticket, out.ExpiresIn.seconds(), err
}

// Ticket is the account's ticket of the type, at most two hours old. It is a secret of the account's.
// Source: developers.weixin.qq.com/doc/service/api/webdev/jssdk/api_getticket
func (c *Client) Ticket(ctx context.Context, t TicketType) (string, error) {
	keeper := c.tickets[t]
	if keeper == nil {
		return "", refuse(ticketPath, fmt.Sprintf("there is no ticket of type %q", t))
	}
	return keeper.get(ctx)
}

// JSConfig is what a page passes to wx.config, besides the list of what it uses.
type JSConfig struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"` // Unix seconds
	NonceStr  string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// SignPage makes the JSConfig of the page at this address, which is the one the client shows, query and all; what follows # does
// not count. The page's domain is a JS-safe domain of the account.
// Source: developers.weixin.qq.com/doc/service/guide/h5/jssdk
func (c *Client) SignPage(ctx context.Context, page string) (JSConfig, error) {
	ticket, err := c.Ticket(ctx, TicketJSAPI)
	if err != nil {
		return JSConfig{}, fmt.Errorf("sign a page: %w", err)
	}
	config := JSConfig{AppID: c.appID, Timestamp: c.tickets[TicketJSAPI].now().Unix(), NonceStr: rand.Text()}
	config.Signature = JSSignature(ticket, config.NonceStr, config.Timestamp, page)
	return config, nil
}

// JSSignature is the signature of a page: the SHA-1, in hex, of ticket, nonce, Unix seconds and address, none of them escaped.
func JSSignature(ticket, nonce string, timestamp int64, page string) string {
	page, _, _ = strings.Cut(page, "#")
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + "&timestamp=" + strconv.FormatInt(timestamp, 10) + "&url=" + page))
	return hex.EncodeToString(sum[:])
}
