package simulator

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
)

// baseEndpoints are tokens, quotas and the network.
func baseEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/token":                      {method: http.MethodGet, credential: true, daily: 2000, testDaily: 200, handle: tokenGet},
		"/cgi-bin/stable_token":               {method: http.MethodPost, credential: true, daily: 500_000, perMinute: 10_000, handle: tokenStable},
		"/cgi-bin/getcallbackip":              {method: http.MethodGet, handle: callbackIP},
		"/cgi-bin/get_api_domain_ip":          {method: http.MethodGet, handle: callbackIP},
		"/cgi-bin/callback/check":             {method: http.MethodPost, handle: callbackCheck},
		"/cgi-bin/get_current_autoreply_info": {method: http.MethodGet, handle: autoReplyInfo},
		"/cgi-bin/openapi/quota/get":          {method: http.MethodPost, handle: quotaGet},
		"/cgi-bin/openapi/quota/clear":        {method: http.MethodPost, handle: quotaClearOne},
		"/cgi-bin/openapi/rid/get":            {method: http.MethodPost, handle: ridGet},
		"/cgi-bin/clear_quota":                {method: http.MethodPost, handle: quotaClear},
		"/cgi-bin/clear_quota/v2":             {method: http.MethodPost, secret: true, handle: quotaClear},
	}
}

// callbackIP answers getcallbackip with the address that pushes come from, and get_api_domain_ip with that of the platform:
// they are the same machine.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getcallbackip.html and …/base/api_getapidomainip.html
func callbackIP(*call) (any, error) {
	return map[string][]string{"ip_list": {"127.0.0.1"}}, nil
}

// callbackCheck answers callback/check. Nothing is measured: the host is taken from the address that is configured.
// Source: developers.weixin.qq.com/doc/service/api/base/api_callbackcheck.html
func callbackCheck(c *call) (any, error) {
	var req struct {
		Action   string `json:"action"`
		Operator string `json:"check_operator"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains([]string{"dns", "ping", "all"}, req.Action):
		return nil, fail(40202)
	case !slices.Contains([]string{"CHINANET", "UNICOM", "CAP", "DEFAULT"}, req.Operator):
		return nil, fail(40203)
	case c.s.cfg.PublicURL == "":
		return nil, fail(40201)
	}
	ip := "127.0.0.1"
	if u, err := url.Parse(c.s.cfg.PublicURL); err == nil && net.ParseIP(u.Hostname()) != nil {
		ip = u.Hostname()
	}
	answer := map[string]any{}
	if req.Action != "ping" {
		answer["dns"] = []map[string]string{{"ip": ip, "real_operator": req.Operator}}
	}
	if req.Action != "dns" {
		answer["ping"] = []map[string]string{{"ip": ip, "from_operator": req.Operator, "package_loss": "0%", "time": "1.000ms"}}
	}
	return answer, nil
}

// autoReplyInfo answers get_current_autoreply_info: what the owner set up on the website, by the control call for the account's
// standing. Without it both switches are off and there are no rules.
// Source: developers.weixin.qq.com/doc/service/api/notify/autoreplies/api_getcurrentautoreplyinfo.html
func autoReplyInfo(c *call) (any, error) {
	if own := c.a.stands().AutoReply; len(own) > 0 {
		return own, nil
	}
	return json.RawMessage(`{"is_add_friend_reply_open":0,"is_autoreply_open":0,"keyword_autoreply_info":{"list":[]}}`), nil
}
