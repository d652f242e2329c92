package ui

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"fanflow/store"
)

// A session ends when it was not used for sessionIdle, and after sessionLife in any case, in wall time. Use is noted at most
// once in sessionNote, so that reading pages does not write to the store all the time.
const (
	sessionIdle = 12 * time.Hour
	sessionLife = 7 * 24 * time.Hour
	sessionNote = 10 * time.Minute

	sessionPrefix = "session/" // of the setting's name; the SHA-256 of the id follows in hex
)

// session is what the store keeps of one. The id itself is only in the browser's cookie.
type session struct {
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	// Token binds the session to the admin token it was opened with: HMAC of the token under the session's id.
	Token string `json:"token"`
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.Used) >= sessionIdle || now.Sub(s.Created) >= sessionLife
}

// sessions opens, finds and ends sessions.
type sessions struct {
	settings interface {
		Setting(ctx context.Context, name string) ([]byte, error)
		SetSetting(ctx context.Context, name string, value []byte) error
		Settings(ctx context.Context, prefix string) (map[string][]byte, error)
	}
	token string
	now   func() time.Time

	noting sync.Mutex // so that noting a use cannot bring back a session that is being ended
}

// open stores a new session and gives its id, 256 random bits in hex. Sessions that are over are swept out on the way.
func (s *sessions) open(ctx context.Context) (id string, err error) {
	if err := s.sweep(ctx); err != nil {
		return "", err
	}
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	id = hex.EncodeToString(b[:])
	now := s.now().UTC()
	if err := s.put(ctx, id, session{Created: now, Used: now, Token: s.bind(id)}); err != nil {
		return "", err
	}
	return id, nil
}

// find reports whether the id is that of a live session, and notes its use.
func (s *sessions) find(ctx context.Context, id string) (bool, error) {
	if len(id) != 64 {
		return false, nil
	}
	v, err := s.get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	now := s.now().UTC()
	if v.over(now) || !hmac.Equal([]byte(v.Token), []byte(s.bind(id))) {
		return false, s.end(ctx, id)
	}
	if now.Sub(v.Used) >= sessionNote {
		return true, s.note(ctx, id, now)
	}
	return true, nil
}

func (s *sessions) note(ctx context.Context, id string, now time.Time) error {
	s.noting.Lock()
	defer s.noting.Unlock()
	v, err := s.get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	v.Used = now
	return s.put(ctx, id, v)
}

// end removes a session; one that is not there is fine.
func (s *sessions) end(ctx context.Context, id string) error {
	s.noting.Lock()
	defer s.noting.Unlock()
	if err := s.settings.SetSetting(ctx, sessionName(id), nil); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

func (s *sessions) get(ctx context.Context, id string) (session, error) {
	b, err := s.settings.Setting(ctx, sessionName(id))
	if err != nil {
		return session{}, fmt.Errorf("read session: %w", err)
	}
	var v session
	if err := json.Unmarshal(b, &v); err != nil {
		return session{}, fmt.Errorf("read session: %w", err)
	}
	return v, nil
}

func (s *sessions) put(ctx context.Context, id string, v session) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	if err := s.settings.SetSetting(ctx, sessionName(id), b); err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return nil
}

func (s *sessions) sweep(ctx context.Context) error {
	all, err := s.settings.Settings(ctx, sessionPrefix)
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	for name, b := range all {
		var v session
		if json.Unmarshal(b, &v) == nil && !v.over(s.now()) {
			continue
		}
		if err := s.settings.SetSetting(ctx, name, nil); err != nil {
			return fmt.Errorf("remove old session: %w", err)
		}
	}
	return nil
}

func (s *sessions) bind(id string) string {
	m := hmac.New(sha256.New, []byte(id))
	m.Write([]byte(s.token))
	return hex.EncodeToString(m.Sum(nil))
}

func sessionName(id string) string {
	sum := sha256.Sum256([]byte(id))
	return sessionPrefix + hex.EncodeToString(sum[:])
}

// sameToken compares in constant time, whatever the lengths.
func sameToken(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// overTLS reports whether the browser speaks TLS to us or to a proxy that says so. Believing a false word only makes cookies
// stricter.
func overTLS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// cookieName is the session cookie's: with TLS the browser guarantees that no other host has set it.
func cookieName(r *http.Request) string {
	if overTLS(r) {
		return "__Host-fanflow_session"
	}
	return "fanflow_session"
}

func setSession(w http.ResponseWriter, r *http.Request, id string, life time.Duration) {
	c := &http.Cookie{
		Name: cookieName(r), Value: id, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: overTLS(r),
	}
	if id == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
