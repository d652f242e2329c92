package callback_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
	"fanflow/wechat/callback"
)

// fill gives every field below v a text of its own.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), fmt.Sprint(name, i))
		}
	default:
		t.Fatalf("%s is a %v: kept.go must learn to keep it", name, v.Kind())
	}
}

func TestKeptRepliesAreWhole(t *testing.T) {
	var full wechat.Reply
	fill(t, reflect.ValueOf(&full).Elem(), "reply")
	for name, want := range map[string]wechat.Reply{
		"zero": {}, "full": full, "text": wechat.TextReply("好 \x00\xff"), "empty text": wechat.TextReply(""), "long": wechat.TextReply(strings.Repeat("x", 100_000)),
	} {
		t.Run(name, func(t *testing.T) {
			var k callback.Kept
			k.Put("before", full, now)
			k.Put("a", want, now)
			k.Put("after", full, now)
			got, ok := k.Get("a", now)
			if diff := cmp.Diff(want, got); diff != "" || !ok {
				t.Errorf("%v (-want +got)\n%s", ok, diff)
			}
		})
	}
}

func TestKeptForAWhile(t *testing.T) {
	var k callback.Kept
	at := now
	put := func(key string) { k.Put(key, wechat.TextReply(key), at) }
	check := func(key string, want bool) {
		t.Helper()
		if r, ok := k.Get(key, at); ok != want || ok && r.Content != key {
			t.Errorf("after %v: %s is %q, %v", at.Sub(now), key, r.Content, ok)
		}
	}
	check("a", false)
	put("a")
	at = at.Add(callback.KeepFor - time.Second)
	put("b")
	check("a", true)
	at = at.Add(2 * time.Second)
	check("a", false)
	put("c") // a generation begins
	check("b", true)
	put("a")
	check("a", true)
	at = at.Add(callback.KeepFor + time.Second)
	put("d")
	check("b", false)
	check("c", false)
	check("d", true)
}

func TestKeptIsBounded(t *testing.T) {
	var k callback.Kept
	key := func(i int) string { return fmt.Sprintf("%033d", i) }
	for i := range 2*callback.KeepMost + 1 {
		k.Put(key(i), wechat.Reply{}, now)
	}
	if n, _ := k.Size(); n < callback.KeepMost || n > 2*callback.KeepMost {
		t.Errorf("%d replies are kept", n)
	}
	for _, i := range []int{callback.KeepMost + 1, 2 * callback.KeepMost} {
		if _, ok := k.Get(key(i), now); !ok {
			t.Errorf("reply %d of the newest is not kept", i)
		}
	}
	if _, ok := k.Get(key(0), now); ok {
		t.Error("the first reply is still kept")
	}

	long := wechat.TextReply(strings.Repeat("x", 1<<20))
	for i := range 3 * callback.KeepBytes >> 20 {
		k.Put(key(i), long, now)
	}
	if _, n := k.Size(); n < callback.KeepBytes || n > 4*callback.KeepBytes {
		t.Errorf("replies are kept in %d bytes", n)
	}
	for i := range 3 { // a generation of one reply each: what the burst needed is given back
		k.Put(key(i), wechat.TextReply("x"), now.Add(time.Duration(i+1)*(callback.KeepFor+time.Second)))
	}
	if n, bytes := k.Size(); n != 2 || bytes > 1000 {
		t.Errorf("%d replies are kept in %d bytes", n, bytes)
	}
}

func TestKeysFitTheirMark(t *testing.T) {
	for _, doc := range []string{textPush(1, "hi"), "<xml><a>b</a></xml>", "<xml><MsgType>event</MsgType><Event>CLICK</Event><FromUserName>o</FromUserName></xml>"} {
		p, err := wechat.Parse([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Key()) != callback.MarkSize {
			t.Errorf("the key %q is no mark", p.Key())
		}
	}
}

// Runs, their channels and their timers are used again; no delivery may see those of another push.
func TestRunsDoNotMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
			switch id := p.Body.(*wechat.Text).Content; {
			case strings.HasSuffix(id, "3"):
				time.Sleep(7 * time.Second)
			case strings.HasSuffix(id, "7"):
				return wechat.Reply{}, fmt.Errorf("no answer to %s", id)
			default:
				time.Sleep(time.Duration(len(id)) * time.Millisecond)
			}
			return echo(p)
		})
		w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
		var wg sync.WaitGroup
		for id := range 60 {
			at := 3
			if id%10 == 3 {
				at = 2 // the third delivery would be told "success"
			}
			for range at {
				wg.Go(func() {
					for round := range 5 {
						content := fmt.Sprintf("%d.%d", round, id)
						want := "echo " + content
						if id%10 == 7 {
							want = "500"
						}
						got := w.push(1000*round+id, content)
						if got == "nothing" && id%10 == 3 {
							got = w.push(1000*round+id, content)
						}
						if got != want {
							t.Errorf("push %s: %q, want %q", content, got, want)
						}
					}
				})
			}
		}
		wg.Wait()
		end()
		received := map[string]int{}
		for _, call := range r.log() {
			received[call]++
		}
		for id := range 60 {
			for round := range 5 {
				n, written := received[fmt.Sprintf("receive %d", 1000*round+id)], received[fmt.Sprintf("written %d", 1000*round+id)]
				if n != written || n < 1 || n > 1 && id%10 != 7 {
					t.Errorf("push %d.%d was received %d times, written %d times", round, id, n, written)
				}
			}
		}
	})
}

func TestWorkersEndWhenTheyAreNotNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, end := play(t, callback.Config{Receiver: newReceiver(slow(time.Second))})
		var wg sync.WaitGroup
		for id := range 5 {
			wg.Go(func() { w.push(id, "hi") })
		}
		wg.Wait()
		synctest.Wait()
		if n := w.h.Resting(); n != 5 {
			t.Errorf("%d workers rest", n)
		}
		for id := range 21 { // one is enough from now on
			w.push(100+id, "hi")
		}
		synctest.Wait()
		if n := w.h.Resting(); n != 1 {
			t.Errorf("%d workers rest while one is needed", n)
		}
		w.at(time.Minute)
		if n := w.h.Resting(); n != 0 {
			t.Errorf("%d workers rest", n)
		}
		if got := w.push(1000, "hi"); got != "echo hi" {
			t.Errorf("answer = %q", got)
		}
		end()
		if n := w.h.Resting(); n != 0 {
			t.Errorf("%d workers rest after the end", n)
		}
	})
}
