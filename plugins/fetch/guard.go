package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// reserved are the networks that no public host is in, beside those that netip knows: local, shared, documentation, translation and
// tunnel ranges, and the address under which Azure's machines find the platform.
// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 2765, section 2.1 (translated IPv4); RFC 3879
// (site-local); learn.microsoft.com, "What is IP address 168.63.129.16".
var reserved = func() (nets []netip.Prefix) {
	for _, n := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:20::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		nets = append(nets, netip.MustParsePrefix(n))
	}
	return nets
}()

// public reports whether an address is one of a host of the internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, n := range reserved {
		if n.Contains(a) {
			return false
		}
	}
	return true
}

// shared is the range of carriers' and overlay networks, which an operator's own network may use. Source: RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// owned reports whether a host that the operator's rule opens may have an address: an address itself only that one, localhost only
// those of this machine, any other name public ones and those of private networks. Where clouds keep their secrets (169.254.169.254) is
// link-local and in none of them.
func owned(host string, a netip.Addr) bool {
	a = a.Unmap()
	if literal, err := netip.ParseAddr(host); err == nil {
		return literal.Unmap() == a
	}
	if host == "localhost" {
		return a.IsLoopback()
	}
	return public(a) || a.IsPrivate() || shared.Contains(a)
}

// forbiddenError says that a host has an address that may not be dialled.
type forbiddenError struct{ host string }

func (e *forbiddenError) Error() string { return e.host + " has an address that is not public" }

// dialTimeout bounds a dial whose request has given up: it goes on for the next one.
const dialTimeout = 5 * time.Second

// transport makes connections to public addresses, or, for hosts that the operator's rules open, to own ones. The two never share a
// connection: one that was made for a rule that opens the network is of no use to any other.
func (c *Client) transport(own bool) *http.Transport {
	return &http.Transport{
		Proxy: nil, // it would dial for us, where no check sees it
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, fmt.Errorf("dial %s: %w", addr, err)
			}
			return (&net.Dialer{
				Timeout: dialTimeout, Resolver: c.c.Resolver,
				ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
					return c.guard(own, host, address)
				},
			}).DialContext(ctx, network, addr)
		},
		TLSClientConfig: c.tls(), TLSHandshakeTimeout: dialTimeout,
		DisableCompression:     true, // what is read is what came, so that a small answer cannot become a large one
		MaxResponseHeaderBytes: maxHeaders,
		MaxIdleConns:           64, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
	}
}

// guard looks at the very address that is about to be dialled: a name that meanwhile means another one does not get past it.
func (c *Client) guard(own bool, host, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errors.Join(&forbiddenError{host}, err)
	}
	ok := false
	if own {
		ok = owned(host, at.Addr())
	} else {
		ok = public(at.Addr())
	}
	if !ok {
		return &forbiddenError{host}
	}
	if c.dialled != nil {
		return c.dialled(at)
	}
	return nil
}
