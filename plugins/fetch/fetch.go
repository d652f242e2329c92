// Package fetch makes the HTTP requests of scripts: to hosts that are allowed and to public addresses only, within limits of time
// and size. A request that comes to nothing is an answer too, with a word for why.
package fetch

import (
	"context"
	"crypto/x509"
	"net"
	"time"
)

// Request is what a script asks for.
type Request struct {
	Method, URL string
	Headers     map[string]string
	Body        []byte
	Key         string // Idempotency-Key; empty: none
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
	Took    time.Duration
	Cached  bool   // it was given before
	Fault   Fault  // empty: the answer is whole
	Why     string // the fault in words, without anything secret
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
	Down     Fault = "down"     // the host has failed just now, again and again
)

// Config makes a Client; zero fields have defaults.
type Config struct {
	Now      func() time.Time // for how long a host is down and an answer kept; time.Now
	Resolver *net.Resolver
	Roots    *x509.CertPool
	PerHost  int   // requests to one host at a time; 8
	MaxBody  int64 // bytes of an answer; 16 KB
}

// Client makes requests. It is safe for concurrent use.
type Client struct{ c Config }

// New makes a Client.
func New(c Config) *Client { return &Client{c: c} }

// Do makes a request within limit, if a rule allows it. It never fails: what goes wrong is told by the Answer.
func (c *Client) Do(ctx context.Context, r Request, allow []Rule, limit time.Duration) Answer {
	return Answer{Fault: Denied, Why: "no host is allowed"}
}
