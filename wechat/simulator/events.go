package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// message begins the push of a fan's message.
func (a *account) message(openID, kind string, created int64, id int64, fill func(*document)) push {
	d := newDocument(a.original, openID, created, kind)
	fill(d)
	d.number("MsgId", id)
	return push{openID: openID, name: kind, doc: a.written(d)}
}

// event begins the push of an event.
func (a *account) event(openID, name string, created int64, fill func(*document)) push {
	d := newDocument(a.original, openID, created, "event")
	d.text("Event", name)
	fill(d)
	return push{openID: openID, name: name, event: true, doc: a.written(d)}
}

// written is the document in the account's format.
func (a *account) written(d *document) []byte {
	if a.Format == formatJSON {
		return d.json()
	}
	return d.xml()
}

// consentPush is the event of a fan's answer to the question whether a notice may be sent.
// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
func (s *Server) consentPush(a *account, openID, template string, accept bool, created int64) push {
	status := "reject"
	if accept {
		status = "accept"
	}
	p := a.event(openID, "subscribe_msg_popup_event", created, func(d *document) {
		d.within("SubscribeMsgPopupEvent", func() {
			s.noticeList(d, func() {
				d.text("TemplateId", template)
				d.text("SubscribeStatusString", status)
				d.text("PopupScene", "2")
			})
		})
	})
	p.silent = true
	return p
}

// revokePush is the event of a fan who takes consent back in the settings; giving it there is not pushed.
func (s *Server) revokePush(a *account, openID, template string, created int64) push {
	p := a.event(openID, "subscribe_msg_change_event", created, func(d *document) {
		d.within("SubscribeMsgChangeEvent", func() {
			s.noticeList(d, func() {
				d.text("TemplateId", template)
				d.text("SubscribeStatusString", "reject")
			})
		})
	})
	p.silent = true
	return p
}

// noticeList is the one entry of a notice event's List.
func (s *Server) noticeList(d *document, entry func()) {
	if s.cfg.Switches.ListObject {
		d.within("List", entry)
		return
	}
	d.each("List", entry)
}

// beginEvent is for events other than those of following.
func (s *Server) beginEvent(a *account, f *fan, do action, now time.Time) (deed, error) {
	switch {
	case do.Click != nil:
		return s.click(a, f, *do.Click, now), nil
	case do.View != nil:
		return pushed(a.event(f.openID, "VIEW", now.Unix(), func(d *document) { d.text("EventKey", *do.View) })), nil
	case do.Page != nil:
		return pushed(a.event(f.openID, "view_miniprogram", now.Unix(), func(d *document) { d.text("EventKey", *do.Page) })), nil
	case do.Scancode != nil:
		return s.scancode(a, f, *do.Scancode, now)
	case do.Pics != nil:
		return s.pics(a, f, *do.Pics, now)
	case do.LocationSelect != nil:
		return s.selectPlace(a, f, *do.LocationSelect, now), nil
	case do.Report != nil && !a.may(rightLocation):
		return deed{}, nil // the platform does not ask the client for it
	case do.Report != nil:
		return pushed(a.event(f.openID, "LOCATION", now.Unix(), func(d *document) {
			d.degrees("Latitude", do.Report.Latitude)
			d.degrees("Longitude", do.Report.Longitude)
			d.degrees("Precision", do.Report.Precision)
		})), nil
	case do.Authorization != nil:
		return a.authorization(f, *do.Authorization, now)
	case do.Session != nil:
		return a.session(f, *do.Session, now)
	case do.Qualification != nil:
		return a.qualification(f, *do.Qualification, now)
	case do.Event != nil:
		return s.anyEvent(a, f, do, now)
	default:
		return deed{}, errors.New("the action has no value")
	}
}

// anyEvent is an event member by member. Of the menu's only click, scancode_push and scancode_waitmsg open a window.
func (s *Server) anyEvent(a *account, f *fan, do action, now time.Time) (deed, error) {
	name, err := memberText(do.Event, "Event")
	if err != nil {
		return deed{}, err
	}
	p := a.event(f.openID, name, now.Unix(), func(d *document) { err = d.members(do.Event, "Event", "MsgType") })
	if err != nil {
		return deed{}, fmt.Errorf("event: %w", err)
	}
	if name == "scancode_push" || name == "scancode_waitmsg" || name == "CLICK" {
		s.open(a, f, openedByClick, now)
	}
	return pushed(p), nil
}

// pushSender is the FromUserName of events about what a person did with the authorisation: the platform's, not the fan's.
const pushSender = "oSIMplatformPushSender000000"

// authorization is a change of what the fan has allowed the account to know. The fan is named in OpenID.
// Source: developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/authorization_change.html (not opened; see docs/wechat.md)
func (a *account) authorization(f *fan, do authorizationAction, now time.Time) (deed, error) {
	if !slices.Contains([]string{"user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"}, do.Event) {
		return deed{}, fmt.Errorf("authorization: event %q is none of user_info_modified, user_authorization_revoke and user_authorization_cancellation", do.Event)
	}
	p := a.event(pushSender, do.Event, now.Unix(), func(d *document) {
		d.text("OpenID", f.openID)
		if id := a.unionID(f); id != "" {
			d.text("UnionID", id)
		}
		d.text("AppID", a.AppID)
		if do.Event == "user_authorization_revoke" {
			d.text("RevokeInfo", orElse(do.RevokeInfo, "301"))
		}
	})
	p.silent = true
	return pushed(p), nil
}

// session is a session with a customer-service agent beginning, ending or changing hands.
func (a *account) session(f *fan, do sessionAction, now time.Time) (deed, error) {
	p := a.event(f.openID, do.Event, now.Unix(), func(d *document) {
		if do.Event == "kf_switch_session" {
			d.text("FromKfAccount", do.Account)
			d.text("ToKfAccount", do.To)
			return
		}
		d.text("KfAccount", do.Account)
	})
	p.silent = true
	if !slices.Contains([]string{"kf_create_session", "kf_close_session", "kf_switch_session"}, do.Event) {
		return deed{}, fmt.Errorf("kf: event %q is none of kf_create_session, kf_close_session and kf_switch_session", do.Event)
	}
	return pushed(p), nil
}

// qualification is a step of the account's verification. The platform sends it about the account; the fan's OpenID stands in
// it as that of any other event.
func (a *account) qualification(f *fan, do qualificationAction, now time.Time) (deed, error) {
	good := slices.Contains([]string{"qualification_verify_success", "naming_verify_success", "annual_renew", "verify_expired"}, do.Event)
	if !good && do.Event != "qualification_verify_fail" && do.Event != "naming_verify_fail" {
		return deed{}, fmt.Errorf("qualification: there is no event %q", do.Event)
	}
	p := a.event(f.openID, do.Event, now.Unix(), func(d *document) {
		if good {
			expires := do.Expires
			if expires == 0 {
				expires = now.AddDate(1, 0, 0).Unix()
			}
			d.number("ExpiredTime", expires)
			return
		}
		d.number("FailTime", now.Unix())
		d.text("FailReason", do.Reason)
	})
	p.silent = true
	return pushed(p), nil
}
