package simulator

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// deed is what comes of an action: what the fan has at once, and the pushes that it makes, in order.
type deed struct {
	items  []*Item
	pushes []push
}

// pushed is a deed of pushes.
func pushed(p ...push) deed { return deed{pushes: p} }

// act plays the fan and returns what comes of it at once: the passive reply or the fault line, or nothing. A fan that was
// never seen follows silently first; scan, subscribe and pay by one who does not follow are the following itself.
func (s *Server) act(ctx context.Context, a *account, openID string, do action) ([]*Item, error) {
	if do.Open != nil {
		return s.browse(ctx, a, openID, *do.Open)
	}
	d, err := s.begin(a, openID, do)
	if err != nil {
		return nil, err
	}
	items := d.items
	for _, p := range d.pushes {
		if item := s.push(ctx, a, p); item != nil {
			items = append(items, item)
		}
	}
	return items, nil
}

// begin changes the fan's state and makes the pushes. A fan on the account's blacklist can still send, but the account does
// not get it; that events are pushed all the same is a reading of pages that speak of messages alone.
func (s *Server) begin(a *account, openID string, do action) (deed, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, err := s.perform(a, openID, do, s.Now())
	if f := a.fans[openID]; err == nil && f != nil && f.blacklisted() {
		heard := d.pushes[:0]
		for _, p := range d.pushes {
			if p.event {
				heard = append(heard, p)
			}
		}
		d.pushes = heard
	}
	return d, err
}

func (s *Server) perform(a *account, openID string, do action, now time.Time) (deed, error) {
	if do.Pay != nil && do.Pay.TradeNo == "" {
		do.Pay = &payAction{TradeNo: "42000" + decimal(s.ids.next())}
	}
	at, follows, void, err := a.arrival(do, now)
	if void || err != nil {
		return deed{}, err
	}
	f, known := a.fans[openID]
	if !known {
		f = a.fan(openID)
	}
	if follows && !f.Subscribed {
		return s.subscribe(a, f, at, now), nil
	}
	if !known {
		a.follow(f, "", "ADD_SCENE_OTHERS", now)
	}
	if !f.Subscribed {
		return deed{}, errNotFollowing(openID)
	}
	switch {
	case do.Unsubscribe != nil:
		return s.leave(a, f, do.Unsubscribe.Key, now), nil
	case do.Consent != nil:
		return s.consent(a, f, *do.Consent, now)
	case do.Block != nil:
		f.Blocked = *do.Block
		a.saveFan(f)
		return deed{}, nil
	case follows:
		return s.again(a, f, at, now), nil
	case do.Menu != nil:
		return s.tap(a, f, *do.Menu, now)
	case do.said():
		return s.beginMessage(a, f, do, now)
	default:
		return s.beginEvent(a, f, do, now)
	}
}

func (s *Server) open(a *account, f *fan, by string, now time.Time) {
	f.openWindow(by, s.cfg.Switches.Windows, now)
	a.saveFan(f)
}

// subscribe makes the fan a follower. A payment opens its own window beside that of following.
func (s *Server) subscribe(a *account, f *fan, at arrival, now time.Time) deed {
	f.SceneID = at.number
	a.follow(f, at.scene, at.how, now)
	s.open(a, f, openedBySubscribe, now)
	if at.opens != openedBySubscribe {
		s.open(a, f, at.opens, now)
	}
	return pushed(a.event(f.openID, "subscribe", now.Unix(), func(d *document) {
		d.text("EventKey", at.key) // empty as in real traffic where there is none; the page shows no such member
		if at.ticket != "" {
			d.text("Ticket", at.ticket)
		}
	}))
}

// again is subscribe, scan or pay by a follower: a scan is told, a payment opens its window, and who follows cannot follow.
func (s *Server) again(a *account, f *fan, at arrival, now time.Time) deed {
	switch {
	case at.opens == openedByPayment:
		s.open(a, f, openedByPayment, now)
		return deed{}
	case at.scene == "":
		return deed{}
	}
	s.open(a, f, openedByScan, now)
	return pushed(a.event(f.openID, "SCAN", now.Unix(), func(d *document) {
		d.text("EventKey", at.scene)
		d.text("Ticket", at.ticket)
	}))
}

func (s *Server) leave(a *account, f *fan, key string, now time.Time) deed {
	a.unfollow(f)
	p := a.event(f.openID, "unsubscribe", now.Unix(), func(d *document) { d.text("EventKey", key) })
	p.silent = true
	return pushed(p)
}

// consent is the fan's answer to the question for a subscription notice, or taking it back.
func (s *Server) consent(a *account, f *fan, c consentAction, now time.Time) (deed, error) {
	if c.TemplateID == "" {
		return deed{}, errors.New("consent needs a template_id")
	}
	if f.Consents == nil {
		f.Consents = map[string]int{}
	}
	if c.Reject || c.Revoke {
		delete(f.Consents, c.TemplateID)
	} else {
		f.Consents[c.TemplateID] += max(c.Count, 1)
	}
	a.saveFan(f)
	if c.Revoke {
		return pushed(s.revokePush(a, f.openID, c.TemplateID, now.Unix())), nil
	}
	return pushed(s.consentPush(a, f.openID, c.TemplateID, !c.Reject, now.Unix())), nil
}

// errNotFollowing is the error of an action that only a follower can do.
func errNotFollowing(openID string) error {
	return fmt.Errorf("the fan %s no longer follows the account: subscribe or scan first", openID)
}
