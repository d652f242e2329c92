package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// A passive reply that misses all three deliveries of its push is late. It goes by customer service where the account may do
// that and the fan's window is open, else it is kept for the fan's next message.

// keptFor is how long a reply waits for the fan's next message: what was said a week ago answers nothing any more.
const keptFor = 7 * 24 * time.Hour

// lateEvent is the event of a late reply that found no open window when it was to be sent.
const lateEvent = "late"

const missed = "the reply missed all three deliveries"

// Late takes a reply that missed all three deliveries of its push: it goes by customer service while the fan's window
// allows; each article is a message of its own there. Else it is kept for the fan's next message. What can go neither way is
// noted in the journal. The same push again changes nothing.
func (e *Engine) Late(ctx context.Context, account string, p *wechat.Push, r wechat.Reply) error {
	if r.IsZero() {
		return nil
	}
	acc, err := e.account(account)
	if err != nil {
		return err
	}
	fan := store.FanID{Account: account, OpenID: p.FromUserName}
	leave, err := e.lanes.enter(ctx, fan)
	if err != nil {
		return fmt.Errorf("wait for fan %s: %w", fan, err)
	}
	defer leave()
	for tries := 0; ; tries++ { // what goes past the lane, such as a settled send, may be in the way
		err := e.late(ctx, acc, fan, p.Key(), r)
		if errors.Is(err, store.ErrConflict) && tries < maxConflicts {
			continue
		}
		if err != nil {
			return fmt.Errorf("keep the late reply to fan %s: %w", fan, err)
		}
		if e.poke != nil {
			e.poke()
		}
		return nil
	}
}

func (e *Engine) late(ctx context.Context, acc *Account, fan store.FanID, push string, r wechat.Reply) error {
	cause := push + lateID
	snap, err := e.store.Load(ctx, fan, cause)
	if err != nil || snap.Receipt != nil || snap.Fan.Erased {
		return err
	}
	d := newDraft(snap.Fan, e.now(), cause)
	if mayTell(acc, &d.fan, d.at, r) {
		err = d.orderReply(cause, r, missed)
	} else {
		err = d.keepReply(push, r, missed)
	}
	if err != nil {
		return err
	}
	c := d.change(snap.Fan.Rev)
	c.Receipt = json.RawMessage("{}")
	_, err = e.store.Commit(ctx, c)
	return err
}

// lateID ends the ids of sends that stand for a passive reply.
const lateID = "/late"

// mayTell reports whether a passive reply can go by customer service now.
func mayTell(acc *Account, f *store.Fan, now time.Time, r wechat.Reply) bool {
	return acc.Customer && len(outgoing(r)) > 0 && slices.ContainsFunc(f.Windows, func(w store.Window) bool {
		return w.Left > 0 && now.Before(w.Until)
	})
}

