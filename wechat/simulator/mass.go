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
		"/cgi-bin/message/mass/sendall": {method: http.MethodPost, right: rightMass, daily: 100, perMinute: 60, handle: massSendAll},
		"/cgi-bin/message/mass/send":    {method: http.MethodPost, right: rightMassList, daily: 100, perMinute: 60, handle: massSend},
		"/cgi-bin/message/mass/get":     {method: http.MethodPost, right: rightMass, handle: massGet},
	}
}

// mass is one mass send.
type mass struct {
	Done bool `json:"done,omitempty"` // its result event is out
}

const (
	onceMass    = 24 * time.Hour // for which one clientmsgid means one mass send
	massAMonth  = 4              // mass messages that a fan of a service account gets in a calendar month
	maxMassList = 10_000
)

type massRequest struct {
	Filter *struct {
		ToAll bool            `json:"is_to_all"`
		Tag   json.RawMessage `json:"tag_id"` // a number; the pages' examples also show a string
	} `json:"filter"`
	ToUser      json.RawMessage `json:"touser"`
	MsgType     string          `json:"msgtype"`
	ClientMsgID string          `json:"clientmsgid"`
}

// massSendAll answers message/mass/sendall: to all, or to the fans of a tag.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
func massSendAll(c *call) (any, error) {
	req, item, err := c.massRequest()
	if err != nil {
		return nil, err
	}
	if req.Filter == nil {
		return nil, fail(47001)
	}
	if req.Filter.ToAll {
		return c.sendMass(req, item, "all", c.a.followers())
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
	var to []*fan
	seen := map[string]bool{}
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
	return req, item, fillMass(item, req.MsgType, branches)
}

func fillMass(item *Item, kind string, branches map[string]json.RawMessage) error {
	switch kind {
	case "text":
		return fillText(item, branches["text"])
	case "voice", "mpnews", "mpvideo", "video":
		return fillMedia(item, branches[kind])
	case "image":
		var v struct {
			MediaIDs []string `json:"media_ids"`
		}
		if err := unmarshal(branches["images"], &v); err != nil {
			return err
		}
		if len(v.MediaIDs) == 0 || v.MediaIDs[0] == "" {
			return fail(40007)
		}
		item.MediaID = v.MediaIDs[0]
		item.Body = branches["images"]
		return nil
	case "wxcard":
		return fail(45113)
	default:
		return fail(40008)
	}
}

// sendMass checks de-duplication and quota, delivers, and plans the result event. The fans have the message at once; until
// the event mass/get says SENDING. 45066, for a clientmsgid that comes again too fast, is not played: 45065 tells the same.
func (c *call) sendMass(req massRequest, item *Item, scope string, to []*fan) (any, error) {
	key := "mass/" + req.ClientMsgID
	if req.ClientMsgID == "" { // the platform then makes a digest of scope and content
		sum := sha256.Sum256([]byte(scope + "\x00" + item.MsgType + item.Content + item.MediaID))
		key = "mass-digest/" + hex.EncodeToString(sum[:16])
	}
	if id, ok := c.a.known(key, c.now); ok {
		e := fail(45065)
		e.fields = map[string]any{"msg_id": id}
		return nil, e
	}
	if err := c.spendMass(scope == "all"); err != nil {
		return nil, err
	}
	id := c.s.ids.next()
	item.MsgID = id
	n := c.a.deliverMass(item, to, c.now)
	c.a.remember(key, onceKey{MsgID: id, Until: c.now.Add(onceMass)})
	c.a.masses[id] = &mass{}
	c.a.file.put("mass", c.a.AppID, decimal(id), c.a.masses[id])
	c.s.due.add(c.s.file, job{App: c.a.AppID, Event: eventMassFinished, Due: c.now.Add(massDelay), MsgID: id, Status: "send success", Counts: &n})
	answer := map[string]any{"errcode": 0, "errmsg": "send job submission success", "msg_id": id}
	if item.MsgType == "mpnews" {
		answer["msg_data_id"] = id + 1_000_000_000
	}
	return answer, nil
}

// spendMass takes one mass send from the account's quota: a subscription account has one a day; a service account may send to
// all once a day and four times a month, and to parts as often as the daily calls allow, since there each fan is counted.
func (c *call) spendMass(all bool) error {
	a, now := c.a, c.now
	if a.Type == typeSubscription {
		if a.others[counterMassDay].in(day, now) >= 1 {
			return fail(45028)
		}
		a.count(counterMassDay, day, now)
		return nil
	}
	if !all {
		return nil
	}
	if a.others[counterAllDay].in(day, now) >= 1 || a.others[counterAllMonth].in(month, now) >= massAMonth {
		return fail(45028)
	}
	a.count(counterAllDay, day, now)
	a.count(counterAllMonth, month, now)
	return nil
}

// deliverMass gives the item to all who may have it. Those who do not follow and those who had their four of the month are
// filtered out without an error; those who have blocked the account are errors.
func (a *account) deliverMass(item *Item, to []*fan, now time.Time) counts {
	n := counts{Total: len(to)}
	var lines []byte
	for _, f := range to {
		if !f.Subscribed || a.Type == typeService && f.Month.in(month, now) >= massAMonth {
			continue
		}
		n.Filter++
		if f.Blocked {
			n.Error++
			continue
		}
		n.Sent++
		f.Month = f.Month.plus(month, now)
		f.inbox.add(item)
		lines = appendLine(lines, "fan", a.AppID, f.openID, f)
		lines = appendLine(lines, "item", a.AppID, f.openID, item)
	}
	a.file.write(lines)
	return n
}

// massGet answers message/mass/get.
func massGet(c *call) (any, error) {
	var req struct {
		MsgID json.Number `json:"msg_id"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	id, err := req.MsgID.Int64()
	m := c.a.masses[id]
	if err != nil || m == nil {
		return nil, fail(40059)
	}
	status := "SENDING"
	if m.Done {
		status = "SEND_SUCCESS"
	}
	return map[string]any{"msg_id": id, "msg_status": status}, nil
}

func (a *account) finishMass(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.masses[id]; m != nil {
		m.Done = true
		a.file.put("mass", a.AppID, decimal(id), m)
	}
}
