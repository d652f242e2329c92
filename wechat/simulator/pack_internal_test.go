package simulator

import "testing"

// FuzzPack checks that a short form is shorter and means the same.
func FuzzPack(f *testing.F) {
	for _, item := range []string{
		`{"kind":"customer","at":"2026-11-08T02:00:00.000Z","msgtype":"text","content":"a \"b\"\n"}`,
		`{"kind":"passive","at":"2026-11-08T02:00:00.123Z","msgtype":"text","content":""}`,
		`{"kind":"mass","at":"2026-11-08T02:00:00.123Z","msgtype":"text","content":"x","msgid":1}`,
		`{"kind":"fault","at":"2026-11-08T02:00:00.000Z","msgtype":"text","content":"x","why":"y"}`,
		`{"kind":"template","at":"2026-11-08T02:00:00.000Z","template_id":"T"}`,
		`{"kind":"customer","at":"then","msgtype":"text","content":"x"}`,
		`{"kind":"customer","at":"2026-11-08T10:00:00.000+08:00","msgtype":"text","content":"x"}`,
		"", "{}", "\x00",
	} {
		f.Add(item)
	}
	f.Fuzz(func(t *testing.T, item string) {
		if len(item) == 0 || item[0] != '{' {
			return // items are objects
		}
		short := pack(item)
		if got := unpack(short); got != item || len(short) > len(item) {
			t.Errorf("%q became %q and %q", item, short, got)
		}
	})
}
