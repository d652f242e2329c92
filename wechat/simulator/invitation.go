package simulator

import (
	"net/http"
	"strings"
	"time"
)

const (
	// inviteLife is for how long an invitation may be accepted. The pages show that one ends, and not when: a day is taken.
	inviteLife = 24 * time.Hour

	inviteWaiting  = "waiting"
	inviteRejected = "rejected"
	inviteExpired  = "expired"
)

// invitation asks the person of a WeChat id to serve under an agent's account.
type invitation struct {
	WeChatID string    `json:"wechat_id"`
	Until    time.Time `json:"until"`
	Rejected bool      `json:"rejected,omitempty"`
}

// status is what getkflist says of the invitation.
func (i *invitation) status(now time.Time) string {
	switch {
	case i.Rejected:
		return inviteRejected
	case now.Before(i.Until):
		return inviteWaiting
	}
	return inviteExpired
}

// open reports whether the invitation may still be accepted; nil is none.
func (i *invitation) open(now time.Time) bool { return i != nil && i.status(now) == inviteWaiting }

// agentInvite answers kfaccount/inviteworker. For how many accounts one person may serve (65410) is not published, and no limit
// is played; a WeChat id is 65409 where it is empty or has other characters than letters, digits, - and _.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_invitekfworker.html
func agentInvite(c *call) (any, error) {
	var req struct {
		Account  string `json:"kf_account"`
		WeChatID string `json:"invite_wx"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	agents := c.a.sends.agents
	own, ok := agents.get(req.Account)
	serves, invited := false, false
	for _, other := range agents.rows {
		serves = serves || other.WeChatID == req.WeChatID
		invited = invited || other.Invited.open(c.now) && other.Invited.WeChatID == req.WeChatID
	}
	bad := strings.Trim(req.WeChatID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != ""
	switch {
	case !ok:
		return nil, fail(65401)
	case req.WeChatID == "" || bad:
		return nil, fail(65409)
	case own.WeChatID != "":
		return nil, fail(65412)
	case serves:
		return nil, fail(65407)
	case invited:
		return nil, fail(65408)
	case own.Invited.open(c.now):
		return nil, fail(65411)
	}
	own.Invited = &invitation{WeChatID: req.WeChatID, Until: c.now.Add(inviteLife)}
	agents.put(req.Account, own)
	return nil, nil
}

// invitationAnswer is the control call {"accept":true} or {"accept":false}: what the invited person taps.
func (s *Server) invitationAnswer(w http.ResponseWriter, r *http.Request, a *account) {
	var req struct {
		Accept *bool `json:"accept"`
	}
	if err := decodeControl(w, r, &req); err != nil || req.Accept == nil {
		refuse(w, http.StatusBadRequest, `the body must be {"accept":true} or {"accept":false}`)
		return
	}
	name := r.PathValue("agent")
	a.mu.Lock()
	own, ok := a.sends.agents.get(name)
	open := ok && own.Invited.open(s.Now())
	switch {
	case open && *req.Accept:
		own.WeChatID, own.Invited = own.Invited.WeChatID, nil
	case open:
		own.Invited = &invitation{WeChatID: own.Invited.WeChatID, Until: own.Invited.Until, Rejected: true}
	}
	if open {
		a.sends.agents.put(name, own)
	}
	a.mu.Unlock()
	if !open {
		refuse(w, http.StatusNotFound, "no invitation to the agent "+cut(name, 70)+" is open")
		return
	}
	answer(w, struct{}{})
}

// agentPictureRule is for the pictures of agents. The page gives the size and the code of a wrong type; which types there are and
// the code of a larger file are those of other pictures. An older edition asked for JPG.
var agentPictureRule = mediaRule{formats: []string{"jpeg", "png"}, largest: 5 << 20, tooBig: 40009}

// agentPicture answers kfaccount/uploadheadimg. A new picture takes the place of the one before.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_uploadkfheadimg.html
func agentPicture(c *call) (any, error) {
	name := c.r.URL.Query().Get("kf_account")
	own, ok := c.a.sends.agents.get(name)
	if !ok {
		return nil, fail(65401)
	}
	u, err := c.upload()
	if err != nil {
		return nil, err
	}
	format, err := agentPictureRule.check(agentPictureRule.formats, u.name, u.body)
	if err != nil {
		return nil, err
	}
	id, err := c.keep(&media{Kind: mediaImage, Format: format, Name: u.name, Inline: true}, u.body)
	if err != nil {
		return nil, err
	}
	c.a.dropPicture(own)
	own.Picture = id
	c.a.sends.agents.put(name, own)
	return nil, nil
}

// dropPicture forgets an agent's picture, if there is one.
func (a *account) dropPicture(own agent) {
	if own.Picture != "" {
		a.media.drop(own.Picture)
		a.shelf.drop(own.Picture)
	}
}
