package api

import (
	"context"
	"net/http"
	"time"
)

// APIQuota is what the account may call of one API. The live figures can be off by about 1 %.
type APIQuota struct {
	DailyLimit, Used, Remain int64
	Rate                     *Rate // nil: the platform gave none
}

// APIQuota asks what the account may call of the API with this path ("/cgi-bin/message/custom/send"). Not for /sns/ (76022).
// Codes: 76021 (unknown path), 76003 (not a path). Source: developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota
func (c *Client) APIQuota(ctx context.Context, path string) (APIQuota, error) {
	var out struct {
		Quota struct {
			DailyLimit int64 `json:"daily_limit"`
			Used       int64 `json:"used"`
			Remain     int64 `json:"remain"`
		} `json:"quota"`
		Rate *struct {
			Calls   int   `json:"call_count"`
			Seconds int64 `json:"refresh_second"`
		} `json:"rate_limit"`
	}
	if err := c.post(ctx, "/cgi-bin/openapi/quota/get", map[string]string{"cgi_path": path}, &out); err != nil {
		return APIQuota{}, err
	}
	q := APIQuota{DailyLimit: out.Quota.DailyLimit, Used: out.Quota.Used, Remain: out.Quota.Remain}
	if out.Rate != nil {
		q.Rate = &Rate{Calls: out.Rate.Calls, Per: time.Duration(out.Rate.Seconds) * time.Second}
	}
	return q, nil
}

// ClearQuota sets the day's count of calls back, of every API. Ten times a month for an account, the website's counted in (48006).
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_clearquota and …/api_clearquotabyappsecret
func (c *Client) ClearQuota(ctx context.Context) error {
	return c.post(ctx, "/cgi-bin/clear_quota", map[string]string{"appid": c.appID}, nil)
}

// ClearQuotaBySecret is ClearQuota without an access token, for when the calls for tokens are used up. It is of the same ten.
func (c *Client) ClearQuotaBySecret(ctx context.Context) error {
	in := map[string]string{"appid": c.appID, "appsecret": c.secret}
	return c.public(ctx, http.MethodPost, "/cgi-bin/clear_quota/v2", nil, in, nil)
}

// ClearAPIQuota sets the day's count of one API back (its path as in APIQuota).
func (c *Client) ClearAPIQuota(ctx context.Context, path string) error {
	return c.post(ctx, "/cgi-bin/openapi/quota/clear", map[string]string{"cgi_path": path}, nil)
}

// RequestInfo is a request of ours as the platform has it on record. Tokens and secrets in it are masked.
type RequestInfo struct {
	At       time.Time // UTC, seconds
	Cost     time.Duration
	URL      string // what followed the host
	Body     string
	Answer   string
	ClientIP string
}

// RequestInfo asks what the platform has on record of a refused request, by Error.RID, for seven days.
// Codes: 76001 (none), 76002 (no rid), 76003 (another account's), 76004 (too old).
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_getridinfo
func (c *Client) RequestInfo(ctx context.Context, rid string) (RequestInfo, error) {
	var out struct {
		Request struct {
			Time     int64  `json:"invoke_time"`
			Cost     int64  `json:"cost_in_ms"`
			URL      string `json:"request_url"`
			Body     string `json:"request_body"`
			Answer   string `json:"response_body"`
			ClientIP string `json:"client_ip"`
		} `json:"request"`
	}
	if err := c.post(ctx, "/cgi-bin/openapi/rid/get", map[string]string{"rid": rid}, &out); err != nil {
		return RequestInfo{}, err
	}
	r := out.Request
	return RequestInfo{
		At: unixTime(r.Time), Cost: time.Duration(r.Cost) * time.Millisecond,
		URL: c.mask(r.URL), Body: c.mask(r.Body), Answer: c.mask(r.Answer), ClientIP: r.ClientIP,
	}, nil
}
