package simulator

import (
	"net/http"
	"time"
)

// fanTables are an account's records of what fans use: menus, codes, links, web pages.
type fanTables struct {
	menus    *table[menuBook]   // one record, menuRecord
	codes    *table[sceneCode]  // by the last part of their URL
	links    *table[shortLink]  // by short_key
	tickets  *table[jsTicket]   // by type
	logins   *table[login]      // OAuth codes, by code
	sessions *table[webSession] // web access tokens and refresh tokens, by their text
	sites    *table[siteList]   // one record, siteRecord
	moved    *table[string]     // OpenIDs that an account which moved here gave, by "AppID/OpenID"

	permanent int       // permanent QR codes; 0: not counted yet
	swept     time.Time // when what is long over was last looked for
}

func newFanTables(a *account) fanTables {
	return fanTables{
		menus:    newTable[menuBook](a, "menu"),
		codes:    newTable[sceneCode](a, "code"),
		links:    newTable[shortLink](a, "link"),
		tickets:  newTable[jsTicket](a, "ticket"),
		logins:   newTable[login](a, "login"),
		sessions: newTable[webSession](a, "session"),
		sites:    newTable[siteList](a, "sites"),
		moved:    newTable[string](a, "moved"),
	}
}

const (
	roomSweep  = time.Hour           // how often what is long over is forgotten
	roomMemory = 30 * 24 * time.Hour // for how long what is over is told from what never was
)

// sweepRooms forgets what is long over. Rooms whose records run out call it when they make one.
func (a *account) sweepRooms(now time.Time) {
	r := &a.rooms
	if now.Sub(r.swept) < roomSweep {
		return
	}
	r.swept = now
	limit := now.Add(-roomMemory)
	for id, c := range r.codes.rows {
		if !c.Expires.IsZero() && c.Expires.Before(limit) {
			r.codes.drop(id)
		}
	}
	for id, l := range r.links.rows {
		if l.Expires.Before(limit) {
			r.links.drop(id)
		}
	}
	for id, l := range r.logins.rows {
		if l.Made.Before(limit) {
			r.logins.drop(id)
		}
	}
	for id, s := range r.sessions.rows {
		if s.Expires.Before(limit) {
			r.sessions.drop(id)
		}
	}
}

// fanRoutes are the control calls for what the platform's website and a fan's phone decide.
func (s *Server) fanRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/{app}/sites", s.forAccount(s.sitesPut))
	mux.HandleFunc("POST /sim/{app}/menu", s.forAccount(s.siteMenuPut))
	mux.HandleFunc("POST /sim/{app}/migrate", s.forAccount(s.migrateCall))
	mux.HandleFunc("POST /sim/{app}/fans/{openid}/profile", s.forAccount(s.profilePut))
}

// pageError is an error that is no errcode but a page, as a browser sees it.
type pageError struct{ blob }

func (p pageError) Error() string { return "a page of the platform says that the call is wrong" }
