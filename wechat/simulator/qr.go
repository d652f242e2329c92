package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// qrEndpoints are QR codes with a parameter, their pictures, and short links.
func qrEndpoints() map[string]endpoint {
	all := map[string]endpoint{
		"/cgi-bin/qrcode/create": {method: http.MethodPost, right: rightQR, daily: 100_000, testDaily: 10_000, handle: qrCreate},
		"/cgi-bin/showqrcode":    {method: http.MethodGet, noToken: byTicketOf, handle: qrShow},
	}
	maps.Copy(all, shortenEndpoints())
	return all
}

// Limits of QR codes.
// Source: developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
const (
	maxCodeLife     = 30 * 24 * time.Hour
	defaultCodeLife = 60 * time.Second // an older edition of the page says 30
	maxPermanentID  = 100_000
	maxSceneText    = 64 // characters
)

type qrRequest struct {
	Action string          `json:"action_name"`
	Life   json.RawMessage `json:"expire_seconds"`
	Info   struct {
		Scene struct {
			ID   json.RawMessage `json:"scene_id"`
			Text string          `json:"scene_str"`
		} `json:"scene"`
	} `json:"action_info"`
}

// qrCreate answers qrcode/create. A permanent code of a scene that has one already is that one; the page does not say so, its
// limits of 100,000 codes and of scenes from 1 to 100,000 do. It has no code for an expire_seconds out of range: 40097 here.
func qrCreate(c *call) (any, error) {
	var req qrRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	code, permanent, err := req.code()
	if err != nil {
		return nil, err
	}
	if permanent {
		return c.permanentCode(code)
	}
	life := defaultCodeLife
	if len(req.Life) > 0 {
		seconds, ok := number(req.Life)
		if life = time.Duration(min(max(seconds, 0), 1<<32)) * time.Second; !ok || life <= 0 || life > maxCodeLife {
			return nil, fail(40097)
		}
	}
	code.Expires = c.now.Add(life)
	c.a.sweepRooms(c.now)
	key := "02" + base62(22)
	return map[string]any{"ticket": c.a.keepCode(key, code).Ticket, "expire_seconds": int(life.Seconds()), "url": codeURL + key}, nil
}

// code reads the scene: a number that is not zero (permanent 1 to 100,000) or a text of 1 to 64 characters.
func (r qrRequest) code() (code sceneCode, permanent bool, err error) {
	id, isNumber := number(r.Info.Scene.ID)
	most := int64(1<<32 - 1)
	switch r.Action {
	case "QR_LIMIT_SCENE":
		permanent, most = true, maxPermanentID
		fallthrough
	case "QR_SCENE":
		if !isNumber || id < 1 || id > most {
			return code, permanent, fail(40053)
		}
		return sceneCode{Scene: strconv.FormatInt(id, 10), Number: id}, permanent, nil
	case "QR_LIMIT_STR_SCENE", "QR_STR_SCENE":
		if n := utf8.RuneCountInString(r.Info.Scene.Text); n < 1 || n > maxSceneText {
			return code, permanent, fail(40053)
		}
		return sceneCode{Scene: r.Info.Scene.Text}, r.Action == "QR_LIMIT_STR_SCENE", nil
	default:
		return code, false, fail(40052)
	}
}

func (c *call) permanentCode(code sceneCode) (any, error) {
	r := &c.a.rooms
	if r.permanent == 0 {
		for _, old := range r.codes.rows {
			if old.Expires.IsZero() {
				r.permanent++
			}
		}
	}
	key := madeID("code", c.a.AppID, code.Scene, strconv.FormatInt(code.Number, 10))[:24]
	kept, ok := r.codes.get(key)
	if !ok {
		if r.permanent >= c.s.cfg.Figures.PermanentCodes {
			return nil, fail(45029)
		}
		r.permanent++
		kept = c.a.keepCode(key, code)
	}
	return map[string]any{"ticket": kept.Ticket, "url": codeURL + key}, nil
}

// keepCode gives the code a ticket and keeps it.
func (a *account) keepCode(key string, code sceneCode) sceneCode {
	code.Ticket = newTicket(key)
	a.rooms.codes.put(key, code)
	return code
}

// byTicketOf finds the account of a picture's ticket. There is a page for a bad one: 404.
func byTicketOf(c *call) (*account, error) {
	ticket := c.r.URL.Query().Get("ticket")
	for _, app := range c.s.apps {
		a := c.s.accounts[app]
		a.mu.Lock()
		_, ok := a.byTicket(ticket)
		a.mu.Unlock()
		if ok {
			return a, nil
		}
	}
	return nil, pageError{blob{contentType: "text/html; charset=utf-8", status: http.StatusNotFound, body: []byte("404 Not Found")}}
}

// qrShow answers showqrcode, which is a page of mp.weixin.qq.com and wants no token: the picture, also of a code that has run
// out. It shows the code's URL; only the simulator makes something of it.
func qrShow(c *call) (any, error) {
	picture, err := qrPicture(codeURL + keyOf(c.r.URL.Query().Get("ticket")))
	if err != nil {
		return nil, err
	}
	return blob{contentType: "image/jpg", body: picture}, nil
}

// number reads a whole number, also from a string that holds one.
func number(raw json.RawMessage) (int64, bool) {
	var n json.Number // takes both
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil {
		return 0, false
	}
	v, err := n.Int64()
	return v, err == nil
}
