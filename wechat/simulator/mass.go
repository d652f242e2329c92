package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// massEndpoints are mass sends.
func massEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/message/mass/sendall":   {method: http.MethodPost, right: rightMass, daily: 100, perMinute: 60, handle: massSendAll},
		"/cgi-bin/message/mass/send":      {method: http.MethodPost, right: rightMassList, daily: 100, perMinute: 60, handle: massSend},
		"/cgi-bin/message/mass/preview":   {method: http.MethodPost, right: rightMass, daily: 100, handle: massPreview},
		"/cgi-bin/message/mass/get":       {method: http.MethodPost, right: rightMass, handle: massGet},
		"/cgi-bin/message/mass/delete":    {method: http.MethodPost, right: rightMass, daily: 10, handle: massDelete},
		"/cgi-bin/message/mass/speed/get": {method: http.MethodPost, right: rightMass, handle: massSpeedGet},
		"/cgi-bin/message/mass/speed/set": {method: http.MethodPost, right: rightMass, handle: massSpeedSet},
	}
}

const (
	onceMass    = 24 * time.Hour // for which one clientmsgid means one mass send
	massAMonth  = 4              // mass messages that a fan of a service account gets in a calendar month
	maxMassList = 10_000
	maxImages   = 20 // pictures of one message; the page gives the code 40215, the figure is the editor's on the website
)

type massRequest struct {
	Filter *struct {
		ToAll bool            `json:"is_to_all"`
		Tag   json.RawMessage `json:"tag_id"` // a number; the pages' examples also show a string
	} `json:"filter"`
	ToUser      json.RawMessage `json:"touser"`
	MsgType     string          `json:"msgtype"`
	Reprints    int             `json:"send_ignore_reprint"` // 1: sent also where an article is another account's
	ClientMsgID string          `json:"clientmsgid"`
}

// massSendAll answers message/mass/sendall: to all, or to the fans of a tag.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
func massSendAll(c *call) (any, error) {
	req, item, err := c.massRequest()
	if err != nil {
		return nil, err
	}
	switch {
	case req.Filter == nil:
		return nil, fail(47001)
	case req.MsgType == "video": // mass/send alone has it
		return nil, fail(40008)
	case req.Filter.ToAll:
		return c.sendMass(req, item, scopeAll, c.a.followers())
	}
	tag, ok := tagNumber(req.Filter.Tag)
	if !ok || !c.a.hasTag(tag) {
		return nil, fail(45159)
	}
	return c.sendMass(req, item, "tag "+strconv.Itoa(tag), c.a.tagged(tag))
}

