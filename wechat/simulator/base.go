package simulator

import "net/http"

// baseEndpoints are tokens, quotas and the network.
func baseEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/token":             {method: http.MethodGet, credential: true, daily: 2000, testDaily: 200, handle: tokenGet},
		"/cgi-bin/stable_token":      {method: http.MethodPost, credential: true, daily: 500_000, perMinute: 10_000, handle: tokenStable},
		"/cgi-bin/getcallbackip":     {method: http.MethodGet, handle: callbackIP},
		"/cgi-bin/openapi/quota/get": {method: http.MethodPost, handle: quotaGet},
		"/cgi-bin/clear_quota":       {method: http.MethodPost, handle: quotaClear},
	}
}

// callbackIP answers getcallbackip with the address that pushes come from.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getcallbackip.html
func callbackIP(*call) (any, error) {
	return map[string][]string{"ip_list": {"127.0.0.1"}}, nil
}
