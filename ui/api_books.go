package ui

import (
	"net/http"
	"slices"

	"fanflow/store"
)

// statuses are those of sends, in the order in which a send may take them.
var statuses = []store.Status{
	store.Waiting, store.InFlight, store.Sent, store.Delivered, store.SendFail, store.Skipped, store.Expired, store.Cancelled, store.Uncertain,
}

func (s *server) apiQuota(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	quotas, err := s.Quotas(r.Context(), a.Name)
	if err != nil {
		return err
	}
	for i := range quotas {
		inZone(a.Location, &quotas[i].Resets)
	}
	items, next, err := paged(r, quotas)
	if err != nil {
		return err
	}
	return writeList(w, items, next)
}

// sendView is a send; the reason is there also where it is empty.
type sendView struct {
	store.Send
	Reason string `json:"reason"`
}

func (s *server) apiSends(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	filter := store.SendFilter{Status: store.Status(q.Get("status")), OpenID: q.Get("fan")}
	if filter.Status != "" && !slices.Contains(statuses, filter.Status) {
		return faultf(http.StatusBadRequest, "status is %q, which no send has; it is one of %v", filter.Status, statuses)
	}
	sends, next, err := s.Store.Sends(r.Context(), a.Name, filter, q.Get("cursor"), limit)
	if err != nil {
		return pageFault(r, err)
	}
	views := make([]sendView, len(sends))
	for i, d := range sends {
		inZone(a.Location, &d.Created, &d.Due, &d.Expires, &d.Tried, &d.SentAt)
		views[i] = sendView{Send: d, Reason: d.Reason}
	}
	return writeList(w, views, next)
}

func (s *server) apiJobs(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	filter := store.JobFilter{OpenID: q.Get("fan"), Kind: q.Get("kind"), Flow: q.Get("flow")}
	jobs, next, err := s.Store.Jobs(r.Context(), a.Name, filter, q.Get("cursor"), limit)
	if err != nil {
		return pageFault(r, err)
	}
	for i := range jobs {
		inZone(a.Location, &jobs[i].Due)
	}
	return writeList(w, jobs, next)
}
