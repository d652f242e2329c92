package flows

import (
	"encoding/json"
	"strings"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// Events by the words that flows use for them. The value says what a key of on and triggers is compared with.
var eventSubjects = map[string]string{
	"text": "what the fan wrote", "click": "the menu item's key", "view": "the menu item's URL", "scan": "the scene",
	"webhook": "the event's name", "tag": "the tag", "attr": "the attribute", "goal": "the goal", "sent": "delivered or failed",
	"image": "", "voice": "", "video": "", "link": "", "location": "", "subscribe": "", "unsubscribe": "", "report": "",
}

// keyed are the events that say something particular; the rule of any other stands directly under its name.
var keyed = func() map[string]bool {
	k := map[string]bool{}
	for name, subject := range eventSubjects {
		k[name] = subject != ""
	}
	return k
}()

// timerEvent is the event of a timer. Nothing can listen to it: it belongs to its enrollment.
const timerEvent = "timer"

// event is anything that can move a fan. It is not changed once made.
type event struct {
	Name    string
	Subject string // what keys are compared with
	// Fields are what a script sees as event.…, beside type and created_at.
	Fields  map[string]any
	Created time.Time
	// Answerable: a passive reply to it reaches the fan. Message: it is a message of the fan's, no platform event.
	Answerable bool
	Message    bool
	// Acts: the fan did it, so that it is journaled and may open a window.
	Acts bool
	// Window is the trigger of the customer-service window that it opens; empty for none.
	Window string
	// Scene is that of a subscribe or scan.
	Scene string
	// Source is the flow that caused it, which does not hear it; Depth how deep flows have told each other.
	Source string
	Depth  int
	// Settle is the send whose result this is.
	Settle *store.Send
	Push   bool // it is a push that WeChat may repeat
}

// table is what the script sees.
func (ev *event) table() map[string]any {
	t := make(map[string]any, len(ev.Fields)+2)
	for k, v := range ev.Fields {
		t[k] = v
	}
	t["type"] = ev.Name
	t["created_at"] = float64(ev.Created.Unix())
	return t
}

// field gives what a script sees under a name.
func (ev *event) field(name string) any {
	switch name {
	case "type":
		return ev.Name
	case "created_at":
		return float64(ev.Created.Unix())
	}
	return ev.Fields[name]
}

// acting are the platform events in which FromUserName is a fan who did something. Messages always are such. Everything else
// concerns the account: the platform sends it under the name of a helper account, which must not become a fan.
// Source: developers.weixin.qq.com/doc/service/guide/product/message (event push) and the pages on menus.
var acting = map[string]bool{
	"subscribe": true, "unsubscribe": true, "scan": true, "location": true, "click": true, "view": true, "view_miniprogram": true,
	"scancode_push": true, "scancode_waitmsg": true, "pic_sysphoto": true, "pic_photo_or_album": true, "pic_weixin": true,
	"location_select": true, "subscribe_msg_popup_event": true, "subscribe_msg_change_event": true, "templatesendjobfinish": true,
}

// anybodys are the acting events that a person may cause without following: consent to notices is also asked for on web pages.
var anybodys = map[string]bool{"subscribe_msg_popup_event": true, "subscribe_msg_change_event": true}

// showsFollowing reports whether only a follower can have caused the event: who does not follow has neither the chat nor the menu.
func (ev *event) showsFollowing() bool { return ev.Push && ev.Acts && !anybodys[ev.Name] }

// concernsFan reports whether the push is about one fan.
func concernsFan(p *wechat.Push) bool {
	if p.FromUserName == "" || p.MsgType == "" {
		return false
	}
	return !strings.EqualFold(p.MsgType, "event") || acting[strings.ToLower(p.Event)]
}

// pushEvent reads a push that concerns a fan.
func pushEvent(p *wechat.Push) *event {
	ev := &event{Name: p.Name(), Created: p.Created(), Push: true, Acts: true, Fields: map[string]any{}}
	if !strings.EqualFold(p.MsgType, "event") {
		ev.Message, ev.Answerable, ev.Window = true, true, "message"
	}
	switch b := p.Body.(type) {
	case *wechat.Text:
		ev.Subject, ev.Fields["text"] = b.Content, b.Content
		if b.MenuID != "" {
			ev.Fields["menu_id"] = b.MenuID
		}
	case *wechat.Location:
		ev.place(b.Latitude, b.Longitude)
		ev.Fields["label"], ev.Fields["scale"] = b.Label, float64(b.Scale)
	case *wechat.LocationReport:
		ev.place(b.Latitude, b.Longitude)
		ev.Fields["precision"] = b.Precision
	case *wechat.Subscribe:
		ev.Answerable, ev.Window = true, "subscribe"
		ev.scene(b.Scene, b.Ticket)
	case *wechat.Unsubscribe:
	case *wechat.Scan:
		ev.Answerable, ev.Window, ev.Subject = true, "scan", b.Scene
		ev.scene(b.Scene, b.Ticket)
	case *wechat.Click:
		ev.Answerable, ev.Window, ev.Subject = true, "menu", b.Key
		ev.Fields["key"] = b.Key
	case *wechat.SendResult:
		ev.Acts = false
		ev.Fields["status"], ev.Fields["msgid"] = b.Status, p.MsgID
	case *wechat.Generic:
		ev.generic(p, b)
	}
	return ev
}

func (ev *event) place(lat, lon float64) {
	ev.Fields["latitude"], ev.Fields["longitude"] = lat, lon
}

func (ev *event) scene(scene, ticket string) {
	ev.Scene = scene
	if scene != "" {
		ev.Fields["scene"] = scene
	}
	if ticket != "" {
		ev.Fields["ticket"] = ticket
	}
}

// genericFields are the names under which scripts find what the platform calls otherwise.
var genericFields = map[string]string{
	"MediaId": "media_id", "PicUrl": "pic_url", "Format": "format", "Recognition": "recognition", "ThumbMediaId": "thumb_media_id",
	"Title": "title", "Description": "description", "Url": "url", "EventKey": "key", "ScanCodeInfo.ScanResult": "result",
}

// generic takes the fields of messages and events that have no type of their own.
func (ev *event) generic(p *wechat.Push, b *wechat.Generic) {
	for path, name := range genericFields {
		if v, ok := b.Fields[path]; ok {
			ev.Fields[name] = v
		}
	}
	if p.EventKey != "" {
		ev.Fields["key"] = p.EventKey
	}
	switch ev.Name {
	case "shortvideo":
		ev.Name = "video"
	case "view":
		ev.Subject = p.EventKey
		ev.Fields["url"] = p.EventKey
	case "scancode_push":
		ev.Window = "menu"
	case "scancode_waitmsg":
		ev.Window, ev.Answerable = "menu", true
	}
}

// jobEvent reads an event that waited in the due-queue: a webhook, or what another flow did.
func jobEvent(j store.Job) (*event, error) {
	ev := &event{Name: j.Name, Created: j.Due, Source: j.Flow, Depth: j.Depth, Fields: map[string]any{}}
	var args eventArgs
	if len(j.Args) > 0 {
		if err := json.Unmarshal(j.Args, &args); err != nil {
			return nil, err
		}
	}
	ev.Subject = args.Name
	switch j.Name {
	case "webhook":
		ev.Acts = true
		ev.Fields["name"] = args.Name
		if !args.Created.IsZero() {
			ev.Created = args.Created
		}
		ev.Fields["data"] = jsonValue(args.Value)
	case "sent":
		ev.Fields["status"], ev.Fields["msgid"] = args.Status, args.Name
	default:
		ev.Fields["name"], ev.Fields["flow"] = args.Name, j.Flow
		ev.Fields["value"] = jsonValue(args.Value)
	}
	return ev, nil
}

// eventArgs are the Args of a job of kind event.
type eventArgs struct {
	Name    string          `json:"name"`             // of the webhook, tag, attribute or goal; the platform's id of a send
	Value   json.RawMessage `json:"value,omitempty"`  // the webhook's data, the attribute's value
	Status  string          `json:"status,omitempty"` // of a send, as the platform writes it
	Created time.Time       `json:"created,omitzero"` // of a webhook
}
