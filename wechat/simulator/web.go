package simulator

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// webEndpoints are what an account's web pages need. None of OAuth2's has a limit of calls a day.
func webEndpoints() map[string]endpoint {
	all := map[string]endpoint{
		"/connect/oauth2/authorize": {method: http.MethodGet, noToken: authorizedApp, handle: authorize},
		"/sns/oauth2/access_token":  {noToken: snsApp, right: rightOAuth, handle: snsToken},
		"/sns/oauth2/refresh_token": {noToken: snsApp, right: rightOAuth, perMinute: 50_000, handle: snsRefresh},
		"/sns/userinfo":             {noToken: snsSession, right: rightOAuth, perMinute: 50_000, handle: snsUser},
		"/sns/auth":                 {noToken: snsSession, right: rightOAuth, handle: snsCheck},
	}
	maps.Copy(all, ticketEndpoints())
	return all
}

// siteList is what the account's owner has registered on the platform's website.
type siteList struct {
	OAuth        []string `json:"oauth,omitempty"`        // domains that OAuth2 may lead back to, without a scheme
	MiniPrograms []string `json:"miniprograms,omitempty"` // AppIDs of the linked mini programs; empty: any is taken
}

const siteRecord = "sites"

// maxOAuthSites is how many domains an account can register.
const maxOAuthSites = 5

// sitesPut is the control call that registers domains and mini programs: all of them.
func (s *Server) sitesPut(w http.ResponseWriter, r *http.Request, a *account) {
	var list siteList
	wrong := func(site string) bool { return site == "" || strings.ContainsAny(site, "/ ?#") }
	if err := decodeControl(w, r, &list); err != nil || len(list.OAuth) > maxOAuthSites || slices.ContainsFunc(list.OAuth, wrong) {
		refuse(w, http.StatusBadRequest, `the body must be {"oauth":["www.example.com"],"miniprograms":["wx…"]}, with at most 5 domains, each without scheme and path`)
		return
	}
	a.mu.Lock()
	a.rooms.sites.put(siteRecord, list)
	a.mu.Unlock()
	answer(w, list)
}

// leadsBack reports whether OAuth2 may lead to the address. The registered domain is compared whole: those below it are others.
// A port may be part of what is registered here, so that tests on one machine can tell services apart.
func (l siteList) leadsBack(u *url.URL) bool {
	return slices.ContainsFunc(l.OAuth, func(site string) bool {
		return strings.EqualFold(site, u.Host) || strings.EqualFold(site, u.Hostname())
	})
}
