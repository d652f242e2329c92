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
	HQMusicURL  string    `json:"hqmusicurl,omitempty"`
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

	text string // its JSON, once it is in an inbox
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

// inboxMemory is how many of a fan's last items are always in memory; older ones go to the spill file, inboxBlock at a time.
const (
	inboxMemory = 200
	inboxBlock  = 100
)

// inbox is all that a fan received, in order. Items are kept as the JSON in which they are shown, or its short form: a mass
// message's is one text for all of its fans.
type inbox struct {
	older *olderItems // nil: there are none
	last  []string
}

// olderItems are those in the spill file.
type olderItems struct {
	spill  *spill
	blocks []block
}

// add keeps an item's text. It costs the same however many items there are. The account's lock is held.
func (b *inbox) add(spill *spill, item string) {
	b.last = append(b.last, item)
	if len(b.last) < inboxMemory+inboxBlock {
		return
	}
	lines := make([]string, inboxBlock)
	for i := range lines {
		lines[i] = unpack(b.last[i])
	}
	at, ok := spill.write(lines)
	if !ok {
		return
	}
	older := &olderItems{spill: spill}
	if b.older != nil {
		older.blocks = b.older.blocks
	}
	older.blocks = append(older.blocks, at)
	b.older = older
	b.last = append(make([]string, 0, inboxMemory+inboxBlock), b.last[inboxBlock:]...) // the old slice may still be read
}

// encode is the item's text, made once. The account's lock is held.
func (item *Item) encode() string {
	if item.text == "" {
		item.text = pack(string(marshal(item)))
	}
	return item.text
}

// count is how many items there are.
func (b *inbox) count() int {
	n := len(b.last)
	if b.older != nil {
		for _, old := range b.older.blocks {
			n += int(old.items)
		}
	}
	return n
}

// view is the inbox as it now is; it may be read after the account's lock is given back.
func (b *inbox) view() inbox { return inbox{older: b.older, last: b.last[:len(b.last):len(b.last)]} }

// slice returns the JSON of at most limit items from the one at from on.
func (b *inbox) slice(from, limit int) ([]string, error) {
	var list []string
	at := 0
	take := func(items []string) {
		for _, item := range items[min(max(from-at, 0), len(items)):] {
			if len(list) < limit {
				list = append(list, unpack(item))
			}
		}
	}
	if b.older != nil {
		for _, old := range b.older.blocks {
			if at+int(old.items) > from && len(list) < limit {
				items, err := b.older.spill.read(old)
				if err != nil {
					return nil, err
				}
				take(items)
			}
			at += int(old.items)
		}
	}
	take(b.last)
	return list, nil
}

// keep puts an item into the fan's inbox, but not into the state file. The account's lock is held.
func (a *account) keep(f *fan, item *Item) { f.inbox.add(a.spill, item.encode()) }

// receive puts an item into the fan's inbox. The account's lock is held.
func (a *account) receive(f *fan, item *Item) {
	a.keep(f, item)
	a.file.put("item", a.AppID, f.openID, json.RawMessage(unpack(item.encode())))
}
