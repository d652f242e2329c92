package fetch

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Rule allows one host, or all hosts of a domain.
type Rule struct {
	// Scheme is http or https; empty where the rule does not say: then https.
	Scheme string
	// Host is a name in lower case, an address, "*.example.com" for all names that end so (not example.com itself), or "*" for any.
	Host string
	Port string // empty where the rule does not say: then the scheme's own
	// Private: the host may have an address of the operator's own network.
	Private bool
}

const (
	maxRule = 300
	maxHost = 253 // RFC 1035, section 2.3.4
)

// ParseRule reads a rule: "crm.example.com", "*.example.cn:8443", "http://10.0.0.8:8080", "private:crm.lan", "*". Plain http is allowed
// only where the rule says http://; the operator's own network only where it says private:, names an address, or is localhost.
func ParseRule(text string) (Rule, error) {
	fail := func(why string) (Rule, error) {
		return Rule{}, fmt.Errorf("host %q %s; write it as crm.example.com, *.example.com, http://10.0.0.8:8080 or private:crm.lan", cutText(text, 80), why)
	}
	var r Rule
	rest := strings.TrimSpace(text)
	if len(rest) > maxRule {
		return fail("is too long")
	}
	rest, r.Private = cutPrefix(rest, "private:")
	for _, scheme := range []string{"https", "http"} {
		if after, ok := cutPrefix(rest, scheme+"://"); ok {
			rest, r.Scheme = after, scheme
			break
		}
	}
	if rest == "" {
		return fail("is empty")
	}
	if strings.ContainsAny(rest, "/?#@\\") {
		return fail("has more than a scheme, a name and a port")
	}
	host, port, err := splitHost(rest)
	if err != nil {
		return fail(err.Error())
	}
	r.Host, r.Port = host, port
	if r.Host == "*" {
		if r.Private {
			return fail("would open all of your own network: name the host")
		}
		return r, nil
	}
	if why := badHost(strings.TrimPrefix(r.Host, "*.")); why != "" {
		return fail(why)
	}
	if _, err := netip.ParseAddr(strings.TrimPrefix(r.Host, "*.")); err == nil && strings.HasPrefix(r.Host, "*.") {
		return fail("has * before an address")
	}
	return r, nil
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// splitHost gives the host, in lower case and without the brackets of an IPv6 address, and the port, if there is one.
func splitHost(s string) (host, port string, err error) {
	host = s
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", errors.New("has no ] after the address")
		}
		host, s = s[1:end], s[end+1:]
		if addr, err := netip.ParseAddr(host); err != nil || addr.Is4() {
			return "", "", errors.New("has no IPv6 address in its brackets")
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, s = s[:i], s[i:]
	} else {
		s = ""
	}
	if s != "" {
		port = strings.TrimPrefix(s, ":")
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || port != strconv.Itoa(n) {
			return "", "", errors.New("has no port from 1 to 65535 after its colon")
		}
	}
	return strings.ToLower(host), port, nil
}

// badHost says what is wrong with a name or address, "" if nothing is. What programs of old read as an address though it is none
// (127.1, 0x7f.1, 2130706433) is no name either.
func badHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		switch {
		case addr.Zone() != "":
			return "has a zone in its address"
		case addr.IsUnspecified() || addr.IsMulticast():
			return "is the address of no host"
		}
		return ""
	}
	if host == "" || len(host) > maxHost {
		return "has no name, or a too long one"
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") {
			return "has an empty or too long part between its dots"
		}
		for _, c := range []byte(label) {
			switch {
			case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			case c >= 0x80:
				return "has letters beyond a-z: write the name in its xn-- form"
			default:
				return fmt.Sprintf("has the sign %q in its name", c)
			}
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "is no address, and a name does not end with a number"
	}
	return ""
}

