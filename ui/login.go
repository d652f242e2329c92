package ui

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// loginBody is the data of login.html.
type loginBody struct {
	Next  string // where to go afterwards: a path of this server
	Wrong bool
	Wait  int64 // seconds until the next try is taken; 0: now
}

func (s *server) loginPage(w http.ResponseWriter, r *http.Request) error {
	if in, err := s.loggedIn(r); err != nil {
		return err
	} else if in {
		http.Redirect(w, r, local(r.URL.Query().Get("next")), http.StatusSeeOther)
		return nil
	}
	return s.show(w, r, http.StatusOK, "login", page{Title: "login.title", Body: loginBody{Next: r.URL.Query().Get("next")}})
}

func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := r.ParseForm(); err != nil {
		return faultf(http.StatusBadRequest, "the form cannot be read")
	}
	body := loginBody{Next: r.PostForm.Get("next"), Wrong: true}
	if wait := s.throttle.take(address(r)); wait > 0 {
		body.Wait = int64((wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(body.Wait, 10))
		return s.show(w, r, http.StatusTooManyRequests, "login", page{Title: "login.title", Body: body})
	}
	if !sameToken(strings.TrimSpace(r.PostForm.Get("token")), s.AdminToken) {
		s.log.Warn("login refused: wrong token", "address", address(r))
		return s.show(w, r, http.StatusUnauthorized, "login", page{Title: "login.title", Body: body})
	}
	s.throttle.forget(address(r))
	id, err := s.sessions.open(r.Context())
	if err != nil {
		return err
	}
	setSession(w, r, id, sessionLife)
	http.Redirect(w, r, local(body.Next), http.StatusSeeOther)
	return nil
}

func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(cookieName(r)); err == nil && len(c.Value) == 64 {
		if err := s.sessions.end(r.Context(), c.Value); err != nil {
			return err
		}
	}
	setSession(w, r, "", 0)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// local makes sure that a redirect stays on this server.
func local(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
