package ui

import (
	"net/http"

	"fanflow/flows"
	"fanflow/store"
)

// fansBody is the data of fans.html.
type fansBody struct {
	Filter   store.FanFilter
	Filtered bool
	Flows    []flows.FlowInfo
	Fans     []fanView
	Next     string // query of the next page
}

const fansOnPage = 50

func (s *server) fansPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	body := fansBody{Filter: filterOf(r)}
	body.Filtered = body.Filter != (store.FanFilter{})
	if body.Flows, err = s.Engine.Flows(r.Context(), a.Name); err != nil {
		return err
	}
	q := r.URL.Query()
	fans, next, err := s.Store.List(r.Context(), a.Name, body.Filter, q.Get("cursor"), fansOnPage)
	if err != nil {
		return pageFault(r, err)
	}
	for _, f := range fans {
		body.Fans = append(body.Fans, s.viewFan(a, f, nil))
	}
	if next != "" {
		q.Set("cursor", next)
		body.Next = q.Encode()
	}
	return s.member(w, r, "fans", page{Title: "nav.fans", Active: "fans", Account: a, Body: body})
}
