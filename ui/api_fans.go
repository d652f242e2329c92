package ui

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fanflow/flows"
	"fanflow/store"
)

// fanView is a fan as the API gives it. Times are in the account's zone.
type fanView struct {
	Account      string                     `json:"account"`
	OpenID       string                     `json:"openid"`
	UnionID      string                     `json:"unionid,omitempty"`
	Subscribed   bool                       `json:"subscribed"`
	SubscribedAt time.Time                  `json:"subscribed_at,omitzero"`
	FirstSeen    time.Time                  `json:"first_seen,omitzero"`
	LastSeen     time.Time                  `json:"last_seen,omitzero"`
	Scene        string                     `json:"scene,omitempty"`
	Remark       string                     `json:"remark,omitempty"`
	OptOut       bool                       `json:"opt_out"`
	Tags         []string                   `json:"tags"`
	Attrs        map[string]json.RawMessage `json:"attrs"`
	Enrollments  []enrollmentView           `json:"enrollments"` // in order of entry
	Windows      []store.Window             `json:"windows"`     // those open now
}

// enrollmentView is one run of a fan through a flow, live or ended.
type enrollmentView struct {
	Flow      string                     `json:"flow"`
	No        int                        `json:"no"`
	Version   int                        `json:"version"`
	State     string                     `json:"state"`
	Vars      map[string]json.RawMessage `json:"vars"`
	Goals     []string                   `json:"goals"`
	Trigger   string                     `json:"trigger,omitempty"`
	EnteredAt time.Time                  `json:"entered_at"`
	StateAt   time.Time                  `json:"state_at"`
	LeftAt    time.Time                  `json:"left_at,omitzero"` // only of those that have ended
	Left      string                     `json:"left,omitempty"`   // why
}

// viewFan shows a fan with the ended enrollments given.
func (s *server) viewFan(a *Account, f store.Fan, ended []store.Enrollment) fanView {
	v := fanView{
		Account: f.ID.Account, OpenID: f.ID.OpenID, UnionID: f.UnionID, Subscribed: f.Subscribed, SubscribedAt: f.SubscribedAt,
		FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, Scene: f.Scene, Remark: f.Remark, OptOut: f.OptOut,
		Tags: orEmpty(f.Tags), Attrs: f.Attrs, Enrollments: []enrollmentView{}, Windows: s.openWindows(a, f),
	}
	if v.Attrs == nil {
		v.Attrs = map[string]json.RawMessage{}
	}
	inZone(a.Location, &v.SubscribedAt, &v.FirstSeen, &v.LastSeen)
	for _, e := range slices.Concat(ended, f.Live) {
		n := enrollmentView{
			Flow: e.Flow, No: e.No, Version: e.Version, State: e.State, Vars: e.Vars, Goals: orEmpty(e.Goals), Trigger: e.Trigger,
			EnteredAt: e.EnteredAt, StateAt: e.StateAt, LeftAt: e.LeftAt, Left: e.Left,
		}
		if n.Vars == nil {
			n.Vars = map[string]json.RawMessage{}
		}
		inZone(a.Location, &n.EnteredAt, &n.StateAt, &n.LeftAt)
		v.Enrollments = append(v.Enrollments, n)
	}
	slices.SortStableFunc(v.Enrollments, func(x, y enrollmentView) int { return x.EnteredAt.Compare(y.EnteredAt) })
	return v
}

