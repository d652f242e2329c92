package simulator

import (
	"encoding/json"
	"time"
)

// The kinds of an Item.
const (
	kindPassive  = "passive"   // a reply to a push
	kindCustomer = "customer"  // a customer-service message
	kindTemplate = "template"  // a template message
	kindNotice   = "subscribe" // a subscription notice
	kindMass     = "mass"      // a mass message
	kindFault    = "fault"     // the platform's line that the account is out of order
)

// Item is one thing that a fan received. Kind and At are always there; of the rest what its kind and type have.
type Item struct {
	Kind string `json:"kind"`
	At   string `json:"at"` // RFC 3339 with milliseconds, UTC, by the simulator's clock

	MsgType     string    `json:"msgtype,omitempty"`
	Content     string    `json:"content,omitempty"`
	Articles    []Article `json:"articles,omitempty"`
	MediaID     string    `json:"media_id,omitempty"`
	Title       string    `json:"title,omitempty"`
	Description string    `json:"description,omitempty"`
	MusicURL    string    `json:"musicurl,omitempty"`
	KfAccount   string    `json:"kf_account,omitempty"`
	AI          bool      `json:"ai,omitempty"` // bears the mark of a third party's AI
	// Body is the message as it came, for types that have no fields here (msgmenu, miniprogrampage, …).
	Body json.RawMessage `json:"body,omitempty"`

	TemplateID  string            `json:"template_id,omitempty"`
	Data        map[string]string `json:"data,omitempty"` // key → value, as the fan sees them
	URL         string            `json:"url,omitempty"`
	MiniProgram *MiniProgram      `json:"miniprogram,omitempty"`
	MsgID       int64             `json:"msgid,omitempty"` // of template and mass messages

	// Why says of a fault what was wrong with the answer. A real fan never learns it.
	Why string `json:"why,omitempty"`
}

// Article is one item of a news message.
type Article struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	PicURL      string `json:"picurl,omitempty"`
	URL         string `json:"url,omitempty"`
}

// MiniProgram is the page of a mini program that a template message opens; it wins over URL.
type MiniProgram struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath,omitempty"`
}

// stamp is how times stand in control answers.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// inbox is all that a fan received, in order. Items are not changed after add, so they may be shared among fans.
type inbox struct{ list []*Item }

func (b *inbox) add(item *Item) { b.list = append(b.list, item) }

// items are the fan's items. The slice may be read after the account's lock is given back.
func (b *inbox) items() []*Item { return b.list[:len(b.list):len(b.list)] }

// receive puts an item into the fan's inbox. The account's lock is held.
func (a *account) receive(f *fan, item *Item) {
	f.inbox.add(item)
	a.file.put("item", a.AppID, f.openID, item)
}
