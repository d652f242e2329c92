package wechat

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Push is one message or event that WeChat posts to the callback URL. The header fields keep WeChat's names.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html and …/Receiving_event_pushes.html
type Push struct {
	ToUserName   string // the account's original id, gh_…
	FromUserName string // the fan's OpenID; of events that concern the account, an account of the platform's
	CreateTime   int64  // seconds since 1970
	MsgType      string // text, image, voice, …, event
	Event        string // for MsgType event, as WeChat writes it: subscribe, SCAN, CLICK, TEMPLATESENDJOBFINISH, …
	// EventKey as sent: qrscene_… or last_trade_no_… of a subscribe, the scene of a SCAN, the key or URL of a menu item.
	EventKey string
	MsgID    string // MsgId of a message or MsgID of a job's event; decimal
	// MsgDataID and Idx (from 1) say which article a message came from; empty and 0 where it came from none.
	MsgDataID string
	Idx       int
	// Body is what the type adds: one of the types that stand with Body, never nil after Parse.
	Body Body
	// Raw is the document as it was parsed, after decryption.
	Raw []byte
}

// Body is the part of a Push that depends on its type:
//
//   - messages: *Text, *Image, *Voice, *VideoMessage, *Location, *Link, *MiniProgramPage;
//   - what a fan does: *Subscribe, *Unsubscribe, *Scan, *LocationReport;
//   - the menu: *Click, *View, *ViewMiniProgram, *ScanCode, *Pictures, *LocationSelect;
//   - what became of a job: *SendResult, *PublishResult;
//   - subscription notices: *NoticeConsent, *NoticeResult;
//   - the account: *Session, *Authorization, *Qualification;
//   - every other one: *Generic.
type Body interface{ body() }

// Generic is any other message or event: its fields by their path ("ScanCodeInfo.ScanResult"), text as sent. Where a path
// occurs more than once the first occurrence stands under the path, later ones under path#2, path#3, … The header fields are
// left out; Push.Fields has them as well, and Push.Raw is the document.
type Generic struct{ Fields map[string]string }

func (*Generic) body() {}

// Created is CreateTime as a time in UTC.
func (p *Push) Created() time.Time { return time.Unix(p.CreateTime, 0).UTC() }

// IsEvent reports whether the push is an event and no message of a fan's.
func (p *Push) IsEvent() bool { return strings.EqualFold(p.MsgType, "event") }

// Fields gives every field of the document by its path, as Generic has them, but with the header. It reads Raw anew at each
// call; where Raw is no document it is empty.
func (p *Push) Fields() map[string]string {
	d, err := read(p.Raw, nil)
	if err != nil {
		return map[string]string{}
	}
	return d.fields(func(string) bool { return true })
}

// Name is the one word by which flows know this kind of push: the message type in lower case, or for events the event in
// lower case, with "scan" for SCAN, "report" for the LOCATION event (a "location" is a message), "sent" for the results of
// template and mass sends, "publishjobfinish" for the result of a publication by whichever of its names.
func (p *Push) Name() string {
	if !p.IsEvent() {
		return strings.ToLower(p.MsgType)
	}
	if _, ok := p.Body.(*PublishResult); ok {
		return "publishjobfinish"
	}
	switch e := strings.ToLower(p.Event); e {
	case "location":
		return "report"
	case "templatesendjobfinish", "masssendjobfinish":
		return "sent"
	default:
		return e
	}
}

// Key identifies the push over its repeats. It begins with CreateTime as eight hexadecimal digits, so that keys sort by time.
// A message is FromUserName+CreateTime+MsgId; an event is FromUserName+CreateTime+Event+EventKey+MsgID and what tells two of
// its kind apart (the user of an authorization event, the sends of a notice's result, every field of a *Generic); one that has
// neither a sender nor a type is the hash of its document. The platform's own rule (MsgId, else FromUserName+CreateTime) would
// take two menu taps in one second for one.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html and …/Receiving_event_pushes.html (repeats)
func (p *Push) Key() string {
	var room [256]byte
	id := room[:0]
	switch {
	case p.FromUserName == "" || p.MsgType == "":
		id = p.Raw
	case p.IsEvent():
		id = append(id, "e\x00"...)
		id = append(append(id, p.FromUserName...), 0)
		id = append(strconv.AppendInt(id, p.CreateTime, 10), 0)
		id = append(append(id, strings.ToLower(p.Event)...), 0)
		id = append(append(id, p.EventKey...), 0)
		id = append(id, p.MsgID...)
		if b, ok := p.Body.(distinct); ok {
			id = b.appendIdentity(id)
		}
	case p.MsgID == "":
		id = p.Raw
	default:
		id = append(id, "m\x00"...)
		id = append(append(id, p.FromUserName...), 0)
		id = append(strconv.AppendInt(id, p.CreateTime, 10), 0)
		id = append(id, p.MsgID...)
	}
	sum := sha256.Sum256(id)
	var key [8 + 1 + 24]byte
	hex.Encode(key[:8], binary.BigEndian.AppendUint32(nil, uint32(p.CreateTime)))
	key[8] = '-'
	hex.Encode(key[9:], sum[:12])
	return string(key[:])
}

// distinct is a body without which two events of its kind in one second could not be told apart.
type distinct interface{ appendIdentity(id []byte) []byte }

func (g *Generic) appendIdentity(id []byte) []byte {
	for _, path := range slices.Sorted(maps.Keys(g.Fields)) {
		id = appendWords(id, path, g.Fields[path])
	}
	return id
}

func appendWords(id []byte, words ...string) []byte {
	for _, w := range words {
		id = append(append(id, 0), w...)
	}
	return id
}
