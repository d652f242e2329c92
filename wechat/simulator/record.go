package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// record is one message between a fan and an agent.
type record struct {
	OpenID string    `json:"openid"`
	Agent  string    `json:"agent"`
	Code   int       `json:"code"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// The operation codes of records.
const (
	byAgent = 2002
	byFan   = 2003
)

const (
	// recordMemory is how many records an account has at least, the newest; recordSlack more are there before old ones go. For
	// how long the platform has them is not published.
	recordMemory = 20_000
	recordSlack  = 1000

	maxRecords = 10_000         // of one answer
	recordSpan = 24 * time.Hour // of one request
)

// recordKey is a record's key in its table, by which records are in order.
func recordKey(id int64) string { return fmt.Sprintf("%020d", id) }

// keepRecord keeps a record. The account's lock is held.
func (s *Server) keepRecord(a *account, r record) {
	t := a.sends.records
	t.put(recordKey(s.ids.next()), r)
	if len(t.rows) < recordMemory+recordSlack {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(t.rows))[:recordSlack] {
		t.drop(key)
	}
}

// recordFan keeps what a fan says to the agent with whom the fan is; nothing where that is nobody, or where the account does not
// get the fan's messages. The lock is held.
func (s *Server) recordFan(a *account, f *fan, text string, now time.Time) {
	talk, ok := a.sessions.get(f.openID)
	if !ok || f.blacklisted() {
		return
	}
	s.keepRecord(a, record{OpenID: f.openID, Agent: talk.Agent, Code: byFan, Text: text, At: now})
}

// recordText is a message in a record: a text as it is, and the kind of others in brackets. The page has that for pictures, voices
// and videos; here it holds for all kinds.
func recordText(kind, text string) string {
	switch kind {
	case "text":
		return text
	case "shortvideo":
		kind = mediaVideo
	}
	return "[" + kind + "]"
}

// recordList answers msgrecord/getmsglist. The pages tell the meaning of msgid by an example alone: here the records from that
// number on are answered, and the answer's msgid is where the next request goes on. Both ends of the span belong to it.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_getmsglist.html
func recordList(c *call) (any, error) {
	var req struct {
		From   *int64 `json:"starttime"`
		To     *int64 `json:"endtime"`
		ID     int64  `json:"msgid"`
		Number int    `json:"number"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	switch {
	case req.From == nil || req.To == nil || *req.From < 0 || *req.To < *req.From || req.ID < 1 || req.Number < 1 || req.Number > maxRecords:
		return nil, fail(65416)
	case *req.To-*req.From > int64(recordSpan/time.Second):
		return nil, fail(65417)
	}
	type item struct {
		OpenID string `json:"openid"`
		Code   int    `json:"opercode"`
		Text   string `json:"text"`
		Time   int64  `json:"time"`
		Worker string `json:"worker"`
	}
	items, next := []item{}, req.ID
	rows := c.a.sends.records.rows
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		id, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the record %s: %w", key, err)
		}
		r := rows[key]
		if at := r.At.Unix(); id < req.ID || at < *req.From || at > *req.To {
			continue
		}
		if len(items) == req.Number {
			break
		}
		items = append(items, item{r.OpenID, r.Code, r.Text, r.At.Unix(), r.Agent})
		next = id + 1
	}
	return map[string]any{"recordlist": items, "number": len(items), "msgid": next}, nil
}
