package fetch_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"fanflow/plugins/fetch"
)

func rule(t testing.TB, text string) fetch.Rule {
	t.Helper()
	r, err := fetch.ParseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Which URLs a rule allows: each line is a rule, then URLs that it allows, then, after |, those that it does not.
func TestRules(t *testing.T) {
	table := []struct{ rule, allows, refuses string }{
		{
			"crm.example.com", "https://crm.example.com https://crm.example.com/ https://CRM.Example.com/a?b#c https://crm.example.com:443/x",
			"http://crm.example.com https://crm.example.com:8443 https://example.com https://evilcrm.example.com https://crm.example.com.evil.cn https://crm.example.com@evil.cn https://evil.cn/crm.example.com https://crm.example.com. ftp://crm.example.com",
		},
		{
			"*.example.cn:8443", "https://a.example.cn:8443 https://a.b.example.cn:8443/x",
			"https://example.cn:8443 https://evilexample.cn:8443 https://a.example.cn https://a.example.cn:8444 http://a.example.cn:8443 https://.example.cn:8443",
		},
		{"http://10.0.0.8:8080", "http://10.0.0.8:8080/x", "https://10.0.0.8:8080 http://10.0.0.8 http://10.0.0.80:8080 http://010.0.0.8:8080 http://167772168:8080 http://[::ffff:10.0.0.8]:8080"},
		{"http://crm.example.com", "http://crm.example.com http://crm.example.com:80/a", "https://crm.example.com http://crm.example.com:8080"},
		{"private:crm.lan", "https://crm.lan/", "http://crm.lan https://x.crm.lan https://crm.lan.cn"},
		{"localhost", "https://localhost", "http://localhost https://127.0.0.1 https://localhost.cn"},
		{"[2001:4860::8]:8443", "https://[2001:4860::8]:8443/", "https://[2001:4860::9]:8443 https://[2001:4860::8] https://[2001:4860::8%25eth0]:8443"},
		{"*", "https://a.cn https://1.2.3.4 https://xn--fiq228c.cn", "http://a.cn https://a.cn:8443 https://127.1 https://0x7f.1 https://2130706433 https://a..cn https:///x https: //a.cn javascript:x file:///etc/passwd https://a%00.cn https://a_b.cn:0 https://a.cn:99999 https://中文.cn https://u:p@a.cn https://a.cn\\@b.cn"},
	}
	n := 0
	for _, row := range table {
		r := rule(t, row.rule)
		for text := range strings.FieldsSeq(row.allows) {
			n++
			u, err := fetch.ParseURL(text)
			if err != nil || !r.Allows(u) {
				t.Errorf("%s does not allow %s: %v", row.rule, text, err)
			}
		}
		for text := range strings.FieldsSeq(row.refuses) {
			n++
			if u, err := fetch.ParseURL(text); err == nil && r.Allows(u) {
				t.Errorf("%s allows %s", row.rule, text)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d URLs", n)
	}
}

// What is no rule is refused with a sentence that says how to write one; what is one is written back as it was read.
func TestParseRule(t *testing.T) {
	for _, bad := range []string{
		"", "https://", "a.cn/", "a.cn/x", "a.cn?x", "u@a.cn", "a.cn:0", "a.cn:x", "a.cn:080", "*.", "a.*.cn", "*a.cn", "a b.cn", "中文.cn", "127.1", "0x7f.1", "2130706433",
		"0.0.0.0", "224.0.0.1", "[::1", "[a.cn]", "fe80::1%eth0", "private:*", "*.10.0.0.1", "ftp://a.cn", "a..cn", ".a.cn", strings.Repeat("a", 400),
	} {
		if r, err := fetch.ParseRule(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, r)
		} else if !strings.Contains(err.Error(), "write it as") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"a.cn", "*.a.cn", "*", "http://a.cn:8080", "https://a.cn", "private:a.lan", "private:http://a.lan", "10.0.0.8", "[::1]:8080", "localhost"} {
		if got := rule(t, good).String(); got != good {
			t.Errorf("%s is written as %s", good, got)
		}
	}
}

// A plugin reaches what both its permissions and the account allow.
func TestNarrow(t *testing.T) {
	for _, row := range []struct{ account, plugin, want string }{
		{"*", "a.cn", "a.cn"},
		{"a.cn", "*", "a.cn"},
		{"*.a.cn", "x.a.cn", "x.a.cn"},
		{"x.a.cn", "*.a.cn", "x.a.cn"},
		{"*.a.cn", "*.b.a.cn", "*.b.a.cn"},
		{"a.cn", "b.cn", ""},
		{"*.a.cn", "a.cn", ""},
		{"a.cn", "http://a.cn", ""},
		{"http://a.cn", "a.cn", "http://a.cn"},
		{"a.cn", "https://a.cn", "https://a.cn"},
		{"a.cn:8443", "a.cn", "a.cn:8443"},
		{"a.cn", "a.cn:8443", ""},
		{"a.cn", "a.cn:443", "a.cn"},
		{"a.cn", "private:a.cn", "a.cn"},
		{"private:a.cn", "a.cn", "private:a.cn"},
		{"*", "127.0.0.1", ""},
		{"*", "localhost", ""},
		{"localhost", "localhost", "localhost"},
	} {
		got := ""
		for _, r := range fetch.Narrow([]fetch.Rule{rule(t, row.account)}, []fetch.Rule{rule(t, row.plugin)}) {
			got += r.String()
		}
		if got != row.want {
			t.Errorf("%s and %s: %q, want %q", row.account, row.plugin, got, row.want)
		}
	}
}

// The guard's words on addresses. Mapped ones are what they map.
func TestAddresses(t *testing.T) {
	for _, a := range []string{
		"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "168.63.129.16", "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.168.1.1", "192.88.99.1",
		"198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
		"64:ff9b:1::1", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00::1", "fe80::1", "ff02::1", "::127.0.0.1", "::7f00:1", "::ffff:0:a00:1", "fec0::1",
		"::ffff:100.64.0.1", "::ffff:168.63.129.16", "::ffff:198.18.0.1",
	} {
		if fetch.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s passes for public", a)
		}
	}
	for _, a := range []string{"1.1.1.1", "93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:4700::1", "240e::1", "::ffff:1.1.1.1"} {
		if !fetch.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s does not pass for public", a)
		}
	}
	for _, row := range []struct {
		host, addr string
		want       bool
	}{
		{"crm.lan", "10.0.0.8", true},
		{"crm.lan", "100.64.0.9", true},
		{"crm.lan", "fd00::1", true},
		{"crm.lan", "1.1.1.1", true},
		{"crm.lan", "127.0.0.1", false},
		{"crm.lan", "169.254.169.254", false},
		{"crm.lan", "::1", false},
		{"crm.lan", "0.0.0.0", false},
		{"localhost", "127.0.0.1", true},
		{"localhost", "::1", true},
		{"localhost", "10.0.0.8", false},
		{"localhost", "1.1.1.1", false},
		{"10.0.0.8", "10.0.0.8", true},
		{"10.0.0.8", "10.0.0.9", false},
		{"127.0.0.1", "::ffff:127.0.0.1", true},
	} {
		if got := fetch.Owned(row.host, netip.MustParseAddr(row.addr)); got != row.want {
			t.Errorf("%s at %s: %v", row.host, row.addr, got)
		}
	}
}

