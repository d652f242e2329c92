package api

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"time"
)

// maxRecords is how many messages one answer of AgentMessages' calls holds.
const maxRecords = 10_000

// Agent is an account of the customer service: a person who answers fans. Account is name@wechat-id of the Official Account.
type Agent struct {
	Account       string      `json:"kf_account"`
	ID            json.Number `json:"kf_id"` // a number or a string on the wire
	Nick          string      `json:"kf_nick"`
	Picture       string      `json:"kf_headimgurl"`
	WeChat        string      `json:"kf_wx"` // the WeChat id that is bound to it; empty: none
	Invited       string      `json:"invite_wx"`
	InviteExpires int64       `json:"invite_expire_time"` // Unix seconds
	InviteStatus  string      `json:"invite_status"`      // waiting, rejected, expired
}

// Agents lists the customer-service accounts, at most 100.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_getkflist
func (c *Client) Agents(ctx context.Context) ([]Agent, error) {
	var out struct {
		List []agentAnswer `json:"kf_list"`
	}
	if err := c.get(ctx, "/cgi-bin/customservice/getkflist", nil, &out); err != nil {
		return nil, err
	}
	agents := make([]Agent, len(out.List))
	for i, a := range out.List {
		agents[i] = a.Agent
		agents[i].InviteExpires = int64(a.InviteExpires)
	}
	return agents, nil
}

// agentAnswer is an Agent on the wire: the page's table has the end of an invitation as text, its older example as a number.
type agentAnswer struct {
	Agent
	InviteExpires looseInt `json:"invite_expire_time"`
}

// OnlineAgent is a customer-service account that is logged in.
type OnlineAgent struct {
	Account  string      `json:"kf_account"`
	Status   int         `json:"status"` // 1: online on the web
	ID       json.Number `json:"kf_id"`
	Accepted int         `json:"accepted_case"` // sessions that it holds now
}

// OnlineAgents lists the customer-service accounts that are logged in.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_getonlinekflist
func (c *Client) OnlineAgents(ctx context.Context) ([]OnlineAgent, error) {
	var out struct {
		List []OnlineAgent `json:"kf_online_list"`
	}
	err := c.get(ctx, "/cgi-bin/customservice/getonlinekflist", nil, &out)
	return out.List, err
}

// AddAgent makes a customer-service account. Codes: 65403 (nickname), 65404 (account), 65405 (there are 100), 65406 (it exists).
// The part before the @ has up to 10 letters, digits and underscores, the nickname up to 16 characters.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_addkfaccount
func (c *Client) AddAgent(ctx context.Context, account, nick string) error {
	return c.post(ctx, "/customservice/kfaccount/add", map[string]string{"kf_account": account, "nickname": nick}, nil)
}

// RenameAgent gives a customer-service account another nickname. Codes: 65401 (no such account), 65403.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_updatekfaccount
func (c *Client) RenameAgent(ctx context.Context, account, nick string) error {
	return c.post(ctx, "/customservice/kfaccount/update", map[string]string{"kf_account": account, "nickname": nick}, nil)
}

// InviteAgent asks the person of a WeChat id to serve under the account; they confirm in WeChat. Codes: 65401,
// 65407 (they serve already), 65408 (invited already), 65409 (no such WeChat id), 65410 (they serve too many), 65411 (an
// invitation to the account is open), 65412 (the account has its person).
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_invitekfworker
func (c *Client) InviteAgent(ctx context.Context, account, weChatID string) error {
	return c.post(ctx, "/customservice/kfaccount/inviteworker", map[string]string{"kf_account": account, "invite_wx": weChatID}, nil)
}

// DeleteAgent deletes a customer-service account. Code 65401: there is none of this name.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_delkfaccount
func (c *Client) DeleteAgent(ctx context.Context, account string) error {
	return c.post(ctx, "/customservice/kfaccount/del", map[string]string{"kf_account": account}, nil)
}

// SetAgentPicture sets the picture of a customer-service account: up to 5 MB; an older edition asked for a JPG and advised
// 640×640. Code 40005: the type. Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_uploadkfheadimg
func (c *Client) SetAgentPicture(ctx context.Context, account string, picture File) error {
	return c.upload(ctx, "/customservice/kfaccount/uploadheadimg", url.Values{"kf_account": {account}}, nil, part{name: "media", file: &picture})
}

// StartSession puts a fan through to a customer-service account that is online.
// Codes: 65401, 65402 (no WeChat id bound), 65414 (the fan is with another; older pages only), 65415 (not online).
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_createkfsession, developers.weixin.qq.com/doc/service/Customer_Service/Session_control.html
func (c *Client) StartSession(ctx context.Context, account, openID string) error {
	return c.post(ctx, "/customservice/kfsession/create", map[string]string{"kf_account": account, "openid": openID}, nil)
}