// String writes the rule as ParseRule reads it.
func (r Rule) String() string {
	s := ""
	if r.Private {
		s = "private:"
	}
	if r.Scheme != "" {
		s += r.Scheme + "://"
	}
	if strings.Contains(r.Host, ":") {
		s += "[" + r.Host + "]"
	} else {
		s += r.Host
	}
	if r.Port != "" {
		s += ":" + r.Port
	}
	return s
}

// own reports whether the rule's hosts may have an address of the operator's own network.
func (r Rule) own() bool {
	_, err := netip.ParseAddr(r.Host)
	return r.Private || r.Host == "localhost" || err == nil
}

// covers reports whether the rule's host stands for the other one, which may be a pattern too.
func (r Rule) covers(host string) bool {
	if r.Host == "*" || r.Host == host {
		return true
	}
	domain, ok := strings.CutPrefix(r.Host, "*")
	return ok && strings.HasSuffix(host, domain) && len(host) > len(domain)
}

// Allows reports whether the rule lets scripts reach a URL. It does not look at the addresses that its host has.
func (r Rule) Allows(u *url.URL) bool {
	scheme := r.Scheme
	if scheme == "" {
		scheme = "https"
	}
	port := r.Port
	if port == "" {
		port = ports[scheme]
	}
	return u.Scheme == scheme && portOf(u) == port && r.covers(u.Hostname())
}

var ports = map[string]string{"http": "80", "https": "443"}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return ports[u.Scheme]
}

// allowed finds the rules for a URL: whether there is one, and whether one of them opens the operator's own network.
func allowed(u *url.URL, allow []Rule) (ok, own bool) {
	for _, r := range allow {
		if r.Allows(u) {
			ok = true
			own = own || r.own()
		}
	}
	return ok, own
}

// Narrow gives the rules that both lists allow: the account's, as far as those of a plugin reach. Where a plugin's rule names no scheme or
// port, the account's word counts; what is private only the account says.
func Narrow(account, plugin []Rule) []Rule {
	var both []Rule
	for _, a := range account {
		for _, p := range plugin {
			if r, ok := a.meet(p); ok && !slices.Contains(both, r) {
				both = append(both, r)
			}
		}
	}
	return both
}

// meet gives what the account's rule a and a plugin's rule p both allow.
func (a Rule) meet(p Rule) (Rule, bool) {
	r := a
	switch {
	case p.covers(a.Host):
	case a.covers(p.Host):
		r.Host = p.Host
		if r.own() && !a.own() { // an address, or localhost, that the operator has not named
			return Rule{}, false
		}
	default:
		return Rule{}, false
	}
	if p.Scheme != "" {
		if a.Scheme != p.Scheme && (a.Scheme != "" || p.Scheme != "https") {
			return Rule{}, false
		}
		r.Scheme = p.Scheme
	}
	if p.Port != "" {
		scheme := r.Scheme
		if scheme == "" {
			scheme = "https"
		}
		port := a.Port
		if port == "" {
			port = ports[scheme]
		}
		if port != p.Port {
			return Rule{}, false
		}
	}
	return r, true
}

// ParseURL reads the URL of a request: http or https, a host, no user, at most 2,048 bytes. Its host is in lower case, its fragment gone.
func ParseURL(text string) (*url.URL, error) {
	if len(text) > MaxURL {
		return nil, fmt.Errorf("the URL is longer than %d bytes", MaxURL)
	}
	return parseURL(text)
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("that is no URL: write it as https://crm.example.com/path")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("a URL begins with https:// or http://")
	case u.Opaque != "" || u.Host == "":
		return nil, errors.New("the URL has no host: write it as https://crm.example.com/path")
	case u.User != nil:
		return nil, errors.New("the URL holds a user or a password: give it as a header instead")
	}
	host, port, err := splitHost(u.Host)
	if err == nil {
		if why := badHost(host); why != "" {
			err = errors.New(why)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the host of the URL %w", err)
	}
	if port == ports[u.Scheme] {
		port = ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	return u, nil
}

// MaxURL is how long the URL of a request may be, in bytes.
const MaxURL = 2048

// cutText shortens a text to about n bytes, for messages.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
