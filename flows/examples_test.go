package flows_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// example publishes a script of the folder that users copy from.
func (w *world) example(name string) {
	w.t.Helper()
	w.publish(store.KindFlow, filepath.Base(name), read(w.t, filepath.Join("..", "examples", name)))
}

// tell is a webhook with data.
func (w *world) tell(openID, event, data string) {
	w.t.Helper()
	h := flows.Hook{Event: event, OpenID: openID, Data: json.RawMessage(data), Key: fmt.Sprint(event, w.ids.Add(1))}
	if _, err := w.engine.Hook(w.t.Context(), account, h); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// lastSaid is the last that was said to the fan by customer service or as a campaign.
func (w *world) lastSaid() string {
	said := w.said()
	if len(said) == 0 {
		return ""
	}
	return said[len(said)-1]
}

func TestExampleSurvey(t *testing.T) {
	w := newWorld(t)
	w.example("survey/survey.lua")
	w.example("survey/aftersales.lua")
	expect(t, "alone", w.text("alone", "满意度"), "请为我们的服务打分,回复 1 到 5。")
	expect(t, "no number", w.text("alone", "很好"), "请回复 1 到 5 的数字,5 为非常满意。")
	expect(t, "five", w.text("alone", "５"), "谢谢您的好评!")

	for _, c := range []struct{ fan, score, reason, state, tag string }{
		{"happy", "4分", "", "", "已签收"},
		{"angry", "2", "太慢了", "callback", "待回访"},
	} {
		w.text(c.fan, "你好")
		w.tell(c.fan, "order.signed", `{"no": "A7"}`)
		w.advance(2*time.Hour + time.Minute)
		expect(t, "question", w.lastSaid(), "请为订单 A7 打分,回复 1 到 5。")
		expect(t, "waits", w.state(c.fan, "aftersales"), "ask")
		w.text(c.fan, c.score)
		if c.reason != "" {
			w.text(c.fan, c.reason)
		}
		expect(t, c.fan, w.state(c.fan, "aftersales"), c.state)
		f := w.fan(c.fan)
		expect(t, "tag", f.Has(c.tag), true)
		expect(t, "score", string(f.Attrs["score"]), fmt.Sprintf("%q", c.score[:1]))
	}
	w.tag("angry", "", "待回访")
	w.settle()
	expect(t, "called back", w.state("angry", "aftersales"), "")

	w.tell("happy", "order.signed", `{"no": "A8"}`)
	w.advance(2*time.Hour + time.Minute)
	expect(t, "in the survey", w.state("happy", "survey"), "score")
	w.tell("happy", "order.refunded", `{}`)
	expect(t, "refunded", w.state("happy", "aftersales")+w.state("happy", "survey"), "")
	expect(t, "failed", len(w.rows("happy", store.Failed))+len(w.rows("angry", store.Failed)), 0)
}

// birthday is the day that a member of the birthday club waits for.
func (w *world) birthday(openID string) string {
	w.t.Helper()
	f := w.fan(openID)
	return strings.Trim(string(f.Enrolled("birthday").Vars["birthday"]), `"`)
}

func TestExampleBirthday(t *testing.T) {
	w := newWorld(t) // on 2026-11-02
	w.example("birthday/birthday.lua")
	w.text("fan", "生日会")
	expect(t, "no such day", w.text("fan", "2月30日"), "没有这一天哦,请再试一次,例如 08-15。")
	expect(t, "kept", w.text("fan", "１２月１０日"), "记住啦!生日那天上午十点,礼物准时送到。")
	expect(t, "vars", w.birthday("fan"), "2026-12-10 10:00")
	w.set(time.Date(2026, 12, 1, 10, 0, 1, 0, w.clock().Location()))
	w.settle()
	expect(t, "members' day", w.lastSaid(), "今天是会员日,全场九折,仅限今天。")
	w.set(time.Date(2026, 12, 10, 10, 0, 1, 0, w.clock().Location()))
	w.settle()
	expect(t, "present", w.lastSaid(), "生日快乐!您的生日礼券:BIRTHDAY-1,30 天内到店可用。")
	w.tell("fan", "birthday.used", `{}`)
	expect(t, "next year", w.birthday("fan"), "2027-12-10 10:00")
	expect(t, "leaves", w.text("fan", "退出生日会"), "您已退出生日会,随时欢迎回来。")
	expect(t, "comes back", w.text("fan", "生日会"), "欢迎回来!您登记的生日是 12-10。")
	expect(t, "state", w.state("fan", "birthday"), "member")
	w.tag("fan", "", "生日会员")
	expect(t, "no member any more", w.state("fan", "birthday"), "")
	expect(t, "failed", len(w.rows("fan", store.Failed)), 0)
}

func TestExampleNewcomer(t *testing.T) {
	w := newWorld(t)
	w.example("newcomer/newcomer.lua")
	offers := map[string]int{}
	var shopper string
	for i := range 40 {
		fan := fmt.Sprint("fan", i)
		said := w.scan(fan, "xinke-1")
		offers[said]++
		switch {
		case said == "":
			expect(t, "watched", w.state(fan, "newcomer"), "watched")
		case strings.Contains(said, "满 99 减 20"):
			shopper = fan
		}
	}
	if len(offers) != 3 {
		t.Errorf("offers: %v, want two and none", offers)
	}
	if said := w.text(shopper, "领取"); !strings.HasPrefix(said, "您的券码:MANJIAN-1,") {
		t.Errorf("code: %q", said)
	}
	w.hook(shopper, "order.paid")
	expect(t, "through", w.ends(shopper), "newcomer exit: webhook order.paid")
	w.advance(2 * day)
	for _, s := range w.said() {
		expect(t, "reminder", s, "新客优惠还为您留着,回复「领取」就好。")
	}
	f, err := w.engine.Funnel(t.Context(), account, "newcomer", "", "")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "bought", f.Steps[2].Entered, int64(1))
}

func TestExampleLessons(t *testing.T) {
	w := newWorld(t) // on 2026-11-02, 21:30
	w.example("lessons/lessons.lua")
	w.text("new", "咖啡课")
	w.text("buyer", "手冲课")
	w.text("regular", "咖啡课")
	w.tag("regular", "老客", "")
	w.settle()
	w.advance(2 * day)
	w.hook("buyer", "order.paid")
	w.advance(6 * day)
	lessons := map[string]int{}
	for _, s := range w.sent {
		lessons[s.OpenID]++
	}
	expect(t, "sends", fmt.Sprint(lessons), "map[buyer:2 new:5 regular:4]")
	expect(t, "last", w.lastSaid(), "第四课:写下今天的味道。四课学完,您已经毕业啦!")
	f, err := w.engine.Funnel(t.Context(), account, "lessons", "", "")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "graduates", f.Steps[4].Entered, int64(2))
	for _, fan := range []string{"new", "buyer", "regular"} {
		expect(t, fan+" failed", len(w.rows(fan, store.Failed)), 0)
	}
}
