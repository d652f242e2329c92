package simulator

import (
	"crypto/rand"
	"net/http"
	"time"
)

// shortenEndpoints are short keys for long texts. The older shorturl is gone.
func shortenEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/shorten/gen":   {method: http.MethodPost, right: rightShorten, handle: shortenGen},
		"/cgi-bin/shorten/fetch": {method: http.MethodPost, right: rightShorten, handle: shortenFetch},
	}
}

// shortLink is what a short_key stands for.
type shortLink struct {
	Data    string    `json:"data"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
}

const (
	maxLongData  = 4 << 10 // bytes
	longestLife  = 30 * 24 * time.Hour
	shortKeySize = 15
)

// shortenGen answers shorten/gen.
// Source: developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_genshortkey.html
func shortenGen(c *call) (any, error) {
	var req struct {
		Data string `json:"long_data"`
		Life *int64 `json:"expire_seconds"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	life := longestLife
	if req.Life != nil {
		life = time.Duration(min(max(*req.Life, 0), 1<<32)) * time.Second
	}
	switch {
	case req.Data == "":
		return nil, fail(40035)
	case len(req.Data) > maxLongData:
		return nil, fail(9410010)
	case life <= 0 || life > longestLife:
		return nil, fail(9410011)
	}
	c.a.sweepRooms(c.now)
	key := base62(shortKeySize)
	c.a.rooms.links.put(key, shortLink{Data: req.Data, Made: c.now, Expires: c.now.Add(life)})
	return map[string]any{"errcode": 0, "errmsg": "ok", "short_key": key}, nil
}

// shortenFetch answers shorten/fetch: unknown keys, those of other accounts and those that have run out are one error.
func shortenFetch(c *call) (any, error) {
	var req struct {
		Key string `json:"short_key"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	l, ok := c.a.rooms.links.get(req.Key)
	if !ok || !c.now.Before(l.Expires) {
		if ok {
			c.a.rooms.links.drop(req.Key)
		}
		return nil, fail(9410012)
	}
	return map[string]any{
		"errcode": 0, "errmsg": "ok",
		"long_data": l.Data, "create_time": l.Made.Unix(), "expire_seconds": int64(l.Expires.Sub(c.now).Seconds()),
	}, nil
}

// base62 is n random letters and digits.
func base62(n int) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = digits[int(b[i])%len(digits)]
	}
	return string(b)
}