// openWindows are the customer-service windows through which a message may go now.
func (s *server) openWindows(a *Account, f store.Fan) []store.Window {
	open := []store.Window{}
	for _, w := range f.Windows {
		if w.Left > 0 && w.Until.After(s.Now()) {
			inZone(a.Location, &w.Opened, &w.Until)
			open = append(open, w)
		}
	}
	return open
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// fan loads a fan that was seen and not erased.
func (s *server) fan(ctx context.Context, account, openID string) (store.Fan, error) {
	if openID == "" || len(openID) > 128 {
		return store.Fan{}, faultf(http.StatusNotFound, "there is no such fan")
	}
	snap, err := s.Store.Load(ctx, store.FanID{Account: account, OpenID: openID}, "")
	if err != nil {
		return store.Fan{}, err
	}
	switch {
	case snap.Fan.Erased:
		return store.Fan{}, faultf(http.StatusNotFound, "this fan was erased")
	case snap.Fan.Rev == 0:
		return store.Fan{}, faultf(http.StatusNotFound, "account %s has never heard of fan %s", account, openID)
	}
	return snap.Fan, nil
}

func (s *server) apiFan(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	f, err := s.fan(r.Context(), a.Name, param(r, "openid"))
	if err != nil {
		return err
	}
	ended, err := s.Store.Ended(r.Context(), f.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.viewFan(a, f, ended))
}

// filterOf reads which fans a list asks for.
func filterOf(r *http.Request) store.FanFilter {
	q := r.URL.Query()
	word := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return store.FanFilter{Tag: word("tag"), Flow: word("flow"), State: word("state"), Prefix: word("prefix")}
}

func (s *server) apiFans(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	fans, next, err := s.Store.List(r.Context(), a.Name, filterOf(r), r.URL.Query().Get("cursor"), limit)
	if err != nil {
		return pageFault(r, err)
	}
	views := make([]fanView, len(fans))
	for i, f := range fans {
		views[i] = s.viewFan(a, f, nil)
	}
	return writeList(w, views, next)
}

func (s *server) apiJournal(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	after, err := strconv.ParseUint(cmp.Or(r.URL.Query().Get("cursor"), "0"), 10, 64)
	if err != nil {
		return faultf(http.StatusBadRequest, "cursor is not the next of a journal")
	}
	f, err := s.fan(r.Context(), a.Name, param(r, "openid"))
	if err != nil {
		return err
	}
	rows, last, err := s.Store.Journal(r.Context(), f.ID, after, limit)
	if err != nil {
		return err
	}
	viewRows(a.Location, rows)
	next := ""
	if last > 0 {
		next = strconv.FormatUint(last, 10)
	}
	return writeList(w, rows, next)
}

// viewRows moves the times of rows into the account's zone.
func viewRows(zone *time.Location, rows []store.Row) {
	for i := range rows {
		row := &rows[i]
		inZone(zone, &row.At, &row.Due, &row.Created)
		if row.Window != nil {
			inZone(zone, &row.Window.Opened, &row.Window.Until)
		}
	}
}

const (
	maxTagChanges = 100
	maxTagRunes   = 64
)

// apiTags adds and removes tags by way of the engine, so that flows which listen to tags hear of it.
func (s *server) apiTags(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	var in struct {
		Add    []string `json:"add"`
		Remove []string `json:"remove"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := checkTags(in.Add, in.Remove); err != nil {
		return err
	}
	f, err := s.fan(r.Context(), a.Name, param(r, "openid"))
	if err != nil {
		return err
	}
	switch err := s.Engine.Tag(r.Context(), f.ID, in.Add, in.Remove, "api"); {
	case errors.Is(err, flows.ErrNoFan):
		return faultf(http.StatusNotFound, "this fan was erased")
	case errors.Is(err, store.ErrTooLarge):
		return faultf(http.StatusBadRequest, "these are too many tags for one change: send them in parts")
	case err != nil:
		return err
	}
	if f, err = s.fan(r.Context(), a.Name, f.ID.OpenID); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"tags": orEmpty(f.Tags)})
}

// checkTags trims the tags and looks them over.
func checkTags(add, remove []string) error {
	if n := len(add) + len(remove); n == 0 || n > maxTagChanges {
		return faultf(http.StatusBadRequest, "give 1 to %d tags in add and remove", maxTagChanges)
	}
	for _, tags := range [][]string{add, remove} {
		for i := range tags {
			tags[i] = strings.TrimSpace(tags[i])
			if n := utf8.RuneCountInString(tags[i]); n == 0 || n > maxTagRunes || strings.ContainsFunc(tags[i], unicode.IsControl) {
				return faultf(http.StatusBadRequest, "a tag has 1 to %d characters and no control characters", maxTagRunes)
			}
		}
	}
	return nil
}