// FuzzURL: no URL that is allowed makes a connection to an address that is not public, whatever its name means.
func FuzzURL(f *testing.F) {
	for i, seed := range []string{
		"https://a.cn", "https://127.0.0.1", "https://127.1", "https://[::1]", "https://[::ffff:127.0.0.1]/", "https://2130706433", "https://a.cn\\@127.0.0.1", "https://u@127.0.0.1",
		"https://169.254.169.254/latest", "https://0x7f000001", "https://[64:ff9b::7f00:1]", "https://a.cn#@127.0.0.1", "https://localhost",
	} {
		f.Add(seed, uint32(0x7f000001)+uint32(i))
	}
	f.Fuzz(func(t *testing.T, text string, addr uint32) {
		at := netip.AddrFrom4([4]byte{byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr)})
		c := fetch.New(fetch.Config{Resolver: resolver(t, func() string { return at.String() })})
		c.OnDial(func(a netip.AddrPort) error {
			if !fetch.Public(a.Addr()) {
				t.Errorf("%q dials %s", text, a)
			}
			return fmt.Errorf("the network is not for tests")
		})
		a := c.Do(t.Context(), fetch.Request{Method: "GET", URL: text}, []fetch.Rule{rule(t, "*")}, limit)
		if a.Fault == "" {
			t.Errorf("%q is answered %d", text, a.Status)
		}
	})
}
