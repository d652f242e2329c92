package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// standing is what owner and platform have settled about an account, by control calls.
type standing struct {
	IPs    []string `json:"ips"`    // the allow-list; empty: off
	Listed bool     `json:"listed"` // IPs were set by a call, and stand in the place of Account.AllowIPs

	SecretFrozen   bool            `json:"secret_frozen"`       // the owner froze the AppSecret: 40243
	Changed        time.Time       `json:"changed,omitzero"`    // when SecretFrozen last changed
	TokenForbidden bool            `json:"token_forbidden"`     // token calls are 50004
	Frozen         bool            `json:"frozen"`              // every call is 50007
	Irregular      bool            `json:"irregular"`           // every call but those for tokens is 48004
	Confirm        string          `json:"confirm,omitempty"`   // what the admin says to a new address on token calls: see confirmCodes
	AutoReply      json.RawMessage `json:"autoreply,omitempty"` // as get_current_autoreply_info tells it
}

// freezeDelay is after how long freezing and unfreezing the AppSecret take effect.
// Source: developers.weixin.qq.com/doc/service/guide/dev/api/ (AppSecret).
const freezeDelay = 10 * time.Minute

// confirmCodes are the answers to token calls of a caller whom the account's admin has to confirm.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
var confirmCodes = map[string]int{"": 0, "asked": 89503, "refused": 89507, "refused twice": 89506}

const standingID = "standing"

// stands is the account's standing. The lock is held.
func (a *account) stands() standing {
	st, _ := a.standing.get(standingID)
	if !st.Listed {
		st.IPs = a.AllowIPs
	}
	return st
}

func (st standing) secretFrozen(now time.Time) bool {
	return st.SecretFrozen == !now.Before(st.Changed.Add(freezeDelay))
}

// freezeSecret freezes or unfreezes the AppSecret. What is taken back before it took effect never does.
func (st *standing) freezeSecret(frozen bool, now time.Time) {
	if frozen == st.SecretFrozen {
		return
	}
	changed := now
	if st.secretFrozen(now) == frozen {
		changed = time.Time{}
	}
	st.SecretFrozen, st.Changed = frozen, changed
}

// admit says whether the caller may call at all: its address, and what the account's standing is. The allow-list covers every
// call that is made with the AppSecret or an access_token; web pages' calls (/sns/…) bring other tokens and are left out, on
// which the page is silent. A change works at once here; the platform takes some minutes.
// Source: developers.weixin.qq.com/doc/oplatform/developers/basic_func/ip_whitelist.html
func (s *Server) admit(c *call) error {
	ep := s.endpoints[c.path]
	c.a.mu.Lock()
	st := c.a.stands()
	c.a.mu.Unlock()
	if ip := callerIP(c.r); ep.noToken == nil && len(st.IPs) > 0 && !listed(st.IPs, ip) {
		return failf(40164, "invalid ip %s ipv6 %s, not in whitelist", ip.Unmap(), netip.AddrFrom16(ip.As16()))
	}
	withSecret := ep.credential || ep.secret
	switch {
	case st.Frozen:
		return fail(50007)
	case withSecret && st.secretFrozen(s.Now()):
		return fail(40243)
	case ep.credential && st.TokenForbidden:
		return fail(50004)
	case ep.credential && st.Confirm != "":
		return fail(confirmCodes[st.Confirm])
	case !withSecret && st.Irregular:
		return fail(48004)
	}
	return nil
}

// callerIP is where a call comes from. What proxies say is not believed.
func callerIP(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ip.WithZone("")
}

func listed(ips []string, ip netip.Addr) bool {
	return slices.ContainsFunc(ips, func(entry string) bool {
		p, err := parseEntry(entry)
		return err == nil && p.Contains(ip.Unmap())
	})
}

