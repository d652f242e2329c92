package simulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// agentEndpoints are the accounts of customer service, their talks with fans, and what was said.
func agentEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/customservice/kfaccount/add":            {method: http.MethodPost, right: rightKf, handle: agentAdd},
		"/customservice/kfaccount/update":         {method: http.MethodPost, right: rightKf, handle: agentUpdate},
		"/customservice/kfaccount/del":            {handle: agentDelete, right: rightKf}, // GET on the older pages
		"/customservice/kfaccount/inviteworker":   {method: http.MethodPost, right: rightKf, handle: agentInvite},
		"/customservice/kfaccount/uploadheadimg":  {method: http.MethodPost, right: rightKf, maxBody: maxUpload, handle: agentPicture, around: uploading},
		"/customservice/msgrecord/getmsglist":     {method: http.MethodPost, right: rightKf, handle: recordList},
		"/cgi-bin/customservice/getkflist":        {method: http.MethodGet, right: rightKf, handle: agentList},
		"/cgi-bin/customservice/getonlinekflist":  {method: http.MethodGet, right: rightKf, handle: agentsOnline},
		"/customservice/kfsession/create":         {method: http.MethodPost, right: rightKf, handle: sessionCreate},
		"/customservice/kfsession/close":          {method: http.MethodPost, right: rightKf, handle: sessionClose},
		"/customservice/kfsession/getsession":     {method: http.MethodGet, right: rightKf, handle: sessionOfFan},
		"/customservice/kfsession/getsessionlist": {method: http.MethodGet, right: rightKf, handle: sessionList},
		"/customservice/kfsession/getwaitcase":    {method: http.MethodGet, right: rightKf, handle: sessionsWaiting},
	}
}

// maxAgents is how many agents an account may have.
const maxAgents = 100

// agent is an account of customer service: name@account.
type agent struct {
	ID   int    `json:"id"`
	Nick string `json:"nick"`

	Picture  string      `json:"picture,omitempty"`   // the id of its medium
	WeChatID string      `json:"wechat_id,omitempty"` // of the person who serves
	Invited  *invitation `json:"invited,omitempty"`   // the last one, until it is accepted
}

type agentRequest struct {
	Account string `json:"kf_account"`
	Nick    string `json:"nickname"`
}

// hasAgent reports whether a message may be sent for the agent. As long as an account has none, any name will do: flows can be
// tried without setting up a customer service.
func (a *account) hasAgent(name string) bool {
	_, ok := a.sends.agents.get(name)
	return ok || len(a.sends.agents.rows) == 0
}

// readAgent reads and checks an agent: the part before @ is one to ten letters, digits and underscores, the nickname up to 16
// characters.
func (c *call) readAgent() (agentRequest, error) {
	var req agentRequest
	if err := c.decode(&req); err != nil {
		return req, err
	}
	name, of, ok := strings.Cut(req.Account, "@")
	bad := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != ""
	switch {
	case !ok || of == "" || name == "" || len(name) > 10 || bad:
		return req, fail(65404)
	case req.Nick == "" || utf8.RuneCountInString(req.Nick) > 16:
		return req, fail(65403)
	}
	return req, nil
}

// agentAdd answers kfaccount/add.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_addkfaccount.html
func agentAdd(c *call) (any, error) {
	req, err := c.readAgent()
	if err != nil {
		return nil, err
	}
	agents := c.a.sends.agents
	id := 1001
	for _, a := range agents.rows {
		id = max(id, a.ID+1)
	}
	switch _, exists := agents.get(req.Account); {
	case exists:
		return nil, fail(65406)
	case len(agents.rows) >= maxAgents:
		return nil, fail(65405)
	}
	agents.put(req.Account, agent{ID: id, Nick: req.Nick})
	return nil, nil
}

func agentUpdate(c *call) (any, error) {
	req, err := c.readAgent()
	if err != nil {
		return nil, err
	}
	a, ok := c.a.sends.agents.get(req.Account)
	if !ok {
		return nil, fail(65401)
	}
	a.Nick = req.Nick
	c.a.sends.agents.put(req.Account, a)
	return nil, nil
}

func agentDelete(c *call) (any, error) {
	name := c.r.URL.Query().Get("kf_account")
	if name == "" {
		var req agentRequest
		if err := c.decode(&req); err != nil {
			return nil, err
		}
		name = req.Account
	}
	own, ok := c.a.sends.agents.get(name)
	if !ok {
		return nil, fail(65401)
	}
	c.a.dropPicture(own)
	c.a.sends.agents.drop(name)
	return nil, nil
}

