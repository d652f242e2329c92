package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// Receive takes a push of the platform: it decides, commits and gives the passive reply, the zero Reply for none. The same push
// again is given the same reply and changes nothing. An error means that nothing is known to have happened: let the platform
// deliver the push again. Safe for concurrent use; pushes of one fan wait for each other in the order they came.
func (e *Engine) Receive(ctx context.Context, account string, p *wechat.Push) (wechat.Reply, error) {
	acc, err := e.account(account)
	if err != nil {
		return wechat.Reply{}, err
	}
	if !concernsFan(p) {
		if e.onPush != nil {
			e.onPush(account, p)
		}
		if !mayConcernFan(p) {
			return wechat.Reply{}, nil
		}
	}
	t := task{fan: store.FanID{Account: account, OpenID: p.FromUserName}, cause: p.Key(), event: pushEvent(p)}
	e.talks.begin(t.fan, t.cause, store.Stamp(e.now()))
	leave, err := e.lanes.enter(ctx, t.fan)
	if err != nil {
		return wechat.Reply{}, fmt.Errorf("wait for fan %s: %w", t.fan, err)
	}
	defer leave()
	t.now = store.Stamp(e.now())
	if t.event.Name == "sent" {
		return wechat.Reply{}, e.report(ctx, acc, t, p)
	}
	return e.run(ctx, acc, t)
}

// Late takes a reply that missed all three deliveries of its push: it goes by customer service, while the fan's window
// allows; each article is a message of its own there. What customer service cannot carry is noted in the journal.
func (e *Engine) Late(ctx context.Context, account string, p *wechat.Push, r wechat.Reply) error {
	if r.IsZero() {
		return nil
	}
	if _, err := e.account(account); err != nil {
		return err
	}
	now := store.Stamp(e.now())
	c := store.Change{
		Fan: store.FanID{Account: account, OpenID: p.FromUserName}, Base: store.AnyRev, Cause: p.Key() + "/late", At: now,
		Receipt: json.RawMessage("{}"),
	}
	list := outgoing(r)
	if len(list) == 0 {
		c.Entries = []store.Entry{{
			Kind: store.Settled, Channel: store.Passive, Send: p.Key(), Name: string(store.SendFail),
			Why: fmt.Sprintf("the reply missed all deliveries, and a %s cannot go by customer service", r.MsgType),
		}}
	}
	for i, out := range list {
		if err := orderLate(&c, i, out); err != nil {
			return err
		}
	}
	if _, err := e.store.Commit(ctx, c); err != nil {
		return fmt.Errorf("order the late reply to fan %s: %w", c.Fan, err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}

// orderLate orders the message of number i of a late reply.
func orderLate(c *store.Change, i int, out wechat.Outgoing) error {
	content, err := encode(out)
	if err != nil {
		return fmt.Errorf("encode the late reply: %w", err)
	}
	s := store.Send{
		ID: c.Cause, Account: c.Fan.Account, OpenID: c.Fan.OpenID, Channel: store.Customer, Purpose: service, Status: store.Waiting,
		Content: content, Created: c.At, Due: c.At,
	}
	if i > 0 {
		s.ID += fmt.Sprintf("/%02d", i+1)
	}
	c.Sends, c.Jobs = append(c.Sends, s), append(c.Jobs, sendJob(&s))
	c.Entries = append(c.Entries, store.Entry{
		Kind: store.Ordered, Send: s.ID, Channel: s.Channel, Due: s.Due, Text: out.Text + titles(out.Articles), Why: "the reply missed all three deliveries",
	})
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

// report settles the send that a TEMPLATESENDJOBFINISH is about and offers it to the fan's flows. The report may overtake the
// commit of the platform's message id: then it waits a moment in the due-queue.
func (e *Engine) report(ctx context.Context, acc *Account, t task, p *wechat.Push) error {
	snap, err := e.store.Load(ctx, t.fan, t.cause)
	if err != nil {
		return fmt.Errorf("load fan %s: %w", t.fan, err)
	}
	if snap.Fan.Rev == 0 || snap.Fan.Erased || snap.Receipt != nil {
		return nil
	}
	status, _ := t.event.Fields["status"].(string)
	found, err := e.settling(ctx, &t, p.MsgID, status)
	if err != nil || found {
		if found {
			_, err = e.run(ctx, acc, t)
		}
		return err
	}
	args, err := json.Marshal(eventArgs{Name: p.MsgID, Status: status, Created: t.event.Created})
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	at := store.Stamp(t.now)
	return e.commitJob(ctx, t.fan, t.cause, 0, store.Job{ // under the fan's name: the report, if it comes again, is known
		ID: t.cause + "/01", Account: t.fan.Account, OpenID: t.fan.OpenID, Kind: "event", Name: "sent", Due: at.Add(reportPatience), Args: args,
	})
}

// settling looks for the fan's send with the platform's id and makes the event settle it.
func (e *Engine) settling(ctx context.Context, t *task, msgID, status string) (bool, error) {
	s, err := e.sendByMsgID(ctx, t.fan, msgID)
	if err != nil || s == nil {
		return false, err
	}
	t.event.Settle = s
	t.event.Subject = "failed"
	if became, _ := sendStatus(status); became == store.Delivered {
		t.event.Subject = "delivered"
	}
	t.event.Fields["channel"] = s.Channel
	return true, nil
}

// sendByMsgID gives the fan's send that the platform knows under the id; nil if there is none among the newest 620.
func (e *Engine) sendByMsgID(ctx context.Context, fan store.FanID, msgID string) (*store.Send, error) {
	want, err := strconv.ParseInt(msgID, 10, 64)
	if err != nil || want == 0 {
		return nil, nil
	}
	cursor := ""
	for limit := 20; limit <= 500; limit *= 5 { // it is nearly always one of the newest
		sends, next, err := e.store.Sends(ctx, fan.Account, store.SendFilter{OpenID: fan.OpenID}, cursor, limit)
		if err != nil {
			return nil, fmt.Errorf("look for send %s of fan %s: %w", msgID, fan, err)
		}
		for i := range sends {
			if sends[i].MsgID == want {
				return &sends[i], nil
			}
		}
		if cursor = next; next == "" {
			break
		}
	}
	return nil, nil
}

// commitJob keeps a job durably, as a blind Change of the fan, or of the account, which touches no fan. The cause is known, and
// adds no second job, for a day or for keep if that is longer.
func (e *Engine) commitJob(ctx context.Context, by store.FanID, cause string, keep time.Duration, j store.Job) error {
	_, err := e.store.Commit(ctx, store.Change{
		Fan: by, Base: store.AnyRev, Cause: cause, At: store.Stamp(e.now()), Jobs: []store.Job{j}, Receipt: json.RawMessage("{}"), Keep: keep,
	})
	if err != nil && !errors.Is(err, store.ErrGone) {
		return fmt.Errorf("keep event %s of fan %s: %w", j.Name, j.Fan(), err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}
