package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

func (c *Client) tls() *tls.Config {
	return &tls.Config{RootCAs: c.c.Roots, MinVersion: tls.VersionTLS12}
}

// place names a host in messages and for what is kept of it: with the scheme where it is plain http, and the port where it is not the usual.
func place(u *url.URL) string {
	if u.Scheme == "http" {
		return "http://" + u.Host
	}
	return u.Host
}

// ownHeaders are those that only the request itself may set.
var ownHeaders = []string{
	"Host", "Connection", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Keep-Alive", "Expect", "Accept-Encoding",
	"Proxy-Authorization", "Proxy-Connection", "Idempotency-Key",
}

// forAll are the script's headers that another host may see too.
var forAll = []string{"Accept", "Accept-Language"}

// CheckHeader says what is wrong with a header's name, "" if nothing is.
func CheckHeader(name string) string {
	if name == "" || len(name) > 64 {
		return "the name of a header has 1 to 64 bytes"
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return fmt.Sprintf("the header %q has the sign %q in its name", cutText(name, 40), c)
		}
	}
	if slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)) {
		return fmt.Sprintf("the header %s cannot be set", name)
	}
	return ""
}

// bad says what is wrong with the request, "" if nothing is. A value is not shown: it may be a secret.
func (r *Request) bad() string {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		value := r.Headers[name]
		if why := CheckHeader(name); why != "" {
			return why
		}
		key := http.CanonicalHeaderKey(name)
		if seen[key] {
			return fmt.Sprintf("the header %s is given twice, in two spellings", key)
		}
		seen[key] = true
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return fmt.Sprintf("the header %s has a line break or another control sign in it", name)
		}
	}
	return ""
}

// follow makes the request, and those that its answers lead on to.
func (c *Client) follow(ctx context.Context, r Request, u *url.URL, own bool, allow []Rule, limit time.Duration) Answer {
	first := *u
	for hop := 0; ; hop++ {
		a, to := c.trip(ctx, r, u, own, u.Host != first.Host || u.Scheme != first.Scheme, limit)
		if to == "" || a.Fault != "" {
			return a
		}
		fail := func(why string) Answer {
			return Answer{Status: a.Status, Fault: Redirect, Why: first.Host + " leads on " + why}
		}
		if r.Method != http.MethodGet {
			return fail("to another address, which is followed for GET only")
		}
		if hop == maxHops {
			return fail(fmt.Sprintf("more than %d times", maxHops))
		}
		next, err := u.Parse(to)
		if err == nil {
			next, err = ParseURL(next.String())
		}
		if err != nil {
			return fail("to what is no URL that can be used")
		}
		if u.Scheme == "https" && next.Scheme == "http" {
			return fail("from https to http, which is not followed")
		}
		ok := false
		if ok, own = allowed(next, allow); !ok {
			return fail("to " + cutText(place(next), maxHost+16) + ", which is not among the hosts that may be reached")
		}
		u = next
	}
}

// trip makes one request. away tells that it is not the host that the request was for: what the script sent along is not for it. to is where
// the answer leads on.
func (c *Client) trip(ctx context.Context, r Request, u *url.URL, own, away bool, limit time.Duration) (a Answer, to string) {
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return Answer{Fault: Denied, Why: "the request has a method or URL that cannot be sent"}, ""
	}
	if len(r.Body) == 0 {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		if r.Method != http.MethodGet {
			req.Body = http.NoBody
		}
	}
	req.Header.Set("User-Agent", "fanflow")
	for name, value := range r.Headers {
		if !away || slices.Contains(forAll, http.CanonicalHeaderKey(name)) {
			req.Header.Set(name, value)
		}
	}
	if r.Key != "" {
		req.Header.Set("Idempotency-Key", r.Key)
	}
	transport := c.public
	if own {
		transport = c.own
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return broken(err, u, limit), ""
	}
	defer resp.Body.Close()
	a = Answer{Status: resp.StatusCode, Headers: map[string]string{}}
	for name, values := range resp.Header {
		a.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	if to := resp.Header.Get("Location"); to != "" && slices.Contains(redirects, resp.StatusCode) {
		return a, to
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return a.with(Encoding, u, limit), ""
	}
	if resp.ContentLength > c.c.MaxBody {
		return a.with(Large, u, limit), ""
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.c.MaxBody+1))
	if err != nil {
		f := broken(err, u, limit)
		a.Fault, a.Why = f.Fault, f.Why
		return a, ""
	}
	if int64(len(body)) > c.c.MaxBody {
		return a.with(Large, u, limit), ""
	}
	a.Body = body
	return a, ""
}

var redirects = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

func (a Answer) with(f Fault, u *url.URL, limit time.Duration) Answer {
	a.Fault, a.Why = f, reasons[f](place(u), limit)
	return a
}

// broken tells what an error of the network is.
func broken(err error, u *url.URL, limit time.Duration) Answer {
	return Answer{}.with(faultOf(err), u, limit)
}

func faultOf(err error) Fault {
	var (
		dns       *net.DNSError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		forbidden *forbiddenError
		timeout   net.Error
	)
	text := err.Error()
	switch {
	case errors.As(err, &forbidden):
		return Private
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case errors.As(err, &dns):
		return DNS
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), strings.Contains(text, "tls: "), strings.Contains(text, "x509: "):
		return TLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case strings.Contains(text, "headers exceeded"): // net/http has no error of its own for it
		return Large
	case strings.Contains(text, "malformed"), strings.Contains(text, "HTTP response to HTTPS client"), strings.Contains(text, "unsupported transfer encoding"), strings.Contains(text, "invalid byte in chunk"):
		return Encoding
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return Refused
	}
	return Reset
}

// reasons say the faults in words, of a host and a limit.
var reasons = map[Fault]func(host string, limit time.Duration) string{
	Private: func(h string, _ time.Duration) string {
		return h + " has an address that is not public: the operator may allow it as private:" + h
	},
	DNS:     func(h string, _ time.Duration) string { return "there is no address for " + h },
	Refused: func(h string, _ time.Duration) string { return h + " takes no connection" },
	TLS: func(h string, _ time.Duration) string {
		return "the connection to " + h + " cannot be trusted: its certificate is wrong, or it speaks no TLS"
	},
	Timeout: func(h string, l time.Duration) string {
		return fmt.Sprintf("%s did not answer within %s", h, l.Round(time.Millisecond))
	},
	Reset: func(h string, _ time.Duration) string { return h + " ended the connection before the answer was whole" },
	Large: func(h string, _ time.Duration) string {
		return h + " answers more than can be taken: 16 KB, and as much of headers"
	},
	Encoding: func(h string, _ time.Duration) string { return h + " answers compressed, or no HTTP at all" },
	Busy:     func(h string, _ time.Duration) string { return "too many requests are at " + h + " already" },
	Down: func(h string, _ time.Duration) string {
		return h + " has failed again and again: it is not asked for a few seconds"
	},
}