// massSend answers message/mass/send: to 2 up to 10,000 OpenIDs. Those who do not follow count in the total only.
func massSend(c *call) (any, error) {
	req, item, err := c.massRequest()
	if err != nil {
		return nil, err
	}
	var list []string
	if json.Unmarshal(req.ToUser, &list) != nil {
		return nil, fail(40031)
	}
	switch {
	case len(list) < 2:
		return nil, fail(40130)
	case len(list) > maxMassList:
		return nil, fail(40032)
	}
	to := make([]*fan, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, id := range list {
		f := c.a.fans[id]
		if f == nil {
			f = &fan{openID: id} // of another account: in the total, and no more
		}
		if !seen[id] {
			to = append(to, f)
		}
		seen[id] = true
	}
	return c.sendMass(req, item, "list "+strings.Join(list, ","), to)
}

// massRequest reads what both kinds of mass send share.
func (c *call) massRequest() (massRequest, *Item, error) {
	var req massRequest
	var branches map[string]json.RawMessage
	if err := c.decode(&req); err != nil {
		return req, nil, err
	}
	if err := c.decode(&branches); err != nil {
		return req, nil, err
	}
	if len(req.ClientMsgID) > 32 {
		return req, nil, fail(45067)
	}
	item := &Item{Kind: kindMass, At: stamp(c.now), MsgType: req.MsgType}
	return req, item, c.fillMass(item, req.MsgType, branches)
}

// fillMass checks a mass message and puts it into item.
func (c *call) fillMass(item *Item, kind string, branches map[string]json.RawMessage) error {
	switch kind {
	case "text":
		return fillText(item, branches["text"])
	case "image":
		return c.fillImages(item, branches["images"])
	case "voice", "mpvideo", "video":
		return c.fillMassMedia(item, branches[kind], strings.TrimPrefix(kind, "mp"))
	case "mpnews":
		return c.fillArticles(item, branches["mpnews"])
	case "wxcard":
		return fail(45113)
	default:
		return fail(40008)
	}
}

func (c *call) fillMassMedia(item *Item, body json.RawMessage, kinds ...string) error {
	var v customMessage
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	item.MediaID, item.Title, item.Description = v.MediaID, v.Title, v.Description
	return c.media(v.MediaID, kinds...)
}

// fillArticles takes a draft's articles: the draft itself leaves the box when the send has succeeded.
func (c *call) fillArticles(item *Item, body json.RawMessage) error {
	var v customMessage
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	list, err := c.a.draftArticles(v.MediaID)
	if err != nil {
		return fail(40007)
	}
	item.MediaID = v.MediaID
	for _, article := range list {
		item.Articles = append(item.Articles, Article{Title: article.Title, Description: article.Digest})
	}
	return nil
}

func (c *call) fillImages(item *Item, body json.RawMessage) error {
	var v struct {
		MediaIDs []string `json:"media_ids"`
	}
	if err := unmarshal(body, &v); err != nil {
		return err
	}
	if len(v.MediaIDs) == 0 || len(v.MediaIDs) > maxImages {
		return fail(40215)
	}
	for _, id := range v.MediaIDs {
		if err := c.media(id, "image"); err != nil {
			return err
		}
	}
	item.MediaID = v.MediaIDs[0]
	item.Body = body
	return nil
}

// sendMass checks de-duplication and quota, takes the send, and begins it or lets it wait for the administrator.
func (c *call) sendMass(req massRequest, item *Item, scope string, to []*fan) (any, error) {
	key := "mass/" + req.ClientMsgID
	if req.ClientMsgID == "" { // the platform then makes a digest of scope and content
		sum := sha256.Sum256([]byte(scope + "\x00" + item.MsgType + item.Content + item.MediaID + string(item.Body)))
		key = "mass-digest/" + hex.EncodeToString(sum[:16])
	}
	if id, ok := c.a.known(key, c.now); ok {
		return nil, c.repeatedMass(id)
	}
	all := scope == scopeAll
	protected := all && c.a.rules().Mass.Protected
	if protected {
		if id, ok := c.a.pendingMass(); ok {
			return nil, withMsgID(89504, id)
		}
	}
	quota, err := c.spendMass(all)
	if err != nil {
		return nil, err
	}
	m := &mass{ID: c.s.ids.next(), Item: item, Accepted: c.now, Total: len(to), Reprints: req.Reprints == 1, Quota: quota}
	item.MsgID = m.ID
	if item.MsgType == "mpnews" {
		m.Base = c.base()
		m.DataID = m.ID + 1_000_000_000
	}
	c.a.masses[m.ID] = m
	c.a.saveMass(m)
	c.a.remember(key, onceKey{MsgID: m.ID, Until: c.now.Add(onceMass)})
	if protected {
		c.s.holdMass(c.a, m, to, c.now)
		return nil, withMsgID(89505, m.ID)
	}
	c.s.startMass(c.a, m, to, c.now)
	answer := map[string]any{"errcode": 0, "errmsg": "send job submission success", "msg_id": m.ID}
	if m.DataID != 0 {
		answer["msg_data_id"] = m.DataID
	}
	return answer, nil
}

// scopeAll is the scope of a send to all.
const scopeAll = "all"

// repeatedMass is the error of a clientmsgid, or a digest, that stands for a mass send already.
func (c *call) repeatedMass(id int64) error {
	m := c.a.masses[id]
	switch {
	case m != nil && m.Pending:
		return withMsgID(89504, id)
	case m != nil && c.s.cfg.Switches.MassTooFast && c.now.Sub(m.Accepted) < time.Minute:
		return fail(45066)
	default:
		return withMsgID(45065, id)
	}
}

// withMsgID is an error that says which mass send it is about. That 89504 and 89505 do so as well is taken from 45065.
func withMsgID(code int, id int64) error {
	e := fail(code)
	e.fields = map[string]any{"msg_id": id}
	return e
}

// spendMass takes one mass send from the account's quota: a subscription account has one a day; a service account may send to
// all once a day and four times a month, and to parts as often as the daily calls allow, since there each fan is counted.
// It returns the counters it took from.
func (c *call) spendMass(all bool) ([]massQuota, error) {
	a, now := c.a, c.now
	var quota []massQuota
	switch {
	case a.Type == typeSubscription:
		quota = []massQuota{{counterMassDay, day, 1}}
	case all:
		quota = []massQuota{{counterAllDay, day, 1}, {counterAllMonth, month, massAMonth}}
	}
	for _, q := range quota {
		if a.others[q.Counter].in(q.Period, now) >= q.Most {
			return nil, fail(45028)
		}
	}
	for _, q := range quota {
		a.count(q.Counter, q.Period, now)
	}
	return quota, nil
}

// massQuota is a counter that a mass send takes from.
type massQuota struct {
	Counter string `json:"counter"`
	Period  string `json:"period"` // day or month
	Most    int    `json:"most"`
}

// giveBack returns what a mass send took that failed: only those that succeed count.
func (a *account) giveBack(m *mass) {
	for _, q := range m.Quota {
		if u := a.others[q.Counter]; u.in(q.Period, m.Accepted) > 0 { // of the period in which it was taken
			u.N--
			a.others[q.Counter] = u
			a.file.put("counter", a.AppID, q.Counter, u)
		}
	}
	m.Quota = nil
}
