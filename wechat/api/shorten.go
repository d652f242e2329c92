package api

import (
	"context"
	"fmt"
	"time"
)

// Shorten keeps a text of at most 4 KiB at the platform for whole seconds up to MaxQRLife (0: the platform's default, which is
// that) and returns its key of 15 characters out of 0-9A-Za-z. 9410010: too long; 9410011: the life. The older call,
// /cgi-bin/shorturl, is gone. Source: developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_genshortkey
func (c *Client) Shorten(ctx context.Context, data string, life time.Duration) (key string, err error) {
	const path = "/cgi-bin/shorten/gen"
	switch {
	case data == "" || len(data) > 4<<10:
		return "", refuse(path, fmt.Sprintf("long_data has %d bytes, 1 to 4096 are allowed", len(data)))
	case life < 0 || life > MaxQRLife || life%time.Second != 0:
		return "", refuse(path, fmt.Sprintf("a life of %v, up to %v in whole seconds is allowed", life, MaxQRLife))
	}
	in := struct {
		Data    string `json:"long_data"`
		Expires int64  `json:"expire_seconds,omitempty"`
	}{data, int64(life / time.Second)}
	var out struct {
		Key string `json:"short_key"`
	}
	err = c.post(ctx, path, in, &out)
	return out.Key, err
}

// Shortened is what is behind a short key.
type Shortened struct {
	Data      string
	CreatedAt time.Time     // UTC, seconds
	Left      time.Duration // of its life
}

// Unshorten gives what is behind a key. 9410012: it is unknown, over, or another account's.
// Source: developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_fetchshorten
func (c *Client) Unshorten(ctx context.Context, key string) (Shortened, error) {
	const path = "/cgi-bin/shorten/fetch"
	if key == "" {
		return Shortened{}, refuse(path, "no short_key")
	}
	var out struct {
		Data    string `json:"long_data"`
		Created int64  `json:"create_time"`
		Left    int64  `json:"expire_seconds"`
	}
	err := c.post(ctx, path, map[string]string{"short_key": key}, &out)
	return Shortened{Data: out.Data, CreatedAt: unixTime(out.Created), Left: time.Duration(out.Left) * time.Second}, err
}
