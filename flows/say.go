package flows

import (
	"errors"
	"fmt"
	"strings"

	"fanflow/store"
	"fanflow/wechat"
)

// Purposes of a send.
const (
	service  = "service"
	campaign = "campaign"
)

// answer gives the passive reply of a flow, of which a push takes one, unless a plugin keeps it back. What the platform would not show
// as it is, is refused.
func (d *decision) answer(r wechat.Reply, e store.Entry) (given bool, err error) {
	if err := r.Validate(d.event.Push); err != nil {
		return false, err
	}
	if veto, err := d.passes(&r, &e); veto || err != nil {
		return false, err
	}
	return true, d.give(r, e)
}

// give gives the passive reply, which no plugin sees: it is one already seen, or the account's own.
func (d *decision) give(r wechat.Reply, e store.Entry) error {
	if err := r.Validate(d.event.Push); err != nil {
		return err
	}
	raw, err := encode(r)
	if err != nil {
		return fmt.Errorf("encode the reply: %w", err)
	}
	e.Kind, e.Channel, e.Value, e.Text = store.Replied, store.Passive, raw, replyText(r)
	d.draft.reply = r
	return d.draft.add(e)
}

func replyText(r wechat.Reply) string {
	if len(r.Articles) > 0 {
		return titles(r.Articles)
	}
	return r.Content
}

func titles(articles []wechat.Article) string {
	var t []string
	for _, a := range articles {
		t = append(t, a.Title)
	}
	return strings.Join(t, " / ")
}

// mayAnswer reports whether the next words can be the passive reply: there is a push to answer, it has no answer yet, and
// nothing was ordered before that would then come after.
func (w *walk) mayAnswer() bool {
	return w.d.event.Answerable && w.d.draft.reply.IsZero()
}

// reply answers the push. Where it is answered already, or there is none (a timer), the words go by customer service.
func (w *walk) reply(m message) error {
	why := "a push takes one passive reply; this is a further one"
	switch {
	case w.mayAnswer() && m.passive():
		return w.passive(m, w.why)
	case !m.passive():
		why = "a passive reply cannot hold a " + m.Rich
	case !w.d.event.Answerable:
		why = fmt.Sprintf("nothing to answer on %s", w.d.event.Name)
	}
	return w.say(store.Customer, m, sendOptions{}, service, why)
}

// passive answers with m. What does not fit into one text follows by customer service; what an answer cannot hold of the
// articles the platform would drop.
func (w *walk) passive(m message, why string) error {
	e := store.Entry{Flow: w.flow.Name, No: w.no, Why: why}
	switch {
	case m.Rich != "":
		r, err := m.answer()
		if err != nil {
			return err
		}
		_, err = w.d.answer(r, e)
		return err
	case m.Image != "":
		_, err := w.d.answer(wechat.Reply{MsgType: "image", MediaID: m.Image}, e)
		return err
	case m.Voice != "":
		_, err := w.d.answer(wechat.Reply{MsgType: "voice", MediaID: m.Voice}, e)
		return err
	case len(m.Articles) > 0:
		if most := wechat.MaxArticles(!w.d.event.Message); len(m.Articles) > most {
			e.Why += fmt.Sprintf("; the first of %d articles, an answer to this holds %d", len(m.Articles), most)
			m.Articles = m.Articles[:most]
		}
		_, err := w.d.answer(wechat.Reply{MsgType: "news", Articles: m.Articles}, e)
		return err
	}
	head, rest := wechat.SplitText(strings.ToValidUTF8(m.Text, "\uFFFD")) // other bytes would grow on the way
	if given, err := w.d.answer(wechat.TextReply(head), e); err != nil || rest == "" || !given {
		return err
	}
	return w.say(store.Customer, message{Text: rest}, sendOptions{}, service, "the rest of a text too long for one message")
}

var errNoWords = errors.New("there is nothing to say: the text is empty")

// message goes by customer service.
func (w *walk) message(m message, o sendOptions) error {
	return w.say(store.Customer, m, o, service, w.why)
}

// send takes the cheapest open route: the passive reply if it is free and nothing waits before it, else the one that the
// outbox finds open when it is due.
func (w *walk) send(m message, o sendOptions) error {
	if o == (sendOptions{}) && w.mayAnswer() && m.passive() && len(w.d.draft.sends) == 0 {
		return w.passive(m, "the cheapest route of a send is the passive reply")
	}
	return w.say(store.Auto, m, o, campaign, w.why)
}

