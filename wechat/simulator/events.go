package simulator

import (
	"fmt"
)

// message begins the push of a fan's message.
func (a *account) message(openID, kind string, created int64, id int64, fill func(*document)) push {
	d := newDocument(a.original, openID, created, kind)
	fill(d)
	d.number("MsgId", id)
	return push{openID: openID, name: kind, doc: d.end()}
}

// event begins the push of an event.
func (a *account) event(openID, name string, created int64, fill func(*document)) push {
	d := newDocument(a.original, openID, created, "event")
	d.text("Event", name)
	fill(d)
	return push{openID: openID, name: name, event: true, doc: d.end()}
}

// ticket is that of a QR code, made up of its scene.
func ticket(scene string) string { return "gQSIM_" + scene }

// consentPush is the event of a fan's answer to the question whether a notice may be sent.
// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
func consentPush(a *account, openID, template string, accept bool, created int64) push {
	status := "reject"
	if accept {
		status = "accept"
	}
	p := a.event(openID, "subscribe_msg_popup_event", created, func(d *document) {
		d.within("SubscribeMsgPopupEvent", func() {
			d.within("List", func() {
				d.text("TemplateId", template)
				d.text("SubscribeStatusString", status)
				d.text("PopupScene", "2")
			})
		})
	})
	p.silent = true
	return p
}

// errNotFollowing is the error of an action that only a follower can do.
func errNotFollowing(openID string) error {
	return fmt.Errorf("the fan %s no longer follows the account: subscribe or scan first", openID)
}
