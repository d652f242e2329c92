package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"fanflow/store"
)

var coupon = store.ScriptID{Account: "shop", Kind: store.KindFlow, Name: "coupon"}

func (b *bench) push(id store.ScriptID, source string) store.Script {
	b.Helper()
	return value(b.Push(ctx, store.Script{ScriptID: id, File: id.Name + ".lua", Source: source, Pushed: at.Add(time.Microsecond), By: "root"}))(b, "push")
}

// testLibrary: versions are numbered from 1 and never change; what is published is one catalog with a revision.
func testLibrary(t *testing.T, c Config) {
	t.Run("versions", func(t *testing.T) {
		b := open(t, c)
		sum := sha256.Sum256([]byte("one"))
		one := store.Script{ScriptID: coupon, Version: 1, File: "coupon.lua", Source: "one", Digest: hex.EncodeToString(sum[:]), Pushed: at, By: "root"}
		same(t, "first", b.push(coupon, "one"), one)
		two := b.push(coupon, "two")
		same(t, "the same again", b.push(coupon, "two"), two)
		three := b.push(coupon, "one")
		if two.Version != 2 || three.Version != 3 {
			t.Fatalf("versions %d and %d", two.Version, three.Version)
		}
		for version, want := range map[int]store.Script{0: three, 1: one, 2: two, 3: three} {
			same(t, fmt.Sprint("version ", version), value(b.Script(ctx, coupon, version))(t, "script"), want)
		}
		for _, version := range []int{-1, 4} {
			if _, err := b.Script(ctx, coupon, version); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("version %d: %v", version, err)
			}
		}
		if _, err := b.Script(ctx, store.ScriptID{Account: "shop", Kind: store.KindFlow, Name: "coup"}, 0); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("never pushed: %v", err)
		}
		if _, err := b.Push(ctx, store.Script{Source: "x"}); err == nil {
			t.Fatal("a script without a name was taken")
		}
	})
	t.Run("lists", func(t *testing.T) {
		b := open(t, c)
		plugin := store.ScriptID{Kind: store.KindPlugin, Name: "stock"}
		for _, s := range []struct {
			id     store.ScriptID
			source string
		}{
			{coupon, "one"},
			{plugin, "p"},
			{store.ScriptID{Account: "shop", Kind: store.KindFlow, Name: "a"}, "x"},
			{coupon, "two"},
			{store.ScriptID{Account: "cafe", Kind: store.KindFlow, Name: "coupon"}, "x"},
		} {
			b.push(s.id, s.source)
		}
		names := func(account, kind string) []string {
			return ids(value(b.Scripts(ctx, account, kind))(t, "scripts"), func(s store.Script) string { return fmt.Sprint(s.Name, s.Version, s.Source) })
		}
		same(t, "flows", names("shop", store.KindFlow), []string{"a1", "coupon1", "coupon2"})
		same(t, "plugins", names("", store.KindPlugin), []string{"stock1"})
		same(t, "broadcasts", names("shop", store.KindBroadcast), []string(nil))
	})
	t.Run("pushed together", func(t *testing.T) {
		b := open(t, c)
		versions := make([]int, 16)
		var wg sync.WaitGroup
		for i := range versions {
			wg.Go(func() {
				s, err := b.Push(ctx, store.Script{ScriptID: coupon, Source: fmt.Sprint(i), Pushed: at})
				if err != nil {
					t.Error(err)
				}
				versions[i] = s.Version
			})
		}
		wg.Wait()
		for i, v := range versions {
			if got := value(b.Script(ctx, coupon, v))(t, "script"); got.Source != fmt.Sprint(i) {
				t.Errorf("version %d is %q; it was given for %d", v, got.Source, i)
			}
		}
	})
}

// testSettings: values under names.
func testSettings(t *testing.T, c Config) {
	b := open(t, c)
	set := func(name string, v []byte) {
		t.Helper()
		if err := b.SetSetting(ctx, name, v); err != nil {
			t.Fatalf("set %s: %v", name, err)
		}
	}
	if _, err := b.Setting(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("never set: %v", err)
	}
	set("session/a", []byte{0, 255})
	set("session/b", []byte("b"))
	set("sessions", []byte("s"))
	set("user/a", []byte("u"))
	set("session/a", []byte{1})
	set("session/b", nil)
	set("never", nil)
	set("session/c", []byte{})
	same(t, "value", value(b.Setting(ctx, "session/a"))(t, "setting"), []byte{1})
	same(t, "an empty value", value(b.Setting(ctx, "session/c"))(t, "setting"), []byte{})
	same(t, "prefix", value(b.Settings(ctx, "session/"))(t, "settings"), map[string][]byte{"session/a": {1}, "session/c": {}})
	if _, err := b.Setting(ctx, "session/b"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("removed: %v", err)
	}
	if n := len(value(b.Settings(ctx, ""))(t, "settings")); n != 4 {
		t.Fatalf("%d settings in all", n)
	}
	if err := b.SetSetting(ctx, "", []byte("x")); err == nil {
		t.Fatal("a setting without a name was taken")
	}
	if c.Reopen != nil {
		b.Store = c.Reopen(t, b.Store)
		same(t, "prefix after a restart", value(b.Settings(ctx, "session/"))(t, "settings"), map[string][]byte{"session/a": {1}, "session/c": {}})
	}
}
