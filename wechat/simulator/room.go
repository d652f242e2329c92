package simulator

import "net/http"

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
