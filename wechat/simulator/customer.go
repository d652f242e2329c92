package simulator

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// agentEndpoints are the accounts of customer service.
func agentEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/customservice/kfaccount/add":           {method: http.MethodPost, right: rightKf, handle: agentAdd},
		"/customservice/kfaccount/update":        {method: http.MethodPost, right: rightKf, handle: agentUpdate},
		"/customservice/kfaccount/del":           {handle: agentDelete, right: rightKf}, // GET on the older pages
		"/cgi-bin/customservice/getkflist":       {method: http.MethodGet, right: rightKf, handle: agentList},
		"/cgi-bin/customservice/getonlinekflist": {method: http.MethodGet, right: rightKf, handle: agentsOnline},
	}
}

// maxAgents is how many agents an account may have.
const maxAgents = 100

// agent is an account of customer service: name@account.
type agent struct {
	ID   int    `json:"id"`
	Nick string `json:"nick"`
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
// Source: developers.weixin.qq.com/doc/service/api/customer/kfaccount/api_addkfaccount.html
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
	if _, ok := c.a.sends.agents.get(name); !ok {
		return nil, fail(65401)
	}
	c.a.sends.agents.drop(name)
	return nil, nil
}

// agentList answers customservice/getkflist.
// Source: developers.weixin.qq.com/doc/service/api/customer/kfaccount/api_getkflist.html
func agentList(c *call) (any, error) {
	type item struct {
		Account string `json:"kf_account"`
		Nick    string `json:"kf_nick"`
		ID      string `json:"kf_id"`
		Head    string `json:"kf_headimgurl"`
	}
	list := []item{}
	for name, a := range c.a.sends.agents.rows {
		list = append(list, item{name, a.Nick, decimal(int64(a.ID)), ""})
	}
	slices.SortFunc(list, func(x, y item) int { return strings.Compare(x.ID, y.ID) })
	return map[string]any{"kf_list": list}, nil
}

// agentsOnline answers customservice/getonlinekflist: nobody ever is, no agent's client is played.
// Source: developers.weixin.qq.com/doc/service/api/customer/kfaccount/api_getonlinekflist.html
func agentsOnline(*call) (any, error) {
	return map[string]any{"kf_online_list": []any{}}, nil
}
