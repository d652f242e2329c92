// Package fetch makes the HTTP requests of scripts: to hosts that are allowed and to public addresses only, within limits of time
// and size. A request that comes to nothing is an answer too, with a word for why.
//
// A rule is asked by the host's name before anything is looked up, and the address is looked at once more when it is dialled. There is
// no proxy, no cookie, no compression, and no user in a URL. Redirects are followed for GET only, three times, each through the rules.
package fetch

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Request is what a script asks for.
type Request struct {
	Method string
	// URL is one as ParseURL takes it, of any length: who puts secrets into it bounds it before, as an error about their length would tell it.
	URL     string
	Headers map[string]string
	Body    []byte
	Key     string // Idempotency-Key; empty: none
	By      string // who asks: for whom a host is down says nothing of others
	// Cache is how long an answer to a GET may be given again instead of asking; 0: never. CacheKey says what is the same request:
	// who asks for what, without secrets.
	Cache    time.Duration
	CacheKey string
}

// Answer is what came of a Request.
type Answer struct {
	Status  int               // 0 if none came; there may be one beside a Fault
	Headers map[string]string // by lower-case name
	Body    []byte
	Took    time.Duration // by the wall clock
	Cached  bool          // it was given before
	Fault   Fault         // empty: the answer is whole
	Why     string        // the fault in words, without anything secret
}

// Fault is why a request has no whole answer.
type Fault string

// The faults. Of Denied, Busy and Down the host has seen nothing.
const (
	Denied   Fault = "denied"   // no rule allows the URL, or the request is none
	Private  Fault = "private"  // the host has an address of a network that is not public
	DNS      Fault = "dns"      // the host has no address
	Refused  Fault = "refused"  // nobody listens there
	TLS      Fault = "tls"      // the connection cannot be trusted
	Timeout  Fault = "timeout"  // the answer was not there in time
	Reset    Fault = "reset"    // the connection broke
	Large    Fault = "large"    // the answer is longer than MaxBody, or its headers than 16 KB
	Encoding Fault = "encoding" // the answer is compressed, or is no HTTP
	Redirect Fault = "redirect" // it leads on to where it may not, or too often
	Busy     Fault = "busy"     // too many requests to the host at a time
	Down     Fault = "down"     // the host has failed just now, again and again, for who asks
)

// MaxBody is how long an answer may be, in bytes.
const MaxBody = 16 << 10

const (
	maxHeaders = 16 << 10
	perHost    = 8
	maxHops    = 3                      // redirects in a row
	fair       = 200 * time.Millisecond // a host that has not answered in less has shown nothing
)

// Config makes a Client; zero fields have defaults.
type Config struct {
	Now      func() time.Time // for how long a host is down and an answer kept; time.Now
	Resolver *net.Resolver
	Roots    *x509.CertPool
	PerHost  int   // requests to one host at a time; 8
	MaxBody  int64 // bytes of an answer; MaxBody
}

// Client makes requests. It is safe for concurrent use.
type Client struct {
	c      Config
	public *http.Transport
	own    *http.Transport // for hosts that a rule opens the operator's network for
	hosts  hosts
	cache  cache
	// dialled is asked about an address that the guard lets pass; nil but in tests.
	dialled func(netip.AddrPort) error
}

// New makes a Client.
func New(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.PerHost <= 0 {
		c.PerHost = perHost
	}
	if c.MaxBody <= 0 {
		c.MaxBody = MaxBody
	}
	client := &Client{
		c:     c,
		hosts: hosts{now: c.Now, perHost: c.PerHost, by: map[string]*host{}},
		cache: cache{now: c.Now, by: map[string]kept{}},
	}
	client.public, client.own = client.transport(false), client.transport(true)
	return client
}

// Do makes a request within limit, if a rule allows it. It never fails: what goes wrong is told by the Answer.
func (c *Client) Do(ctx context.Context, r Request, allow []Rule, limit time.Duration) Answer {
	begun := time.Now()
	a := c.do(ctx, r, allow, limit)
	if !a.Cached {
		a.Took = time.Since(begun)
	}
	return a
}

func (c *Client) do(ctx context.Context, r Request, allow []Rule, limit time.Duration) Answer {
	u, err := parseURL(r.URL)
	if err != nil {
		return Answer{Fault: Denied, Why: err.Error()}
	}
	ok, own := allowed(u, allow)
	if !ok {
		return Answer{Fault: Denied, Why: place(u) + " is not among the hosts that may be reached: see http_allow, and the plugin's permissions.hosts"}
	}
	if why := r.bad(); why != "" {
		return Answer{Fault: Denied, Why: why}
	}
	keep := r.Cache > 0 && r.Method == http.MethodGet
	if keep {
		if a, ok := c.cache.get(r.CacheKey); ok {
			return a
		}
	}
	whole, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	leave, fault := c.hosts.enter(whole, place(u), r.By)
	if fault != "" {
		return Answer{Fault: fault, Why: reasons[fault](place(u), limit)}
	}
	a := c.follow(whole, r, u, own, allow, limit)
	switch {
	case ctx.Err() != nil: // who asked has gone
		leave(unknown)
	case a.Fault == Private, a.Fault == Timeout && limit < fair: // who asked may not, or had no time: others may be served
		leave(unknown)
	case a.Fault != "" || a.Status >= 500:
		leave(fails)
	default:
		leave(works)
	}
	if keep && a.Fault == "" && a.Status >= 200 && a.Status < 300 {
		c.cache.put(r.CacheKey, a, r.Cache)
	}
	return a
}
