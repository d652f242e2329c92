package ui

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"fanflow/store"
)

const apiRoot = "/api/v1"

// maxBody bounds what the API reads: a script's source and some air.
const maxBody = 1 << 20

// apiRoutes is the admin API below apiRoot. docs/openapi.yaml describes it; a test compares the two.
func (s *server) apiRoutes() []route {
	get := func(path string, h handler) route { return route{method: http.MethodGet, path: path, handle: h} }
	post := func(path string, h handler) route { return route{method: http.MethodPost, path: path, handle: h} }
	const account, fan, flow, kind = "/accounts/{account}", "/fans/{openid}", "/flows/{flow}", "/scripts/{kind}"
	return []route{
		get("/reference", s.apiReference),
		get("/accounts", s.apiAccounts),
		get(account+"/fans", s.apiFans),
		get(account+fan, s.apiFan),
		get(account+fan+"/journal", s.apiJournal),
		get(account+fan+"/replay", s.apiReplay),
		post(account+fan+"/tags", s.apiTags),
		get(account+"/flows", s.apiFlows),
		get(account+flow, s.apiFlow),
		get(account+flow+"/funnel", s.apiFunnel),
		post(account+flow+"/pause", s.apiPause),
		post(account+flow+"/resume", s.apiResume),
		get(account+flow+"/log", s.apiFlowLog),
		get(account+"/plugins", s.apiPlugins),
		get(account+"/plugins/{name}", s.apiPlugin),
		get(account+"/plugins/{name}/log", s.apiPluginLog),
		post(account+"/plugins/{name}/pause", s.apiPausePlugin),
		post(account+"/plugins/{name}/resume", s.apiResumePlugin),
		get(account+kind, s.apiScripts),
		post(account+kind, s.apiPush),
		post(account+kind+"/check", s.apiCheck),
		get(account+kind+"/{name}", s.apiScript),
		post(account+kind+"/{name}/publish", s.apiPublish),
		post(account+kind+"/{name}/rollback", s.apiRollback),
		post(account+kind+"/{name}/preview", s.apiPreview),
		get(account+kind+"/{name}/diff", s.apiDiff),
		get(account+"/quota", s.apiQuota),
		get(account+"/sends", s.apiSends),
		get(account+"/jobs", s.apiJobs),
	}
}

// list is how the API gives many things: next is the cursor of the next page, empty at the end.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

func writeList[T any](w http.ResponseWriter, items []T, next string) error {
	if items == nil {
		items = []T{}
	}
	return writeJSON(w, http.StatusOK, list[T]{Items: items, Next: next})
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the status is sent already; a reader that has gone needs no error
	return nil
}

// readJSON reads one JSON value and nothing after it. A field that v does not have is a mistake worth telling.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("there is something after the JSON value")
		}
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); err == nil || tooLong {
		return err
	}
	return faultf(http.StatusBadRequest, "the body is not the JSON expected: %v", err)
}

// limitOf reads ?limit=: 1 to 1000, 100 where it is not given.
func limitOf(r *http.Request) (int, error) {
	v := r.URL.Query().Get("limit")
	if v == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1000 {
		return 0, faultf(http.StatusBadRequest, "limit is %q, but a number from 1 to 1000 is meant", v)
	}
	return n, nil
}

// paged gives the page of a list that is held whole; its cursor is a position.
func paged[T any](r *http.Request, all []T) (items []T, next string, err error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, "", err
	}
	from := 0
	if c := r.URL.Query().Get("cursor"); c != "" {
		if from, err = strconv.Atoi(c); err != nil || from < 0 {
			return nil, "", faultf(http.StatusBadRequest, "cursor is %q, which is not the next of a list", c)
		}
	}
	from = min(from, len(all))
	to := min(from+limit, len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}

// pageFault tells a cursor that no list gave from a store that fails.
func pageFault(r *http.Request, err error) error {
	if err == nil || r.URL.Query().Get("cursor") == "" || r.Context().Err() != nil || errors.Is(err, store.ErrClosed) {
		return err
	}
	return faultf(http.StatusBadRequest, "this page cannot be given: %v", err)
}

// inZone moves a time into the account's zone, so that it is written with its offset.
func inZone(zone *time.Location, times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.In(zone)
		}
	}
}

// accountView is an account as the API gives it.
type accountView struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	AppID    string `json:"app_id"`
	Type     string `json:"type,omitempty"`
	TimeZone string `json:"time_zone"`
	store.Totals
}

func (s *server) apiAccounts(w http.ResponseWriter, r *http.Request) error {
	var views []accountView
	for _, a := range s.Accounts {
		totals, err := s.Store.Totals(r.Context(), a.Name)
		if err != nil {
			return err
		}
		views = append(views, accountView{
			Name: a.Name, Title: a.Title, AppID: a.AppID, Type: a.Type, TimeZone: a.Location.String(), Totals: totals,
		})
	}
	items, next, err := paged(r, views)
	if err != nil {
		return err
	}
	return writeList(w, items, next)
}
