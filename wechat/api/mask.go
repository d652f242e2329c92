package api

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hidden remembers the last tokens and tickets, so that none of them is shown should the platform repeat it.
type hidden struct {
	mu     sync.Mutex
	values []string // the newest last
}

func (h *hidden) add(values ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range values {
		if v == "" {
			continue
		}
		h.values = append(slices.DeleteFunc(h.values, func(old string) bool { return old == v }), v)
		if len(h.values) > 16 {
			h.values = h.values[1:]
		}
	}
}

func (h *hidden) list() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.values)
}

// named are values that are secrets by the name before them, in a query or in JSON.
var named = regexp.MustCompile(`(?i)((?:access_token|refresh_token|appsecret|secret|ticket)\\?["']?\s*[=:]\s*\\?["']?)[^&"'\\\s,;}]+`)

// shortest is the length in bytes under which a value is taken for no secret: the platform's are 32 and more, and a visitor
// may come with a web code of one letter, which would take that letter out of the whole text.
const shortest = 6

// mask takes out of a text what must not be seen: the secret, access tokens, what else is given, and what bears such a name.
func (c *Client) mask(text string, hide ...string) string {
	hide = slices.DeleteFunc(slices.Clone(hide), func(v string) bool { return len(v) < shortest })
	for _, secret := range append(c.hidden.list(), append(hide, c.secret)...) {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, secret, "***")
		text = strings.ReplaceAll(text, url.QueryEscape(secret), "***")
	}
	return named.ReplaceAllString(text, "$1***")
}

// clean takes the URL, which holds the access token, off an error of net/http's. Where the rest shows a secret, too (an answer
// that is quoted), only its masked text is kept.
func (c *Client) clean(r *request, err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	if text := err.Error(); c.mask(text, r.hide...) != text {
		return errors.New(c.mask(text, r.hide...))
	}
	return err
}
