package fetch

import "net/netip"

// OnDial is asked about each address that the guard lets pass, before it is dialled; its error ends the dial.
func (c *Client) OnDial(f func(netip.AddrPort) error) { c.dialled = f }

// Public and Owned are the guard's words on an address.
func Public(a netip.Addr) bool { return public(a) }

func Owned(host string, a netip.Addr) bool { return owned(host, a) }
