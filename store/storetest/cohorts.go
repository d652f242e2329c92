package storetest

import (
	"fmt"
	"testing"

	"fanflow/store"
)

// cohortsBy: what is counted of a flow is also counted by what was known at entry, and by each tag.
func cohortsBy(t *testing.T, b *bench) {
	facts := []*store.Facts{
		{Scene: "door", Tags: []string{"new", "vip"}, Variants: map[string]string{"price": "a"}},
		{Scene: "door", Tags: []string{"vip"}, Variants: map[string]string{"price": "a"}},
		{Variants: map[string]string{"price": "b"}},
		nil,
	}
	for i, f := range facts {
		fan := store.FanID{Account: "shop", OpenID: fmt.Sprint("fan", i)}
		e := enrolled("coupon", 1)
		e.Facts = f
		e.Day = fmt.Sprint("2026-11-0", 6+i/2)
		b.commit(b.change(fan, store.Entry{Kind: store.Heard}, e, entered("coupon", 1, "greet", 1, 1)))
		if i == 0 {
			b.commit(b.change(fan, store.Entry{Kind: store.Goal, Flow: "coupon", No: 1, Name: "bought"}, left("coupon", 1, "greet", true)))
		}
	}
	line := func(n store.CohortCount) string {
		return fmt.Sprint(n.Day, " ", n.Cohort, n.Tag, " ", n.State, n.Goal, " ", n.Entered, n.Completed, n.Dropped)
	}
	read := func(q store.CohortQuery, size int) []string { return ids(b.cohorts("shop", "coupon", q, size), line) }
	cohorts := []string{
		`2026-11-06 [1,"text","door",{"price":"a"}]  2 1 0`,
		`2026-11-06 [1,"text","door",{"price":"a"}] bought 1 0 0`,
		`2026-11-06 [1,"text","door",{"price":"a"}] greet 2 1 0`,
		`2026-11-07 [1,"text","",{"price":"b"}]  1 0 0`,
		`2026-11-07 [1,"text","",{"price":"b"}] greet 1 0 0`,
		`2026-11-07 [1,"text","",{}]  1 0 0`,
		`2026-11-07 [1,"text","",{}] greet 1 0 0`,
	}
	tags := []string{
		`2026-11-06 new  1 1 0`, `2026-11-06 new bought 1 0 0`, `2026-11-06 new greet 1 1 0`,
		`2026-11-06 vip  2 1 0`, `2026-11-06 vip bought 1 0 0`, `2026-11-06 vip greet 2 1 0`,
	}
	for size := 1; size < 6; size++ {
		same(t, "cohorts", read(store.CohortQuery{}, size), cohorts)
		same(t, "tags", read(store.CohortQuery{Tags: true}, size), tags)
		same(t, "from a day", read(store.CohortQuery{From: "2026-11-07"}, size), cohorts[3:])
		same(t, "to a day", read(store.CohortQuery{To: "2026-11-06"}, size), cohorts[:3])
		same(t, "a day without any", read(store.CohortQuery{From: "2026-11-08", To: "2026-11-09"}, size), []string(nil))
		same(t, "tags of a day without any", read(store.CohortQuery{From: "2026-11-07", Tags: true}, size), []string(nil))
	}
	same(t, "another flow", b.cohorts("shop", "coup", store.CohortQuery{}, 9), []store.CohortCount(nil))
	same(t, "another account", b.cohorts("cafe", "coupon", store.CohortQuery{}, 9), []store.CohortCount(nil))
}
