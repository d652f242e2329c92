package flows

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// Events by the words that flows use for them. The value says what a key of on and triggers is compared with. The event "event" is
// any message or event of the platform's that has no word here: its keys are their names.
var eventSubjects = map[string]string{
	"text": "what the fan wrote", "click": "the menu item's key", "view": "the menu item's URL", "scan": "the scene",
	"webhook": "the event's name", "tag": "the tag", "untag": "the tag", "attr": "the attribute, or attribute=value",
	"goal": "the goal, or flow.goal", "sent": "delivered, failed, skipped, expired or uncertain, and perhaps the reason: failed:user block",
	resultEvent: "the sub-flow's result", answerEvent: "the call's name, with :failed behind it if it failed",
	clickEvent: "the link's name", "location": "the place: a circle such as \"31.2235,121.4457 3km\"", "report": "the place: a circle such as \"31.2235,121.4457 3km\"",
	"image": "", "voice": "", "video": "", "link": "", "subscribe": "", "unsubscribe": "",
	"view_miniprogram": "the page's path", "scancode_push": menuKey, "scancode_waitmsg": menuKey, "pic_sysphoto": menuKey,
	"pic_photo_or_album": menuKey, "pic_weixin": menuKey, "location_select": menuKey,
	"subscribe_msg_popup_event": "", "subscribe_msg_change_event": "", "subscribe_msg_sent_event": "",
	"kf_create_session": "", "kf_close_session": "", "kf_switch_session": "",
	otherEvent: "the name of the platform's event, or the type of its message, in lower case",
}

const (
	menuKey    = "the menu item's key"
	otherEvent = "event"
	// clickEvent is a click on a tracked link. Flows write link with keys for it: a link that the fan sends has none.
	clickEvent = "click_link"
)

// spoken is the word that flows use for an event.
func spoken(event string) string {
	if event == clickEvent {
		return "link"
	}
	return event
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
	Name    string `json:"name"`
	Subject string `json:"subject,omitempty"` // what keys are compared with
	// Fields are what a script sees as event.…, beside type and created_at.
	Fields  map[string]any `json:"fields,omitempty"`
	Created time.Time      `json:"created,omitzero"`
	// Answerable: a passive reply to it reaches the fan. Message: it is a message of the fan's, no platform event.
	Answerable bool `json:"answerable,omitempty"`
	Message    bool `json:"message,omitempty"`
	// Acts: the fan did it, so that it is journaled and may open a window.
	Acts bool `json:"acts,omitempty"`
	// Window is the trigger of the customer-service window that it opens; empty for none.
	Window string `json:"window,omitempty"`
	// Scene is that of a subscribe or scan.
	Scene string `json:"scene,omitempty"`
	// Captures are what the key of the rule that acts on it has captured: of a pattern each "*", of an expression its groups.
	Captures []string `json:"-"`
	// Source is the flow that caused it, which does not hear it; Depth how deep flows have told each other.
	Source string `json:"source,omitempty"`
	Depth  int    `json:"depth,omitempty"`
	// Settle is the send whose result this is, Report the platform's word for the result, as it came; empty where we know it
	// ourselves. SendID is the send's id where it is still to be loaded.
	Settle *store.Send `json:"settle,omitempty"`
	Report string      `json:"report,omitempty"`
	SendID string      `json:"send_id,omitempty"`
	// Call is the enrollment that ordered the call of which this is the answer.
	Call *store.Caller `json:"call,omitempty"`
	// Kept is a passive reply that could not be sent late, of the event "late".
	Kept json.RawMessage `json:"kept,omitempty"`
	Push *wechat.Push    `json:"-"` // that it is, which WeChat may repeat; nil for what comes out of the due-queue
	// Other: the push has no type of its own, so that scripts see all of its fields and its text. The journal keeps neither.
	Other bool `json:"other,omitempty"`
}

// table is what the script sees.
func (ev *event) table() map[string]any {
	t := make(map[string]any, len(ev.Fields)+4)
	for k, v := range ev.Fields {
		t[k] = v
	}
	if ev.Other {
		t["fields"], t["raw"] = ev.Push.Fields(), string(ev.Push.Raw)
	}
	t["type"] = spoken(ev.Name)
	t["created_at"] = float64(ev.Created.Unix())
	if len(ev.Captures) > 0 {
		list := make([]any, len(ev.Captures))
		for i, s := range ev.Captures {
			list[i] = s
		}
		t["captures"] = list
	}
	return t
}

// with gives the event with what a rule has captured of it.
func (ev *event) with(r *rule, captures []string) *event {
	if len(captures) == 0 {
		return ev
	}
	c := *ev
	c.Fields = maps.Clone(ev.Fields)
	switch {
	case r.around != nil:
		metres, _ := strconv.ParseFloat(captures[0], 64) // of our own writing
		c.Fields["distance"] = metres
		return &c
	case r.re != nil:
		for i, name := range r.re.SubexpNames() {
			if name != "" {
				c.Fields[name] = captures[i-1]
			}
		}
	}
	c.Captures = captures
	return &c
}

