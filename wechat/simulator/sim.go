package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// controlRoutes are the calls that play fans and move the clock.
func (s *Server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/clock", s.clockGet)
	mux.HandleFunc("POST /sim/clock", s.clockMove)
	mux.HandleFunc("POST /sim/clock/follow", s.follow)
	mux.HandleFunc("GET /sim/accounts", s.accountList)
	mux.HandleFunc("GET /sim/calls", s.callList)
	mux.HandleFunc("POST /sim/{app}/verify", s.forAccount(s.verifyCall))
	mux.HandleFunc("GET /sim/{app}/fans", s.forAccount(s.fanList))
	mux.HandleFunc("POST /sim/{app}/fans/{openid}/do", s.forAccount(s.doCall))
	mux.HandleFunc("GET /sim/{app}/fans/{openid}/inbox", s.forAccount(s.inboxGet))
	mux.HandleFunc("GET /sim/{app}/faults", s.forAccount(s.faultList))
	mux.HandleFunc("POST /sim/{app}/faults", s.forAccount(s.faultAdd))
	mux.HandleFunc("DELETE /sim/{app}/faults", s.forAccount(s.faultClear))
	s.sendRoutes(mux)
	s.fanRoutes(mux)
	s.contentRoutes(mux)
	s.standingRoutes(mux)
	s.sessionRoutes(mux)
	mux.HandleFunc("GET /sim/state", s.stateGet)
	mux.HandleFunc("PUT /sim/state", s.statePut)
	mux.HandleFunc("/sim/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no control call %s %s", r.Method, r.URL.Path))
	})
	return mux
}

// serveControl lets programs on this machine only: not through a proxy, and not a web page of another origin, also not one whose
// name was made to point here.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	forwarded := r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != ""
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() || forwarded {
		refuse(w, http.StatusForbidden, "the simulator's control calls answer on loopback only")
		return
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil || !localHost(r.Host) {
		refuse(w, http.StatusForbidden, "a page of another origin may not play the simulator")
		return
	}
	s.sim.ServeHTTP(w, r)
}

// localHost reports whether a request names this machine by an address or as localhost.
func localHost(host string) bool {
	u := url.URL{Host: host}
	name := strings.ToLower(u.Hostname())
	return net.ParseIP(name) != nil || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// forAccount finds the account of a control call.
func (s *Server) forAccount(h func(http.ResponseWriter, *http.Request, *account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := s.accounts[r.PathValue("app")]
		if a == nil {
			refuse(w, http.StatusNotFound, fmt.Sprintf("the simulator has no account with app_id %q", r.PathValue("app")))
			return
		}
		h(w, r, a)
	}
}

// answer writes a control call's answer.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(marshal(v)) // a caller that went away
}

// refuse writes a control call's error.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(marshal(map[string]string{"error": text}))
}

// list is the shape of lists in control answers.
func list[T any](items []T) map[string][]T {
	if items == nil {
		items = []T{}
	}
	return map[string][]T{"items": items}
}

// maxControl is the largest body of a control call, in bytes.
const maxControl = 1 << 20

func (s *Server) clockGet(w http.ResponseWriter, _ *http.Request) {
	now, frozen, followers := s.clock.state()
	answer(w, map[string]any{"now": stamp(now), "frozen": frozen, "followers": followers})
}