// say orders a message, in as many pieces as it needs.
func (w *walk) say(channel string, m message, o sendOptions, purpose, why string) error {
	switch {
	case m.Rich != "":
		out, err := m.outgoing()
		if err != nil {
			return err
		}
		return w.order(channel, out, o, purpose, "["+m.Rich+"]", why)
	case m.Image != "":
		return w.order(channel, wechat.Outgoing{Image: m.Image}, o, purpose, "[image]", why)
	case m.Voice != "":
		return w.order(channel, wechat.Outgoing{Voice: m.Voice}, o, purpose, "[voice]", why)
	case m.Text == "" && len(m.Articles) == 0:
		return errNoWords
	}
	for i := range m.Articles { // customer service takes one at a time
		one := m.Articles[i : i+1]
		if err := w.order(channel, wechat.Outgoing{Articles: one}, o, purpose, titles(one), why); err != nil {
			return err
		}
		o = o.next()
	}
	for rest := m.Text; rest != ""; {
		var head string
		head, rest = wechat.SplitText(rest)
		if err := w.order(channel, wechat.Outgoing{Text: head}, o, purpose, head, why); err != nil {
			return err
		}
		o = o.next()
	}
	return nil
}

// next are the options of a message's next piece: a key names one piece.
func (o sendOptions) next() sendOptions {
	if o.Key != "" {
		o.Key += "+"
	}
	return o
}

// template orders a template message.
func (w *walk) template(t wechat.Template, o sendOptions) error {
	if o.Purpose == campaign {
		return errCampaignTemplate
	}
	return w.order(store.Template, wechat.Outgoing{Template: &t}, o, service, t.Name, w.why)
}

// notice orders a subscription notice, which takes one of the fan's consents. It opens no web page, so that a url is left out.
func (w *walk) notice(t wechat.Template, o sendOptions) error {
	why := w.why
	if t.URL != "" {
		why += "; " + noticeURL
	}
	t.URL = ""
	return w.order(store.Notice, wechat.Outgoing{Notice: &t}, o, service, t.Name, why)
}

// noticeURL is what is said about the url of a notice.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg
const noticeURL = "a notice opens no web page: its url is not sent"

// order makes a send and the job that carries it out.
func (w *walk) order(channel string, content wechat.Outgoing, o sendOptions, purpose, text, why string) error {
	d := w.d
	if len(d.draft.sends) >= maxSends {
		return fmt.Errorf("more than %d messages for one event", maxSends)
	}
	due, expires, err := w.schedule(o)
	if err != nil {
		return err
	}
	if why, err = w.replaces(o.Key, why); err != nil {
		return err
	}
	raw, err := encode(content)
	if err != nil {
		return fmt.Errorf("encode the message: %w", err)
	}
	if o.Purpose != "" {
		purpose = o.Purpose
	}
	s := store.Send{
		ID: d.draft.nextID(), Account: d.fan.Account, OpenID: d.fan.OpenID, Flow: w.flow.Name, No: w.no, Channel: channel, Purpose: purpose,
		Status: store.Waiting, Content: raw, Created: d.draft.at, Due: due, Expires: expires, Late: w.lateRule(o),
		Depth: d.event.Depth,
	}
	d.draft.sends = append(d.draft.sends, s)
	d.draft.jobs = append(d.draft.jobs, sendJob(&s))
	return w.note(store.Entry{Kind: store.Ordered, Send: s.ID, Channel: channel, Due: due, Text: text, Key: o.Key, Why: why})
}

func sendJob(s *store.Send) store.Job {
	return store.Job{ID: s.ID, Account: s.Account, OpenID: s.OpenID, Kind: "send", Due: s.Due, Flow: s.Flow, No: s.No}
}

// transfer hands the fan over to customer service: to the agent, or to any.
func (w *walk) transfer(agent string) error {
	if !w.d.event.Message {
		return fmt.Errorf("transfer answers a message of the fan's, not %s", w.d.event.Name)
	}
	if !w.d.draft.reply.IsZero() {
		return errors.New("transfer is the passive reply of a push, and it has one already")
	}
	return w.d.give(wechat.Reply{MsgType: "transfer_customer_service", KfAccount: agent}, store.Entry{Flow: w.flow.Name, No: w.no, Why: w.why})
}