// EndSession ends it. Code 65413: there is none. Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_closesession
func (c *Client) EndSession(ctx context.Context, account, openID string) error {
	return c.post(ctx, "/customservice/kfsession/close", map[string]string{"kf_account": account, "openid": openID}, nil)
}

// Session is a fan's conversation with a customer-service account.
type Session struct {
	Account string // empty: with none
	OpenID  string
	Since   time.Time // UTC, seconds; for a fan who waits: of their last message
}

// FanSession says with whom a fan is. Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsession
func (c *Client) FanSession(ctx context.Context, openID string) (Session, error) {
	var out struct {
		Account string `json:"kf_account"`
		Created int64  `json:"createtime"`
	}
	if err := c.get(ctx, "/customservice/kfsession/getsession", url.Values{"openid": {openID}}, &out); err != nil {
		return Session{}, err
	}
	return Session{Account: out.Account, OpenID: openID, Since: unixTime(out.Created)}, nil
}

// AgentSessions lists the fans whom a customer-service account is with.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsessionlist
func (c *Client) AgentSessions(ctx context.Context, account string) ([]Session, error) {
	var out struct {
		List []struct {
			OpenID  string `json:"openid"`
			Created int64  `json:"createtime"`
		} `json:"sessionlist"`
	}
	if err := c.get(ctx, "/customservice/kfsession/getsessionlist", url.Values{"kf_account": {account}}, &out); err != nil {
		return nil, err
	}
	sessions := make([]Session, len(out.List))
	for i, s := range out.List {
		sessions[i] = Session{Account: account, OpenID: s.OpenID, Since: unixTime(s.Created)}
	}
	return sessions, nil
}

// WaitingFans lists the fans who wait for a customer-service account, the first 100, and says how many wait.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getwaitcase
func (c *Client) WaitingFans(ctx context.Context) (waiting []Session, total int, err error) {
	var out struct {
		Count int `json:"count"`
		List  []struct {
			OpenID string `json:"openid"`
			Latest int64  `json:"latest_time"`
		} `json:"waitcaselist"`
	}
	if err := c.get(ctx, "/customservice/kfsession/getwaitcase", nil, &out); err != nil {
		return nil, 0, err
	}
	for _, w := range out.List {
		waiting = append(waiting, Session{OpenID: w.OpenID, Since: unixTime(w.Latest)})
	}
	return waiting, out.Count, nil
}

// AgentMessage is one message of a fan's conversation with a customer-service account.
type AgentMessage struct {
	OpenID  string
	Account string    // name@wechat-id
	ByFan   bool      // else by the account
	Text    string    // pictures, voices and videos are [image], [voice], [video]
	At      time.Time // UTC, seconds
}

// AgentMessages goes over what fans and customer-service accounts said from one instant to another, seconds, in order. They may
// lie 24 hours apart (65417; 65416: they are no span). It asks for 10,000 messages at a time; an error ends it. This is what
// people wrote: keep no more of it than its purpose needs.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_getmsglist, developers.weixin.qq.com/doc/offiaccount/Customer_Service/Obtain_chat_transcript.html
func (c *Client) AgentMessages(ctx context.Context, from, to time.Time) iter.Seq2[AgentMessage, error] {
	return func(yield func(AgentMessage, error) bool) {
		for id := int64(1); ; {
			list, next, err := c.agentMessages(ctx, from, to, id)
			if err != nil {
				yield(AgentMessage{}, err)
				return
			}
			for _, m := range list {
				if !yield(m, nil) {
					return
				}
			}
			if len(list) < maxRecords {
				return
			}
			if next <= id {
				yield(AgentMessage{}, fmt.Errorf("list what agents wrote: the page from %d on names %d as the next", id, next))
				return
			}
			id = next
		}
	}
}

// agentMessages is the page of messages from an id on, and the id from which the next one is asked for.
func (c *Client) agentMessages(ctx context.Context, from, to time.Time, id int64) (list []AgentMessage, next int64, err error) {
	const sent, path = 2002, "/customservice/msgrecord/getmsglist"
	in := map[string]int64{"starttime": from.Unix(), "endtime": to.Unix(), "msgid": id, "number": maxRecords}
	var out struct {
		List []struct {
			OpenID  string   `json:"openid"`
			Code    looseInt `json:"opercode"`
			Text    string   `json:"text"`
			Time    looseInt `json:"time"`
			Account string   `json:"worker"`
		} `json:"recordlist"`
		ID looseInt `json:"msgid"`
	}
	if err := c.post(ctx, path, in, &out); err != nil {
		return nil, 0, err
	}
	for _, m := range out.List {
		list = append(list, AgentMessage{OpenID: m.OpenID, Account: m.Account, ByFan: m.Code != sent, Text: m.Text, At: unixTime(int64(m.Time))})
	}
	return list, int64(out.ID), nil
}