// field gives what a script sees under a name; 1, 2, … are the captures.
func (ev *event) field(name string) any {
	switch name {
	case "type":
		return spoken(ev.Name)
	case "created_at":
		return float64(ev.Created.Unix())
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(ev.Captures) {
		return ev.Captures[n-1]
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
func (ev *event) showsFollowing() bool { return ev.Push != nil && ev.Acts && !anybodys[ev.Name] }

// concernsFan reports whether the push is about one fan.
func concernsFan(p *wechat.Push) bool {
	if p.FromUserName == "" || p.MsgType == "" {
		return false
	}
	return !p.IsEvent() || acting[strings.ToLower(p.Event)]
}

// mayConcernFan reports whether an event in which FromUserName did nothing may be about them. Such are offered to flows and leave
// no trace where none takes them: who listens to an event by its name knows whom it is about.
func mayConcernFan(p *wechat.Push) bool {
	switch p.Body.(type) {
	case *wechat.Session, *wechat.NoticeResult, *wechat.Generic:
		return p.FromUserName != "" && p.IsEvent()
	}
	return false
}

// pushEvent reads a push that concerns a fan, or may.
func pushEvent(p *wechat.Push) *event {
	ev := &event{Name: p.Name(), Created: p.Created(), Push: p, Acts: concernsFan(p), Fields: map[string]any{}}
	if !p.IsEvent() {
		ev.Message, ev.Answerable, ev.Window = true, true, "message"
	}
	if ev.Name == "shortvideo" {
		ev.Name = "video"
	}
	switch b := p.Body.(type) {
	case *wechat.Subscribe:
		ev.Answerable, ev.Window = true, "subscribe"
		ev.scene(b.Scene, b.Ticket)
	case *wechat.Unsubscribe:
	case *wechat.Scan:
		ev.Answerable, ev.Window, ev.Subject = true, "scan", b.Scene
		ev.scene(b.Scene, b.Ticket)
	case *wechat.LocationReport:
		ev.place(b.Latitude, b.Longitude)
		ev.Subject = placeText(b.Latitude, b.Longitude)
		ev.Fields["precision"] = b.Precision
	case *wechat.SendResult:
		ev.Acts = false
		ev.Report, ev.Fields["msgid"] = b.Status, p.MsgID
	case *wechat.NoticeConsent, *wechat.NoticeResult, *wechat.Session:
		ev.around(p)
	case *wechat.Generic:
		ev.generic(p, b)
	default:
		if ev.Message {
			ev.message(p)
		}
	}
	ev.menu(p)
	if _, ok := eventSubjects[ev.Name]; ev.Message && !ok {
		ev.unworded()
	}
	return ev
}

// unworded lets flows find what has no word under event, by its name.
func (ev *event) unworded() {
	ev.Subject, ev.Fields["name"] = ev.Name, ev.Name
	ev.Name = otherEvent
}

// title is the name that the journal shows: the word for it, else its own name.
func (ev *event) title() string {
	if ev.Name == otherEvent {
		return ev.Subject
	}
	return ev.Name
}

// message takes what fans say and send.
func (ev *event) message(p *wechat.Push) {
	switch b := p.Body.(type) {
	case *wechat.Text:
		ev.Subject, ev.Fields["text"] = b.Content, b.Content
		ev.given("menu_id", b.MenuID)
	case *wechat.Image:
		ev.Fields["media_id"], ev.Fields["pic_url"] = b.MediaID, b.PicURL
	case *wechat.Voice:
		ev.Fields["media_id"], ev.Fields["format"] = b.MediaID, b.Format
		ev.given("media_id_16k", b.MediaID16K)
		ev.given("recognition", b.Recognition)
	case *wechat.VideoMessage:
		ev.Fields["media_id"], ev.Fields["thumb_media_id"] = b.MediaID, b.ThumbMediaID
	case *wechat.Location:
		ev.place(b.Latitude, b.Longitude)
		ev.Subject = placeText(b.Latitude, b.Longitude)
		ev.Fields["label"], ev.Fields["scale"] = b.Label, float64(b.Scale)
	case *wechat.Link:
		ev.Fields["title"], ev.Fields["description"], ev.Fields["url"] = b.Title, b.Description, b.URL
	case *wechat.MiniProgramPage:
		ev.Fields["title"], ev.Fields["app_id"], ev.Fields["page_path"] = b.Title, b.AppID, b.PagePath
		ev.Fields["thumb_url"], ev.Fields["thumb_media_id"] = b.ThumbURL, b.ThumbMediaID
	}
	ev.given("article_id", p.MsgDataID)
}

// menu takes the events of the account's menu. What a script can know of them by EventKey it knows without a body, too.
func (ev *event) menu(p *wechat.Push) {
	switch b := p.Body.(type) {
	case *wechat.View:
		ev.given("menu_id", b.MenuID)
	case *wechat.ViewMiniProgram:
		ev.given("menu_id", b.MenuID)
	case *wechat.ScanCode:
		ev.Fields["result"], ev.Fields["scan_type"] = b.ScanResult, b.ScanType
	case *wechat.Pictures:
		ev.Fields["count"], ev.Fields["md5_sums"] = float64(b.Count), b.MD5Sums
	case *wechat.LocationSelect:
		ev.place(b.Latitude, b.Longitude)
		ev.Fields["label"], ev.Fields["scale"] = b.Label, float64(b.Scale)
		ev.given("poiname", b.Poiname)
	}
	switch ev.Name {
	case "click":
		ev.Answerable, ev.Window = true, "menu"
		ev.Fields["key"] = p.EventKey
	case "view":
		ev.Fields["url"] = p.EventKey
	case "view_miniprogram":
		ev.Fields["page_path"] = p.EventKey
	case "scancode_push":
		ev.Window = "menu"
	case "scancode_waitmsg":
		ev.Window, ev.Answerable = "menu", true
	case "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
	default:
		return
	}
	ev.Subject = p.EventKey
	ev.given("key", p.EventKey)
}

// around takes the events of subscription notices and of customer service.
func (ev *event) around(p *wechat.Push) {
	switch b := p.Body.(type) {
	case *wechat.NoticeConsent:
		list := make([]any, len(b.List))
		for i, n := range b.List {
			list[i] = map[string]any{"template_id": n.TemplateID, "status": n.SubscribeStatusString, "popup_scene": float64(n.PopupScene)}
		}
		ev.Fields["list"] = list
	case *wechat.NoticeResult:
		list := make([]any, len(b.List))
		for i, n := range b.List {
			list[i] = map[string]any{
				"template_id": n.TemplateID, "msgid": n.MsgID, "code": float64(n.ErrorCode), "status": n.ErrorStatus,
			}
		}
		ev.Fields["list"] = list
	case *wechat.Session:
		ev.given("kf_account", b.KfAccount)
		ev.given("from_kf_account", b.FromKfAccount)
		ev.given("to_kf_account", b.ToKfAccount)
	}
}

func (ev *event) place(lat, lon float64) {
	ev.Fields["latitude"], ev.Fields["longitude"] = lat, lon
}

func (ev *event) scene(scene, ticket string) {
	ev.Scene = scene
	ev.given("scene", scene)
	ev.given("ticket", ticket)
}

// given sets a field that not every event of its kind has.
func (ev *event) given(name, value string) {
	if value != "" {
		ev.Fields[name] = value
	}
}

// genericFields are the names under which scripts find what the platform calls otherwise.
var genericFields = map[string]string{
	"MediaId": "media_id", "PicUrl": "pic_url", "Format": "format", "Recognition": "recognition", "ThumbMediaId": "thumb_media_id",
	"Title": "title", "Description": "description", "Url": "url", "ScanCodeInfo.ScanResult": "result",
}

// generic takes the fields of messages and events that have no type of their own, or whose figures could not be read.
func (ev *event) generic(p *wechat.Push, b *wechat.Generic) {
	ev.Other = true
	for path, name := range genericFields {
		if v, ok := b.Fields[path]; ok {
			ev.Fields[name] = v
		}
	}
	ev.given("key", p.EventKey)
	if ev.Acts {
		return
	}
	ev.unworded()
}

// jobEvent reads an event that waited in the due-queue: a webhook, a click, a send's result, or what another flow did.
func jobEvent(j store.Job) (*event, error) {
	ev := &event{Name: j.Name, Created: j.Due, Source: j.Flow, Depth: j.Depth, Fields: map[string]any{}}
	var args eventArgs
	if len(j.Args) > 0 {
		if err := json.Unmarshal(j.Args, &args); err != nil {
			return nil, err
		}
	}
	ev.Subject = factSubject(j.Name, j.Flow, args.Name, args.Value)
	if !args.Created.IsZero() {
		ev.Created = args.Created
	}
	switch j.Name {
	case "webhook":
		ev.Acts = true
		ev.Fields["name"], ev.Fields["data"] = args.Name, jsonValue(args.Value)
	case clickEvent:
		ev.Acts = true
		ev.Fields["name"], ev.Fields["url"] = args.Name, jsonValue(args.Value)
	case answerEvent:
		if err := ev.answer(args.Value); err != nil {
			return nil, err
		}
	case "sent", acceptedEvent:
		ev.Report, ev.SendID = args.Status, args.Send
		ev.given("msgid", args.Name)
	case lateEvent:
		ev.Kept = args.Value
	default:
		ev.Fields["name"], ev.Fields["flow"] = args.Name, j.Flow
		ev.Fields["value"] = jsonValue(args.Value)
	}
	return ev, nil
}

// eventArgs are the Args of a job of kind event.
type eventArgs struct {
	Name    string          `json:"name"`             // of the webhook, link, tag, attribute or goal; the platform's id of a send
	Value   json.RawMessage `json:"value,omitempty"`  // the webhook's data, the link's URL, the attribute's value, the reply to keep
	Status  string          `json:"status,omitempty"` // of a send, as the platform writes it
	Send    string          `json:"send,omitempty"`   // the id of a send that has ended
	Created time.Time       `json:"created,omitzero"` // of a webhook, click or report
}
