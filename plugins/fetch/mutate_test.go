package fetch_test

import (
	"testing"

	"fanflow/bench/mutation"
)

var mutations = []mutation.Mistake{
	{"the address that is dialled is not looked at", "guard.go", "\tif !ok {\n\t\treturn &forbiddenError{host}", "\tif false && !ok {\n\t\treturn &forbiddenError{host}", "^TestRebinding$"},
	{"a redirect is not held against the rules", "trip.go", "own = allowed(next, allow); !ok {", "own = allowed(next, allow); false && !ok {", "TestFaults/redirects_inside"},
	{"mapped addresses are not what they map", "guard.go", "\ta = a.Unmap()\n\tif !a.IsGlobalUnicast()", "\tif !a.IsGlobalUnicast()", "^TestAddresses$"},
	{"*.example.cn is evilexample.cn, too", "rule.go", `strings.CutPrefix(r.Host, "*")`, `strings.CutPrefix(r.Host, "*.")`, "^TestRules$"},
	{"a long body is cut", "trip.go", "if int64(len(body)) > c.c.MaxBody {", "if int64(len(body)) > c.c.MaxBody<<20 {", "TestFaults/a_gigabyte_in_parts"},
	{"a long body is read", "trip.go", "io.LimitReader(resp.Body, c.c.MaxBody+1)", "io.LimitReader(resp.Body, c.c.MaxBody<<14)", "^TestReadsNoMore$"},
	{"a compressed body is taken", "trip.go", `coding != "" && !strings`, `coding == "?" && !strings`, "TestFaults/a_bomb"},
	{"the environment names a proxy", "guard.go", "Proxy: nil,", "Proxy: http.ProxyFromEnvironment,", "^TestNoProxy$"},
	{"another host sees the headers", "trip.go", "if !away || slices", "if true || slices", "^TestSent$"},
	{"a POST goes where it is sent on", "trip.go", "if r.Method != http.MethodGet {\n\t\t\treturn fail(", "if r.Method == \"\" {\n\t\t\treturn fail(", "^TestSent$"},
	{"a line break in a header is sent", "trip.go", `return c < ' ' && c != '\t' || c == 0x7f`, `return c == 0x7f`, "^TestSent$"},
	{"one redirect more is followed", "trip.go", "if hop == maxHops {", "if hop == maxHops+1 {", "^TestRedirects$"},
	{"https leads on to http", "trip.go", `if u.Scheme == "https" && next`, `if u.Scheme == "?" && next`, "^TestRedirects$"},
	{"any certificate will do", "trip.go", "MinVersion: tls.VersionTLS12}", "InsecureSkipVerify: true}", "^TestNoConnection$"},
	{"a host that is down is asked", "hosts.go", "if at.probing || h.now().Before(at.downTo) {", "if at.probing {", "TestFaults/500"},
	{"everybody asks whether a host is back", "hosts.go", "if at.probing || h.now()", "if h.now()", "^TestProbe$"},
	{"who gives up ends the probe as if it had worked", "fetch.go", "case ctx.Err() != nil: // who asked has gone\n\t\tleave(unknown)", "case ctx.Err() != nil:\n\t\tleave(works)", "^TestProbe$"},
	{"a ninth request is at a host", "hosts.go", "make(chan struct{}, h.perHost)", "make(chan struct{}, h.perHost+1)", "^TestPlacesAndCache$"},
	{"what is kept is never over", "cache.go", "if !c.now().Before(k.until) {", "if false && !c.now().Before(k.until) {", "^TestPlacesAndCache$"},
	{"a refusal is kept", "fetch.go", `if keep && a.Fault == "" && a.Status >= 200 && a.Status < 300 {`, `if keep && a.Fault == "" {`, "^TestPlacesAndCache$"},
	{"localhost is any machine", "guard.go", "return a.IsLoopback()", "return true", "^TestAddresses$"},
	{"where clouds keep their secrets is the own network", "guard.go", "return public(a) || a.IsPrivate()", "return public(a) || a.IsLinkLocalUnicast() || a.IsPrivate()", "^TestAddresses$"},
	{"a plugin opens an address of the own network", "rule.go", "if r.own() && !a.own() {", "if false && !a.own() {", "^TestNarrow$"},
	{"a user in a URL passes", "rule.go", "case u.User != nil:", "case false:", "^TestRules$"},
}

// TestMutations: each of these mistakes is found by the tests that are named for it.
func TestMutations(t *testing.T) { mutation.Try(t, mutations) }
