// Package fetch makes the HTTP requests of scripts: to hosts that are allowed and to public addresses only, within limits of time
// and size. A request that comes to nothing is an answer too, with a word for why.
package fetch

import (
	"context"
	"crypto/x509"
	"net"
	"time"
)

// Rule allows one host, or all hosts of a domain.
type Rule struct {
	Scheme, Host, Port string // Port is empty for the scheme's own
	// Private: the host may have an address of the operator's own network.
	Private bool
}

// Request is what a script asks for.
type Request struct {
	Method, URL string
	Headers     map[string]string
	Body        []byte
	Key         string // Idempotency-Key; empty: none
}

// Answer is what came of a Request.
type Answer struct {
	Status  int
	Headers map[string]string // by lower-case name
	Body    []byte
	Took    time.Duration
	Fault   Fault  // empty: there is a status
	Why     string // in words
}

// Fault is why a request has no answer.
type Fault string

// Config makes a Client; zero fields have defaults.
type Config struct {
	Now      func() time.Time
	Resolver *net.Resolver
	Roots    *x509.CertPool
	PerHost  int   // requests to one host at a time; 8
	MaxBody  int64 // bytes of an answer; 16 KB
}

// Client makes requests. It is safe for concurrent use.
type Client struct{ c Config }

// New makes a Client.
func New(c Config) *Client { return &Client{c: c} }

// Do makes a request within limit, if a rule allows it.
func (c *Client) Do(ctx context.Context, r Request, allow []Rule, limit time.Duration) Answer {
	return Answer{Fault: "denied", Why: "no host is allowed"}
}
