package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fanflow/store"
	"fanflow/wechat"
)

// endings are how a send can end that flows hear of, as keys of sent. That the platform accepted one is no news: what comes of
// a template message it reports, of a customer-service message it does not.
var endings = []string{
	string(store.Delivered), string(store.SendFail), string(store.Skipped), string(store.Expired), string(store.Uncertain),
}

// checkSentKey finds keys of sent that no send ends with.
func checkSentKey(key string) error {
	status, _, _ := strings.Cut(foldFor("sent", key), ":")
	if strings.Contains(status, "*") || slices.Contains(endings, status) {
		return nil
	}
	return fmt.Errorf("no send ends as %q%s: write one of %s, perhaps with the reason: \"failed:user block\"", status, didYouMean(status, endings), strings.Join(endings, ", "))
}

// Tidings are the jobs that follow from the end of a send: the news of it, where a flow listens, or a late reply that found no
// open window and is to be kept. They belong into the Change that writes the end down. s is as that Change leaves it.
func (e *Engine) Tidings(ctx context.Context, s store.Send) []store.Job {
	if s.Status == store.Sent {
		return e.accepted(ctx, &s)
	}
	if !slices.Contains(endings, string(s.Status)) {
		return nil
	}
	j := store.Job{
		ID: "sent/" + s.ID, Account: s.Account, OpenID: s.OpenID, Kind: "event", Due: store.Stamp(e.now()), Name: "sent", Depth: s.Depth + 1,
	}
	args := eventArgs{Send: s.ID, Created: j.Due}
	if push, reply, ok := unsent(&s); ok {
		j.Name, args = lateEvent, eventArgs{Name: push, Value: reply, Created: j.Due}
	} else if !e.heard(ctx, &s) {
		return nil
	}
	var err error
	if j.Args, err = encode(args); err != nil {
		e.logger.ErrorContext(ctx, "tell flows of a send", "send", s.ID, "err", err)
		return nil
	}
	return []store.Job{j}
}

// accepted is the job that tells plugins of a send that the platform has taken, where one wants to know.
func (e *Engine) accepted(ctx context.Context, s *store.Send) []store.Job {
	acc, err := e.account(s.Account)
	if err != nil {
		return nil
	}
	ed, err := e.inForce(ctx, acc)
	if err != nil || !ed.Hooks.follow(acc, store.Sent) {
		return nil
	}
	j := store.Job{
		ID: acceptedEvent + "/" + s.ID, Account: s.Account, OpenID: s.OpenID, Kind: eventKind, Due: store.Stamp(e.now()), Name: acceptedEvent, Depth: s.Depth + 1,
	}
	if j.Args, err = encode(eventArgs{Send: s.ID, Created: j.Due}); err != nil {
		e.logger.ErrorContext(ctx, "tell plugins of a send", "send", s.ID, "err", err)
		return nil
	}
	return []store.Job{j}
}

// unsent gives the reply that a late customer-service message stands for, if there was no window to send it in.
func unsent(s *store.Send) (push string, reply json.RawMessage, ok bool) {
	push, _, late := strings.Cut(s.ID, lateID)
	windowless := s.Status == store.Skipped ||
		s.Status == store.SendFail && (strings.Contains(s.Reason, "45015") || strings.Contains(s.Reason, "45047")) // fact sheet 2.2
	if !late || s.Flow != "" || !windowless {
		return "", nil, false
	}
	var out wechat.Outgoing
	if json.Unmarshal(s.Content, &out) != nil {
		return "", nil, false
	}
	r := replyOf(&out)
	raw, err := encode(r)
	return s.ID, raw, err == nil && !r.IsZero() && push != ""
}

// heard reports whether a flow may want to know how the send ended: a published one, or the version that ordered it. Where that
// cannot be found out, one may.
func (e *Engine) heard(ctx context.Context, s *store.Send) bool {
	snap, err := e.store.Load(ctx, store.FanID{Account: s.Account, OpenID: s.OpenID}, "")
	if err != nil {
		return true
	}
	ed, err := e.library.edition(ctx, s.Account, snap.Catalog)
	if err != nil || ed == nil {
		return err != nil
	}
	ev := &event{Fields: map[string]any{}}
	ev.tellsOf(s)
	if acc := e.accounts[s.Account]; ed.listens("sent", ev.Subject, "") || acc != nil && (ed.Hooks.follow(acc, s.Status) || ed.Hooks.hear(acc, "sent", "")) {
		return true
	}
	n := snap.Fan.Enrolled(s.Flow)
	if n == nil || n.No != s.No {
		return false
	}
	c, err := e.library.version(ctx, ed, store.ScriptID{Account: s.Account, Kind: store.KindFlow, Name: n.Flow}, n.Version, n.Pub)
	return err == nil && c.listens("sent", ev.Subject)
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
	found, err := e.settling(ctx, &t)
	if err != nil || found {
		if found {
			_, err = e.run(ctx, acc, t)
		}
		return err
	}
	args, err := json.Marshal(eventArgs{Name: p.MsgID, Status: t.event.Report, Created: t.event.Created})
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	at := store.Stamp(t.now)
	return e.commitJob(ctx, t.fan, t.cause, 0, store.Job{ // under the fan's name: the report, if it comes again, is known
		ID: t.cause + "/01", Account: t.fan.Account, OpenID: t.fan.OpenID, Kind: "event", Name: "sent", Due: at.Add(reportPatience), Args: args,
	})
}

// settling finds the send that the event tells the end of, by our id or by the platform's, and makes the event tell of it.
func (e *Engine) settling(ctx context.Context, t *task) (bool, error) {
	ev := t.event
	if ev.SendID != "" {
		s, err := e.store.Send(ctx, t.fan.Account, ev.SendID)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read send %s: %w", ev.SendID, err)
		}
		ev.tellsOf(&s)
		return true, nil
	}
	msgID, _ := ev.Fields["msgid"].(string)
	s, err := e.sendByMsgID(ctx, t.fan, msgID)
	if err != nil || s == nil {
		return false, err
	}
	ev.tellsOf(s)
	return true, nil
}

// tellsOf makes the event tell of a send: what the platform reports of it, else how it has ended.
func (ev *event) tellsOf(s *store.Send) {
	status, reason := s.Status, s.Reason
	if ev.Name == acceptedEvent { // whatever the platform has reported since
		status, reason = store.Sent, ""
	}
	if ev.Report != "" {
		status, _ = sendStatus(ev.Report)
		_, reason, _ = strings.Cut(ev.Report, ":")
		reason = strings.TrimSpace(reason)
	}
	ev.Depth = s.Depth + 1
	ev.Settle, ev.Subject = s, foldFor("sent", string(status)+":"+reason)
	ev.Fields["status"], ev.Fields["channel"] = string(status), s.Channel
	ev.given("reason", reason)
	ev.given("flow", s.Flow)
	var out wechat.Outgoing
	if json.Unmarshal(s.Content, &out) != nil {
		return
	}
	for _, t := range []*wechat.Template{out.Template, out.Notice} {
		if t != nil {
			ev.given("template", t.Name)
		}
	}
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
