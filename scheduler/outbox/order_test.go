package outbox_test

import (
	"testing"

	"fanflow/store"
)

const customSend = "/cgi-bin/message/custom/send"

// TestMessagesKeepTheirOrder: while a message of the fan's waits to be tried again, the later ones wait behind it, also where
// a worker has them in hand already. Other fans' go on.
func TestMessagesKeepTheirOrder(t *testing.T) {
	g := newRig(t)
	for _, fan := range []string{"fan1", "fan2"} {
		g.follow(fan)
		g.writes(fan)
	}
	for _, s := range []string{"s1", "s2", "s3"} {
		g.order("fan1", s, store.Customer, hello(s))
	}
	g.order("fan1", "t1", store.Template, coupon("t"))
	g.order("fan2", "u1", store.Customer, hello("u1"))
	inHand := g.job("s2")
	g.fault(map[string]any{"path": customSend, "errcode": -1})
	if err := g.outbox.Send(t.Context(), g.job("s1")); err != nil {
		t.Fatal(err)
	}
	if err := g.outbox.Send(t.Context(), inHand); err != nil {
		t.Fatal(err)
	}
	g.expectInbox("fan1")
	g.settle()
	g.expectInbox("fan1", "template t")
	g.expectInbox("fan2", "customer u1")
	g.advance("1m")
	g.expectInbox("fan1", "template t", "customer s1", "customer s2", "customer s3")
}
