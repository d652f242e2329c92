package wechat

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Push is one message or event that WeChat posts to the callback URL. The header fields keep WeChat's names.
// Source: developers.weixin.qq.com/doc/service/guide/product/message (receiving standard messages; event push).
type Push struct {
	ToUserName   string // the account's original id, gh_…
	FromUserName string // the fan's OpenID
	CreateTime   int64  // seconds since 1970
	MsgType      string // text, image, voice, …, event
	Event        string // for MsgType event, as WeChat writes it: subscribe, SCAN, CLICK, TEMPLATESENDJOBFINISH, …
	EventKey     string
	MsgID        string // MsgId of a message or MsgID of a job's event; decimal
	// Body is what the type adds: *Text, *Location, *Subscribe, *Unsubscribe, *Scan, *LocationReport, *Click, *SendResult,
	// or *Generic for every other one.
	Body Body
	// Raw is the document as it was parsed, after decryption.
	Raw []byte
}

// Body is the part of a Push that depends on its type.
type Body interface{ body() }

type (
	// Text is what a fan wrote.
	Text struct {
		Content string
		MenuID  string // bizmsgmenuid: the item of a customer-service menu message that was tapped
	}
	// Location is a place that a fan sent.
	Location struct {
		Latitude, Longitude float64 // Location_X, Location_Y; degrees
		Scale               int
		Label               string
	}
	// Subscribe is a new follower. Scene is that of the QR code they came by, without "qrscene_"; empty if by another way.
	Subscribe struct {
		Scene  string
		Ticket string
	}
	// Unsubscribe is a follower who left.
	Unsubscribe struct{}
	// Scan is a follower who scanned a QR code with a scene.
	Scan struct {
		Scene  string
		Ticket string
	}
	// LocationReport is a position that the client reports by itself, where the owner has switched that on.
	LocationReport struct {
		Latitude, Longitude, Precision float64
	}
	// Click is a tap on a menu item of type click.
	Click struct{ Key string }
	// SendResult is TEMPLATESENDJOBFINISH or MASSSENDJOBFINISH; Status as WeChat writes it, the counts for mass sends only.
	SendResult struct {
		Status                                         string
		TotalCount, FilterCount, SentCount, ErrorCount int64
	}
	// Generic is any other message or event: its fields by their path ("ScanCodeInfo.ScanResult"), text as sent. Where a path
	// occurs more than once the first occurrence stands under the path, later ones under path#2, path#3, …
	Generic struct{ Fields map[string]string }
)

func (*Text) body()           {}
func (*Location) body()       {}
func (*Subscribe) body()      {}
func (*Unsubscribe) body()    {}
func (*Scan) body()           {}
func (*LocationReport) body() {}
func (*Click) body()          {}
func (*SendResult) body()     {}
func (*Generic) body()        {}

// Created is CreateTime as a time in UTC.
func (p *Push) Created() time.Time { return time.Unix(p.CreateTime, 0).UTC() }

// Name is the one word by which flows know this kind of push: the message type in lower case, or for events the event in
// lower case, with "scan" for SCAN, "report" for the LOCATION event (a "location" is a message), "sent" for the results of
// template and mass sends.
func (p *Push) Name() string {
	if !strings.EqualFold(p.MsgType, "event") {
		return strings.ToLower(p.MsgType)
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
// A message is FromUserName+CreateTime+MsgId; an event is FromUserName+CreateTime+Event+EventKey+MsgID; one that has neither
// a sender nor a type is the hash of its document. The platform's own rule (MsgId, else FromUserName+CreateTime) would take
// two menu taps in one second for one.
// Source: developers.weixin.qq.com/doc/service/guide/product/message (the paragraphs on repeats).
func (p *Push) Key() string {
	var room [256]byte
	id := room[:0]
	switch {
	case p.FromUserName == "" || p.MsgType == "":
		id = p.Raw
	case strings.EqualFold(p.MsgType, "event"):
		id = append(id, "e\x00"...)
		id = append(append(id, p.FromUserName...), 0)
		id = append(strconv.AppendInt(id, p.CreateTime, 10), 0)
		id = append(append(id, strings.ToLower(p.Event)...), 0)
		id = append(append(id, p.EventKey...), 0)
		id = append(id, p.MsgID...)
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