// orderReply orders what stands for a passive reply, by customer service, under ids that begin with id.
func (d *draft) orderReply(id string, r wechat.Reply, why string) error {
	for i, out := range outgoing(r) {
		content, err := encode(out)
		if err != nil {
			return fmt.Errorf("encode the late reply: %w", err)
		}
		s := store.Send{
			ID: id, Account: d.fan.ID.Account, OpenID: d.fan.ID.OpenID, Channel: store.Customer, Purpose: service, Status: store.Waiting,
			Content: content, Created: d.at, Due: d.at,
		}
		if i > 0 {
			s.ID += fmt.Sprintf("/%02d", i+1)
		}
		d.sends, d.jobs = append(d.sends, s), append(d.jobs, sendJob(&s))
		err = d.add(store.Entry{
			Kind: store.Ordered, Send: s.ID, Channel: s.Channel, Due: s.Due, Text: out.Text + titles(out.Articles), Why: why,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepReply keeps a reply for the fan's next message. The oldest of too many is given up.
func (d *draft) keepReply(push string, r wechat.Reply, why string) error {
	if !keepable(r) {
		return d.lose(push, store.SendFail, fmt.Sprintf("%s, and a %s cannot go by customer service or be kept", why, r.MsgType))
	}
	if kept := d.fan.Kept; len(kept) >= store.MaxKept {
		err := d.giveUp(kept[0].Push, fmt.Sprintf("more than %d replies wait for the fan's next message", store.MaxKept))
		if err != nil {
			return err
		}
	}
	raw, err := encode(r)
	if err != nil {
		return fmt.Errorf("encode the late reply: %w", err)
	}
	return d.add(store.Entry{
		Kind: store.KeptBack, Send: push, Value: raw, Text: replyText(r), Why: why + "; no customer-service message may be sent now, so it waits for the fan's next message",
	})
}

// keepable reports whether a reply still makes sense as the answer to another message: a handing over does not.
func keepable(r wechat.Reply) bool { return len(outgoing(r)) > 0 }

// lose notes a passive reply that will never be shown.
func (d *draft) lose(push string, status store.Status, why string) error {
	return d.add(store.Entry{Kind: store.Settled, Channel: store.Passive, Send: push, Name: string(status), Why: why})
}

func (d *draft) giveUp(push, why string) error {
	if err := d.add(store.Entry{Kind: store.Released, Send: push, Why: why}); err != nil {
		return err
	}
	return d.lose(push, store.Expired, why)
}

// keepLate keeps a late reply that found no open window after all. Who has gone gets nothing more.
func (d *decision) keepLate() error {
	r, err := readReply(d.event.Kept)
	if err != nil {
		return err
	}
	d.word = "silent"
	if f := &d.draft.fan; !f.Subscribed && !f.DecidedAt.IsZero() {
		return d.draft.lose(d.event.Subject, store.Skipped, "the fan has unsubscribed")
	}
	return d.draft.keepReply(d.event.Subject, r, "no customer-service window was open")
}

// giveKept gives the replies that missed their push with the answer to this one: the oldest as the answer, where there is none;
// the others by customer service, or in one text with the answer. What goes neither way waits on.
func (d *decision) giveKept() error {
	if d.event.Push == nil || !d.event.Answerable {
		return nil
	}
	own := d.draft.reply.Content
	for _, k := range slices.Clone(d.draft.fan.Kept) {
		if _, err := d.within(func() error { return d.giveOne(k, own) }); err != nil { // one that does not fit waits on
			return err
		}
	}
	return nil
}

// giveOne gives one of them; own are the words of the answer that a flow gave, which come last.
func (d *decision) giveOne(k store.Kept, own string) error {
	if d.now.Sub(k.At) > keptFor {
		return d.draft.giveUp(k.Push, "the fan wrote nothing for seven days")
	}
	r, err := readReply(k.Reply)
	if err != nil {
		return d.draft.giveUp(k.Push, err.Error())
	}
	const why = "it missed its own push"
	said := ""
	switch both, fits := d.joined(r, own); {
	case d.draft.reply.IsZero() && r.Validate(d.event.Push) == nil:
		said = "the answer to this push"
		err = d.give(r, store.Entry{Why: why})
	case mayTell(d.account, &d.draft.fan, d.draft.at, r):
		said = "by customer service"
		err = d.draft.orderReply(d.draft.nextID()+lateID, r, why)
	case fits:
		said = "in one text with the answer to this push"
		err = d.reword(both)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return d.draft.add(store.Entry{Kind: store.Released, Send: k.Push, Why: said})
}

// joined gives the words of a kept reply and of the answer as one text, in the order of their pushes, if both are texts and fit.
func (d *decision) joined(r wechat.Reply, own string) (both string, fits bool) {
	if r.MsgType != "text" || d.draft.reply.MsgType != "text" {
		return "", false
	}
	const gap = "\n\n"
	both = strings.TrimSuffix(d.draft.reply.Content, own) + r.Content + gap + own
	if own == "" {
		both = d.draft.reply.Content + gap + r.Content
	}
	return both, len(both) <= wechat.MaxText
}

// reword changes the words of the answer that was given already.
func (d *decision) reword(text string) error {
	d.draft.reply.Content = text
	raw, err := encode(d.draft.reply)
	if err != nil {
		return fmt.Errorf("encode the reply: %w", err)
	}
	d.draft.entries = slices.Clone(d.draft.entries)
	for i := range d.draft.entries {
		if e := &d.draft.entries[i]; e.Kind == store.Replied {
			e.Value, e.Text = raw, text
			e.Why = strings.TrimPrefix(e.Why+"; with a reply that missed its own push", "; ")
		}
	}
	return nil
}

// outgoing gives a passive reply as customer-service messages, none where there is nothing like it. What these need and a reply
// may lack, such as a video's thumbnail, is the client's to find: the send's reason tells it.
func outgoing(r wechat.Reply) (list []wechat.Outgoing) {
	switch r.MsgType {
	case "text":
		return []wechat.Outgoing{{Text: r.Content}}
	case "news": // customer service takes one at a time
		for i := range r.Articles {
			list = append(list, wechat.Outgoing{Articles: r.Articles[i : i+1]})
		}
	case "image":
		return []wechat.Outgoing{{Image: r.MediaID}}
	case "voice":
		return []wechat.Outgoing{{Voice: r.MediaID}}
	case "video":
		return []wechat.Outgoing{{Video: &wechat.Video{MediaID: r.MediaID, Thumb: r.Thumb, Title: r.Title, Description: r.Desc}}}
	case "music":
		return []wechat.Outgoing{{Music: &wechat.Music{Title: r.Title, Description: r.Desc, URL: r.MusicURL, HQURL: r.HQMusic, Thumb: r.Thumb}}}
	}
	return list
}

// replyOf gives a customer-service message as the passive reply that it stands for; the zero Reply where there is none.
func replyOf(out *wechat.Outgoing) (r wechat.Reply) {
	switch {
	case out.Text != "":
		return wechat.TextReply(out.Text)
	case len(out.Articles) > 0:
		return wechat.Reply{MsgType: "news", Articles: out.Articles}
	case out.Image != "":
		return wechat.Reply{MsgType: "image", MediaID: out.Image}
	case out.Voice != "":
		return wechat.Reply{MsgType: "voice", MediaID: out.Voice}
	case out.Video != nil:
		v := out.Video
		return wechat.Reply{MsgType: "video", MediaID: v.MediaID, Thumb: v.Thumb, Title: v.Title, Desc: v.Description}
	case out.Music != nil:
		m := out.Music
		return wechat.Reply{MsgType: "music", Title: m.Title, Desc: m.Description, MusicURL: m.URL, HQMusic: m.HQURL, Thumb: m.Thumb}
	}
	return r
}
