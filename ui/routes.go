package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// access says who may call a route.
type access int

const (
	everyone access = iota // anybody, but no cross-site form
	member                 // who has logged in; others are sent to /login
	operator               // the API: bearer token, or a session
	signed                 // the handler checks a signature
)

type route struct {
	method string
	path   string
	access access
	handle handler
}

// handler answers a request, or says why not; see asFault.
type handler func(w http.ResponseWriter, r *http.Request) error

// routes is every door of this package.
func (s *server) routes() []route {
	rs := []route{
		{"GET", "/static/{file}", everyone, s.static},
		{"GET", "/login", everyone, s.loginPage},
		{"POST", "/login", everyone, s.login},
		{"POST", "/logout", everyone, s.logout},
		{"POST", "/hooks/{account}/{event}", signed, s.hook},

		{"GET", "/", member, s.home},
		{"GET", "/flows", member, s.home},
		{"GET", "/fans", member, s.home},
		{"GET", "/a/{account}", member, s.overviewPage},
		{"GET", "/a/{account}/flows", member, s.flowsPage},
		{"GET", "/a/{account}/flows/{flow}", member, s.flowPage},
		{"GET", "/a/{account}/flows/{flow}/funnel", member, s.funnelPage},
		{"GET", "/a/{account}/flows/{flow}/publish", member, s.publishPage},
		{"POST", "/a/{account}/flows/{flow}/publish", member, s.publishForm},
		{"POST", "/a/{account}/flows/{flow}/pause", member, s.pauseForm},
		{"POST", "/a/{account}/flows/{flow}/resume", member, s.resumeForm},
		{"GET", "/a/{account}/plugins", member, s.pluginsPage},
		{"GET", "/a/{account}/plugins/{name}", member, s.pluginPage},
		{"POST", "/a/{account}/plugins/{name}/pause", member, s.pausePluginForm},
		{"POST", "/a/{account}/plugins/{name}/resume", member, s.resumePluginForm},
		{"GET", "/a/{account}/fans", member, s.fansPage},
		{"GET", "/a/{account}/fans/{openid}", member, s.fanPage},
	}
	if s.Demo {
		rs = append(rs, route{"GET", "/phone", member, s.phonePage})
	}
	for _, r := range s.apiRoutes() {
		r.path, r.access = apiRoot+r.path, operator
		rs = append(rs, r)
	}
	return rs
}

func (s *server) router() *mux.Router {
	m := mux.NewRouter().UseEncodedPath()
	for _, r := range s.routes() {
		methods := []string{r.method}
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		m.Handle(r.path, s.door(r)).Methods(methods...)
	}
	m.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, faultf(http.StatusNotFound, "there is nothing at %s", r.URL.Path))
	})
	m.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := allowed(m, r)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.fail(w, r, faultf(http.StatusMethodNotAllowed, "%s takes %s", r.URL.Path, strings.Join(allowed, ", ")))
	})
	return m
}

// allowed lists the methods that a path takes.
func allowed(m *mux.Router, r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		probe := r.Clone(r.Context())
		probe.Method = method
		var match mux.RouteMatch
		if m.Match(probe, &match) && match.MatchErr == nil {
			methods = append(methods, method)
		}
	}
	return methods
}

// door lets in who may come in, and answers for a handler that failed.
func (s *server) door(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		let := map[access]func(http.ResponseWriter, *http.Request) (bool, error){
			everyone: s.letEveryone, member: s.letMember, operator: s.letOperator, signed: s.letSigned,
		}[rt.access]
		in, err := let(w, r)
		if err == nil && in {
			err = rt.handle(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *server) letSigned(http.ResponseWriter, *http.Request) (bool, error) { return true, nil }

func (s *server) letEveryone(_ http.ResponseWriter, r *http.Request) (bool, error) {
	return true, s.sameOrigin(r)
}

func (s *server) letMember(w http.ResponseWriter, r *http.Request) (bool, error) {
	if err := s.sameOrigin(r); err != nil {
		return false, err
	}
	in, err := s.loggedIn(r)
	if err != nil || in {
		return in, err
	}
	to := "/login"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return false, nil
}

func (s *server) letOperator(w http.ResponseWriter, r *http.Request) (bool, error) {
	scheme, token, bearer := strings.Cut(r.Header.Get("Authorization"), " ")
	if bearer && strings.EqualFold(scheme, "Bearer") {
		if sameToken(strings.TrimSpace(token), s.AdminToken) {
			return true, nil
		}
	} else if in, err := s.loggedIn(r); err != nil {
		return false, err
	} else if in {
		return true, s.sameOrigin(r)
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="fanflow"`)
	return false, faultf(http.StatusUnauthorized, "send the header Authorization: Bearer with the admin_token of fanflow.toml")
}

// sameOrigin refuses what another site makes a browser send.
func (s *server) sameOrigin(r *http.Request) error {
	if s.origin.Check(r) != nil {
		return faultf(http.StatusForbidden, "this request comes from another site")
	}
	return nil
}

func (s *server) loggedIn(r *http.Request) (bool, error) {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return false, nil // no cookie, no session
	}
	return s.sessions.find(r.Context(), c.Value)
}

// param gives a variable of the path, decoded.
func param(r *http.Request, name string) string {
	v := mux.Vars(r)[name]
	if plain, err := url.PathUnescape(v); err == nil {
		return plain
	}
	return v
}

// account finds the account that the path names.
func (s *server) account(r *http.Request) (*Account, error) {
	name := param(r, "account")
	i := slices.IndexFunc(s.Accounts, func(a Account) bool { return a.Name == name })
	if i < 0 {
		return nil, faultf(http.StatusNotFound, "there is no account %q in fanflow.toml", name)
	}
	return &s.Accounts[i], nil
}
