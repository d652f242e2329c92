package ui

import (
	"net/http"
	"slices"
	"strconv"

	"fanflow/store"
)

// fanBody is the data of fan.html.
type fanBody struct {
	Fan      fanView
	Timeline []happening // newest first
	Older    uint64      // the row before which the next page ends; 0: there is none
	Sends    []sendLine
}

const (
	rowsOnPage  = 200
	sendsOnPage = 20
)

func (s *server) fanPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	f, err := s.fan(ctx, a.Name, param(r, "openid"))
	if err != nil {
		return err
	}
	ended, err := s.Store.Ended(ctx, f.ID)
	if err != nil {
		return err
	}
	body := fanBody{Fan: s.viewFan(a, f, ended)}
	before := f.Seq + 1
	if v := r.URL.Query().Get("before"); v != "" {
		if n, err := strconv.ParseUint(v, 10, 64); err == nil && n > 1 && n < before {
			before = n
		}
	}
	after := uint64(0)
	if before > rowsOnPage+1 {
		after = before - 1 - rowsOnPage
		body.Older = after + 1
	}
	base, err := s.Store.Base(ctx, f.ID)
	if err != nil {
		return err
	}
	if base.Seq >= after { // what lies before was trimmed
		body.Older = 0
	}
	rows, _, err := s.Store.Journal(ctx, f.ID, after, int(before-1-after))
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r store.Row) bool { return r.Seq >= before })
	body.Timeline = s.say(r).timeline(a.Location, rows)
	sends, _, err := s.Store.Sends(ctx, a.Name, store.SendFilter{OpenID: f.ID.OpenID}, "", sendsOnPage)
	if err != nil {
		return err
	}
	body.Sends = viewSends(a, sends)
	return s.member(w, r, "fan", page{Title: f.ID.OpenID, Active: "fans", Account: a, Body: body})
}