// parseEntry reads an entry of an allow-list: an address or a range in CIDR form. Ports and * are not allowed.
func parseEntry(entry string) (netip.Prefix, error) {
	if strings.Contains(entry, "/") {
		p, err := netip.ParsePrefix(entry)
		if err != nil {
			return p, fmt.Errorf("%q is no range of addresses as in 10.0.0.0/8", entry)
		}
		return p.Masked(), nil
	}
	ip, err := netip.ParseAddr(entry)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address: an entry is one as in 127.0.0.1 or a range as in 10.0.0.0/8, without * and port", entry)
	}
	return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
}

func checkEntries(ips []string) error {
	var errs []error
	for _, entry := range ips {
		if _, err := parseEntry(entry); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// standingRoutes are the control calls about an account's standing.
func (s *Server) standingRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /sim/{app}/allowlist", s.forAccount(s.allowListGet))
	mux.HandleFunc("PUT /sim/{app}/allowlist", s.forAccount(s.allowListSet))
	mux.HandleFunc("GET /sim/{app}/standing", s.forAccount(s.standingGet))
	mux.HandleFunc("PUT /sim/{app}/standing", s.forAccount(s.standingSet))
	mux.HandleFunc("POST /sim/{app}/clear_quota", s.forAccount(s.websiteClear))
}

func (s *Server) allowListGet(w http.ResponseWriter, _ *http.Request, a *account) {
	a.mu.Lock()
	ips := append([]string{}, a.stands().IPs...)
	a.mu.Unlock()
	answer(w, map[string][]string{"ips": ips})
}

func (s *Server) allowListSet(w http.ResponseWriter, r *http.Request, a *account) {
	var req struct {
		IPs []string `json:"ips"`
	}
	err := decodeControl(w, r, &req)
	if err == nil {
		err = checkEntries(req.IPs)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.mu.Lock()
	st := a.stands()
	st.IPs, st.Listed = append([]string{}, req.IPs...), true
	a.standing.put(standingID, st)
	a.mu.Unlock()
	s.allowListGet(w, r, a)
}

// standingAnswer is what the control calls read and show of a standing; what is left out stays as it is.
type standingAnswer struct {
	SecretFrozen   *bool           `json:"secret_frozen"`
	TokenForbidden *bool           `json:"token_forbidden"`
	Frozen         *bool           `json:"frozen"`
	Irregular      *bool           `json:"irregular"`
	Confirm        *string         `json:"confirm"`
	AutoReply      json.RawMessage `json:"autoreply,omitempty"`
}

func (s *Server) standingGet(w http.ResponseWriter, _ *http.Request, a *account) {
	a.mu.Lock()
	st := a.stands()
	a.mu.Unlock()
	answer(w, standingAnswer{&st.SecretFrozen, &st.TokenForbidden, &st.Frozen, &st.Irregular, &st.Confirm, st.AutoReply})
}

func (s *Server) standingSet(w http.ResponseWriter, r *http.Request, a *account) {
	var req standingAnswer
	err := decodeControl(w, r, &req)
	if err == nil && req.Confirm != nil {
		if _, ok := confirmCodes[*req.Confirm]; !ok {
			err = fmt.Errorf("confirm %q is none of asked, refused, refused twice and nothing", *req.Confirm)
		}
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.mu.Lock()
	st := a.stands()
	if req.SecretFrozen != nil {
		st.freezeSecret(*req.SecretFrozen, s.Now())
	}
	set(&st.TokenForbidden, req.TokenForbidden)
	set(&st.Frozen, req.Frozen)
	set(&st.Irregular, req.Irregular)
	set(&st.Confirm, req.Confirm)
	if len(req.AutoReply) > 0 {
		st.AutoReply = req.AutoReply
	}
	a.standing.put(standingID, st)
	a.mu.Unlock()
	s.standingGet(w, r, a)
}

func set[V any](to, from *V) {
	if from != nil {
		*to = *from
	}
}

// decodeControl reads the body of a control call; fields that it does not know are mistakes.
func decodeControl(w http.ResponseWriter, r *http.Request, v any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("the body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
