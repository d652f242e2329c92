package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"
)

// MaxQRLife is the longest life of a temporary QR code, and of a short key.
const MaxQRLife = 30 * 24 * time.Hour

const maxQRImage = 4 << 20 // bytes; a code's picture has some 30 KB

// Scene is what a QR code says of itself: a number or a text, one of them. Who follows by the code is pushed with EventKey
// qrscene_<scene>, who follows already with SCAN and the bare scene; both with Ticket.
type Scene struct {
	ID  uint32 // of a permanent code 1 to 100,000
	Str string // 1 to 64 characters
}

// QRCode is a QR code as it was made.
type QRCode struct {
	Ticket string        // of its picture, see QRImageURL
	Life   time.Duration // from now on; 0: permanent
	URL    string        // that the code holds: who draws it on their own needs no picture
}

// TemporaryQR makes a QR code that lives for whole seconds up to MaxQRLife. The life has no default here, since pages do not
// agree on the platform's (30 or 60 s). Verified service accounts only; 100,000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode
func (c *Client) TemporaryQR(ctx context.Context, scene Scene, life time.Duration) (QRCode, error) {
	if life < time.Second || life > MaxQRLife || life%time.Second != 0 {
		return QRCode{}, refuse(createQRPath, fmt.Sprintf("a life of %v, 1s to %v in whole seconds are allowed", life, MaxQRLife))
	}
	action := "QR_SCENE"
	if scene.Str != "" {
		action = "QR_STR_SCENE"
	}
	return c.createQR(ctx, action, scene, life)
}

// PermanentQR makes a QR code that lives for ever. An account has at most 100,000 (45029), and none can be deleted. See
// TemporaryQR.
func (c *Client) PermanentQR(ctx context.Context, scene Scene) (QRCode, error) {
	if scene.ID > 100000 {
		return QRCode{}, refuse(createQRPath, fmt.Sprintf("scene_id %d, a permanent code's is 1 to 100000", scene.ID))
	}
	action := "QR_LIMIT_SCENE"
	if scene.Str != "" {
		action = "QR_LIMIT_STR_SCENE"
	}
	return c.createQR(ctx, action, scene, 0)
}

const createQRPath = "/cgi-bin/qrcode/create"

func (c *Client) createQR(ctx context.Context, action string, scene Scene, life time.Duration) (QRCode, error) {
	if (scene.ID == 0) == (scene.Str == "") {
		return QRCode{}, refuse(createQRPath, "a scene is either a number other than 0 or a text")
	}
	if n := utf8.RuneCountInString(scene.Str); n > 64 {
		return QRCode{}, refuse(createQRPath, fmt.Sprintf("scene_str has %d characters, at most 64 are allowed", n))
	}
	type sceneJSON struct {
		ID  uint32 `json:"scene_id,omitempty"`
		Str string `json:"scene_str,omitempty"`
	}
	in := struct {
		Expires int64                `json:"expire_seconds,omitempty"`
		Action  string               `json:"action_name"`
		Info    map[string]sceneJSON `json:"action_info"`
	}{int64(life / time.Second), action, map[string]sceneJSON{"scene": sceneJSON(scene)}}
	var out struct {
		Ticket  string   `json:"ticket"`
		Expires looseInt `json:"expire_seconds"`
		URL     string   `json:"url"`
	}
	if err := c.post(ctx, createQRPath, in, &out); err != nil {
		return QRCode{}, err
	}
	return QRCode{Ticket: out.Ticket, Life: out.Expires.seconds(), URL: out.URL}, nil
}

const showQRPath = "/cgi-bin/showqrcode"

// QRImageURL is where anybody gets the picture of the code with this ticket; "" where the Client has no good address.
func (c *Client) QRImageURL(ticket string) string {
	if c.badBase {
		return ""
	}
	u := c.mp.JoinPath(showQRPath)
	u.RawQuery = url.Values{"ticket": {ticket}}.Encode()
	return u.String()
}

// QRImage writes the picture of the code with this ticket, a JPEG, to w. A ticket that is none is answered with HTTP 404.
func (c *Client) QRImage(ctx context.Context, ticket string, w io.Writer) (Content, error) {
	if ticket == "" {
		return Content{}, refuse(showQRPath, "no ticket")
	}
	r, err := c.newRequest(http.MethodGet, showQRPath, url.Values{"ticket": {ticket}}, nil, nil)
	if err != nil {
		return Content{}, err
	}
	r.base, r.public = c.mp, true
	return c.download(ctx, r, w, maxQRImage, nil)
}