// agentList answers customservice/getkflist. What is said of an invitation is there until it is accepted; its end is text, as in
// the page's table, whose older example has a number.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_getkflist.html
func agentList(c *call) (any, error) {
	type item struct {
		Account string `json:"kf_account"`
		Nick    string `json:"kf_nick"`
		ID      string `json:"kf_id"`
		Head    string `json:"kf_headimgurl"`
		WX      string `json:"kf_wx,omitempty"`
		Invited string `json:"invite_wx,omitempty"`
		Until   string `json:"invite_expire_time,omitempty"`
		Status  string `json:"invite_status,omitempty"`
	}
	list := []item{}
	for name, a := range c.a.sends.agents.rows {
		i := item{Account: name, Nick: a.Nick, ID: decimal(int64(a.ID)), WX: a.WeChatID}
		if m, ok := c.a.media.get(a.Picture); ok {
			i.Head = m.URL
		}
		if v := a.Invited; v != nil {
			i.Invited, i.Until, i.Status = v.WeChatID, decimal(v.Until.Unix()), v.status(c.now)
		}
		list = append(list, i)
	}
	slices.SortFunc(list, func(x, y item) int { return strings.Compare(x.ID, y.ID) })
	return map[string]any{"kf_list": list}, nil
}

// agentsOnline answers customservice/getonlinekflist: nobody ever is, no agent's client is played.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_getonlinekflist.html
func agentsOnline(*call) (any, error) {
	return map[string]any{"kf_online_list": []any{}}, nil
}

// sessionRequest names an agent of the account and a fan who follows.
func (c *call) sessionRequest() (agentName string, f *fan, err error) {
	var req struct {
		Account string `json:"kf_account"`
		OpenID  string `json:"openid"`
	}
	if err := c.decode(&req); err != nil {
		return "", nil, err
	}
	f = c.a.fans[req.OpenID]
	switch {
	case f == nil || !f.Subscribed:
		return "", nil, fail(40003)
	case req.Account == "" || !c.a.hasAgent(req.Account):
		return "", nil, fail(65401)
	}
	return req.Account, f, nil
}

// sessionCreate answers kfsession/create. A fan who talks with another agent is 65414.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_createkfsession.html
func sessionCreate(c *call) (any, error) {
	name, f, err := c.sessionRequest()
	if err != nil {
		return nil, err
	}
	if old, ok := c.a.sessions.get(f.openID); ok {
		if old.Agent != name {
			return nil, fail(65414)
		}
		return nil, nil
	}
	c.s.openSession(c.a, f.openID, name, c.now)
	return nil, nil
}

// sessionClose answers kfsession/close.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_closesession.html
func sessionClose(c *call) (any, error) {
	name, f, err := c.sessionRequest()
	if err != nil {
		return nil, err
	}
	switch old, ok := c.a.sessions.get(f.openID); {
	case !ok:
		return nil, fail(65413)
	case old.Agent != name:
		return nil, fail(65414)
	}
	c.s.closeSession(c.a, f.openID, c.now)
	return nil, nil
}

// sessionOfFan answers kfsession/getsession; of a fan in no session the agent is empty.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsession.html
func sessionOfFan(c *call) (any, error) {
	f := c.a.fans[c.r.URL.Query().Get("openid")]
	if f == nil {
		return nil, fail(40003)
	}
	now, ok := c.a.sessions.get(f.openID)
	if !ok {
		return map[string]any{"createtime": 0, "kf_account": ""}, nil
	}
	return map[string]any{"createtime": now.Since.Unix(), "kf_account": now.Agent}, nil
}

// sessionList answers kfsession/getsessionlist: the fans with whom an agent talks, who came first first.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getkfsessionlist.html
func sessionList(c *call) (any, error) {
	type item struct {
		Since  int64  `json:"createtime"`
		OpenID string `json:"openid"`
	}
	name := c.r.URL.Query().Get("kf_account")
	if name == "" || !c.a.hasAgent(name) {
		return nil, fail(65401)
	}
	list := []item{}
	for openID, talk := range c.a.sessions.rows {
		if talk.Agent == name {
			list = append(list, item{talk.Since.Unix(), openID})
		}
	}
	slices.SortFunc(list, func(x, y item) int {
		return cmp.Or(cmp.Compare(x.Since, y.Since), strings.Compare(x.OpenID, y.OpenID))
	})
	return map[string]any{"sessionlist": list}, nil
}

// sessionsWaiting answers kfsession/getwaitcase: nobody waits, as agents take sessions over at once.
// Source: developers.weixin.qq.com/doc/service/api/customer/messctrl/api_getwaitcase.html
func sessionsWaiting(*call) (any, error) {
	return map[string]any{"count": 0, "waitcaselist": []any{}}, nil
}
