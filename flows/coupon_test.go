package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

const day = 24 * time.Hour

func TestCouponStory(t *testing.T) {
	w := newWorld(t)
	w.coupon()
	expect(t, "welcome", w.subscribe("one", ""), "欢迎!回复 1 领券,2 找门店。")
	expect(t, "code", w.text("one", "1"), "您的券码:SPRING-0001,7 天内到店可用。")
	expect(t, "state", w.state("one", "coupon"), "coupon")

	w.subscribe("two", "store-1") // stops midway
	expect(t, "else", w.text("two", "什么"), "请回复 1 或 2。")

	w.subscribe("three", "")
	expect(t, "where", w.text("three", "2"), "请发送您的位置。")
	expect(t, "code", w.place("three", 31.19, 121.43), "您的券码:SPRING-0002,7 天内到店可用。")
	f := w.fan("three")
	expect(t, "shop", string(f.Enrolled("coupon").Vars["shop"]), `"徐家汇店"`)
	expect(t, "tag", f.Has("新粉丝"), true)

	w.advance(day + time.Minute)
	expect(t, "two after a day", w.state("two", "coupon"), "nudge")
	w.advance(2 * day)
	expect(t, "two after three days", w.state("two", "coupon"), "")

	if _, err := w.engine.Hook(t.Context(), account, flows.Hook{Event: "order.paid", OpenID: "one", Key: "order-7"}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	expect(t, "one is through", w.state("one", "coupon"), "")
	w.advance(3*day + 12*time.Hour)
	if got, want := strings.Join(w.said(), ", "), "还没领券?回复 1 就好。, template COUPON_EXPIRING, template COUPON_EXPIRING"; got != want {
		t.Errorf("sends: %s, want %s", got, want)
	}
	last := w.sent[len(w.sent)-1]
	expect(t, "due", last.Due.In(w.clock().Location()).Format("01-02 15:04"), "11-08 10:00")
	expect(t, "expires", last.Expires.Sub(last.Due), 12*time.Hour)
	expect(t, "purpose", last.Purpose, "service")

	w.checkFunnel("coupon", "greet 3 2 1", "coupon 2 1 0", "redeemed 1 1 0")
	w.advance(7 * day)
	w.checkFunnel("coupon", "greet 3 2 1", "coupon 2 1 1", "redeemed 1 1 0")
	infos, err := w.engine.Flows(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	got := infos[0]
	expect(t, "flow", fmt.Sprintln(got.Name, got.Version, got.Live, got.Entered, got.Goals), "coupon 1 0 3 1\n")
}

func (w *world) checkFunnel(flow string, want ...string) {
	w.t.Helper()
	f, err := w.engine.Funnel(w.t.Context(), account, flow, "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, s := range f.Steps {
		got = append(got, fmt.Sprint(s.State, " ", s.Entered, " ", s.Completed, " ", s.Dropped))
	}
	expect(w.t, "funnel", strings.Join(got, ", "), strings.Join(want, ", "))
}

func TestAgain(t *testing.T) {
	w := newWorld(t)
	w.coupon()
	w.subscribe("fan", "")
	w.text("fan", "1")
	w.advance(8 * day)
	expect(t, "left", w.state("fan", "coupon"), "")
	expect(t, "too early", w.text("fan", "领券"), "")
	w.advance(30 * day)
	expect(t, "again", w.text("fan", "Coupon"), "欢迎!回复 1 领券,2 找门店。")
	f := w.fan("fan")
	expect(t, "number", f.Enrolled("coupon").No, 2)
}

// TestLastCodes lets 64 fans ask at once for the last ten codes.
func TestLastCodes(t *testing.T) {
	w := newWorld(t)
	w.coupon()
	const fans = 64
	for i := range fans {
		w.subscribe(fmt.Sprint("fan-", i), "")
	}
	replies := make(chan string)
	for i := range fans {
		p := w.push(fmt.Sprint("fan-", i), "text", "", "", textBody("1"))
		go func() {
			r, err := w.engine.Receive(t.Context(), account, p)
			if err != nil {
				t.Error(err)
			}
			replies <- r.Content
		}()
	}
	codes, soldOut := map[string]bool{}, 0
	for range fans {
		r := <-replies
		switch {
		case strings.HasPrefix(r, "您的券码:"):
			codes[r] = true
		case r == "券已领完,下次早点来哦。":
			soldOut++
		default:
			t.Errorf("reply %q", r)
		}
	}
	expect(t, "codes", len(codes), 10)
	expect(t, "sold out", soldOut, 54)
	for i := range fans {
		expect(t, "failures", len(w.rows(fmt.Sprint("fan-", i), store.Failed)), 0)
	}
	kv, err := w.store.KV(t.Context(), account, "stock:spring")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "pool", fmt.Sprint(string(kv.Value), kv.Free), "10[]")
}
