package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// session is a fan's talk with an agent of the account's customer service.
type session struct {
	Agent string    `json:"agent"` // name@account
	Since time.Time `json:"since"`
}

const (
	eventKfOpened  = "kf_create_session"
	eventKfClosed  = "kf_close_session"
	eventKfTimeout = "kf session is over" // a job's name only: the session may have ended before

	// sessionLife is when the platform ends a session that no agent has closed.
	// Source: developers.weixin.qq.com/doc/service/guide/product/kf/forwarding.html
	sessionLife = 30 * time.Minute

	// anyAgent serves where the reply names nobody. The platform gives the fan to an agent who is online.
	anyAgent = "kf1"
)

// openSession begins a session, in the place of one that the fan has; it is told by a push soon. On the platform a fan may have
// to wait until an agent takes the session over, and is pushed as ever until then: here one does at once. The lock is held.
func (s *Server) openSession(a *account, openID, agent string, now time.Time) {
	if agent == "" {
		agent = anyAgent + "@" + a.original
	}
	s.closeSession(a, openID, now)
	a.sessions.put(openID, session{Agent: agent, Since: now})
	s.due.add(s.file, job{App: a.AppID, Event: eventKfOpened, Due: now, OpenID: openID, Status: agent})
	s.due.add(s.file, job{App: a.AppID, Event: eventKfTimeout, Due: now.Add(sessionLife), OpenID: openID, Status: agent})
}

// closeSession ends the fan's session and reports whether there was one. The lock is held.
func (s *Server) closeSession(a *account, openID string, now time.Time) bool {
	old, ok := a.sessions.get(openID)
	if !ok {
		return false
	}
	a.sessions.drop(openID)
	s.due.add(s.file, job{App: a.AppID, Event: eventKfClosed, Due: now, OpenID: openID, Status: old.Agent})
	return true
}

// sessionPush is the event of a job about sessions; false is a job about something else. No lock is held.
// The events are in use, though the page that told of them is gone; which fields they have is known from libraries alone.
func (s *Server) sessionPush(a *account, j *job) (*push, bool) {
	switch j.Event {
	case eventKfTimeout:
		a.mu.Lock()
		defer a.mu.Unlock()
		if now, ok := a.sessions.get(j.OpenID); ok && !j.Due.Before(now.Since.Add(sessionLife)) {
			s.closeSession(a, j.OpenID, j.Due)
		}
		return nil, true
	case eventKfOpened, eventKfClosed:
		p := a.event(j.OpenID, j.Event, j.Due.Unix(), func(d *document) { d.text("KfAccount", j.Status) })
		p.silent = true
		return &p, true
	}
	return nil, false
}

// withAgent reports whether a push goes to an agent instead of to the callback: what fans send in a session, but no event.
func (s *Server) withAgent(a *account, p push) bool {
	if p.event || s.cfg.Switches.TransferPushed {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.sessions.get(p.openID)
	return ok
}

// sessionRoutes are the control calls for the agents.
func (s *Server) sessionRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /sim/{app}/fans/{openid}/session", s.forAccount(s.sessionGet))
	mux.HandleFunc("DELETE /sim/{app}/fans/{openid}/session", s.forAccount(s.sessionEnd))
	mux.HandleFunc("POST /sim/{app}/agents/{agent}/invitation", s.forAccount(s.invitationAnswer))
}

func (s *Server) sessionGet(w http.ResponseWriter, r *http.Request, a *account) {
	a.mu.Lock()
	now, ok := a.sessions.get(r.PathValue("openid"))
	a.mu.Unlock()
	if !ok {
		refuse(w, http.StatusNotFound, fmt.Sprintf("the fan %s is in no session", r.PathValue("openid")))
		return
	}
	answer(w, map[string]string{"agent": now.Agent, "since": stamp(now.Since)})
}

// sessionEnd plays the agent who closes the session.
func (s *Server) sessionEnd(w http.ResponseWriter, r *http.Request, a *account) {
	a.mu.Lock()
	ok := s.closeSession(a, r.PathValue("openid"), s.Now())
	a.mu.Unlock()
	if !ok {
		refuse(w, http.StatusNotFound, fmt.Sprintf("the fan %s is in no session", r.PathValue("openid")))
		return
	}
	answer(w, struct{}{})
}