// clockMove answers when everything that fell due has run. The move goes on where the caller goes away.
func (s *Server) clockMove(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Advance string `json:"advance"`
		To      string `json:"to"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&req); err != nil || (req.Advance == "") == (req.To == "") {
		refuse(w, http.StatusBadRequest, `the body must be {"advance":"12h30m"} or {"to":"2026-11-08T10:00:00+08:00"}`)
		return
	}
	until, err := target(req.Advance, req.To)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	type result struct {
		now time.Time
		err error
	}
	done := make(chan result, 1)
	s.busy.Go(func() {
		now, err := s.advance(s.life, until)
		done <- result{now, err}
	})
	select {
	case res := <-done:
		if res.err != nil {
			refuse(w, http.StatusConflict, res.err.Error())
			return
		}
		answer(w, map[string]string{"now": stamp(res.now)})
	case <-r.Context().Done():
	}
}

// target reads where the clock is to go: a time that does not pass it stays where it is.
func target(advance, to string) (func(time.Time) time.Time, error) {
	if to != "" {
		t, err := time.Parse(time.RFC3339Nano, to)
		if err != nil {
			return nil, fmt.Errorf("to %q is no RFC 3339 time", to)
		}
		if time.Until(t) > longestMove {
			return nil, fmt.Errorf("to %q is more than a hundred years away", to)
		}
		return func(time.Time) time.Time { return t.UTC() }, nil
	}
	d, err := parseSpan(advance)
	if err != nil {
		return nil, err
	}
	return func(now time.Time) time.Time { return now.Add(d) }, nil
}

func (s *Server) accountList(w http.ResponseWriter, _ *http.Request) {
	type item struct {
		Name      string   `json:"name"`
		AppID     string   `json:"app_id"`
		Type      string   `json:"type"`
		Original  string   `json:"original_id"`
		Mode      string   `json:"mode"`
		Verified  bool     `json:"verified"`
		Test      bool     `json:"test"`
		Templates []string `json:"templates"`
	}
	var items []item
	for _, app := range s.apps {
		a := s.accounts[app]
		items = append(items, item{a.Name, a.AppID, a.Type, a.original, a.mode, a.Verified, a.Test, append([]string{}, a.Templates...)})
	}
	answer(w, list(items))
}

func (s *Server) verifyCall(w http.ResponseWriter, r *http.Request, a *account) {
	if err := s.verify(r.Context(), a); err != nil {
		answer(w, map[string]any{"ok": false, "why": err.Error()})
		return
	}
	answer(w, map[string]any{"ok": true})
}

// fanList answers with the fans who come after the OpenID cursor, limit of them, and where the next page begins.
func (s *Server) fanList(w http.ResponseWriter, r *http.Request, a *account) {
	type item struct {
		OpenID     string `json:"openid"`
		Subscribed bool   `json:"subscribed"`
		Since      string `json:"subscribed_at,omitempty"`
		Scene      string `json:"scene,omitempty"`
		Tags       []int  `json:"tags"`
		Blocked    bool   `json:"blocked"`
		Received   int    `json:"received"`
	}
	cursor, limit := r.URL.Query().Get("cursor"), maxFanPage
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxFanPage {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("limit %q is no number from 1 to %d", text, maxFanPage))
			return
		}
		limit = n
	}
	a.mu.Lock()
	items := []item{}
	fans, more := a.fansAfter(cursor, limit)
	for _, f := range fans {
		i := item{OpenID: f.openID, Subscribed: f.Subscribed, Scene: f.Scene, Tags: append([]int{}, f.Tags...), Blocked: f.Blocked, Received: f.inbox.count()}
		if f.Subscribed {
			i.Since = stamp(f.Since)
		}
		items = append(items, i)
	}
	a.mu.Unlock()
	body := map[string]any{"items": items}
	if more {
		body["next"] = items[len(items)-1].OpenID
	}
	answer(w, body)
}

// doCall plays the fan. It waits while the clock is being moved, and goes on where the caller goes away once it has begun.
func (s *Server) doCall(w http.ResponseWriter, r *http.Request, a *account) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControl))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than "+strconv.Itoa(maxControl)+" bytes")
		return
	}
	do, err := readAction(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.gate.enter(r.Context()); err != nil {
		return
	}
	defer s.gate.leave()
	s.address.Store("http://" + r.Host)
	seen, err := s.act(s.life, a, r.PathValue("openid"), do)
	if s.life.Err() != nil {
		refuse(w, http.StatusServiceUnavailable, "the simulator is going down")
		return
	}
	if err != nil {
		refuse(w, http.StatusConflict, err.Error())
		return
	}
	answer(w, map[string][]*Item{"seen": append([]*Item{}, seen...)})
}

// inboxGet answers with all items, or with those of a page: limit of them from cursor on, and where the next begins.
func (s *Server) inboxGet(w http.ResponseWriter, r *http.Request, a *account) {
	from, limit := 0, math.MaxInt
	for name, n := range map[string]*int{"cursor": &from, "limit": &limit} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		v, err := strconv.Atoi(text)
		if err != nil || v < 0 || name == "limit" && v == 0 {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("%s %q is no number that can be one", name, text))
			return
		}
		*n = v
	}
	var box inbox
	a.mu.Lock()
	if f := a.fans[r.PathValue("openid")]; f != nil {
		box = f.inbox.view()
	}
	a.mu.Unlock()
	items, err := box.slice(from, limit)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	body := map[string]any{"items": raw(items)}
	if next := from + len(items); len(items) == limit && next < box.count() {
		body["next"] = strconv.Itoa(next)
	}
	answer(w, body)
}

// raw are texts that are JSON already.
func raw(items []string) []json.RawMessage {
	list := make([]json.RawMessage, len(items))
	for i, item := range items {
		list[i] = json.RawMessage(item)
	}
	return list
}

func (s *Server) faultList(w http.ResponseWriter, _ *http.Request, a *account) {
	a.mu.Lock()
	var items []fault
	for _, f := range a.faults {
		items = append(items, *f)
	}
	a.mu.Unlock()
	answer(w, list(items))
}

func (s *Server) faultAdd(w http.ResponseWriter, r *http.Request, a *account) {
	var f fault
	err := decodeControl(w, r, &f)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.mu.Lock()
	kept := f // what is answered is not what the next calls count down
	a.faults = append(a.faults, &kept)
	a.mu.Unlock()
	answer(w, f)
}

func (s *Server) faultClear(w http.ResponseWriter, _ *http.Request, a *account) {
	a.mu.Lock()
	a.faults = nil
	a.mu.Unlock()
	answer(w, struct{}{})
}
