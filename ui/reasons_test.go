package ui

import (
	"regexp"
	"testing"
)

// TestReasonsInWords: "Every step is in the journal with its reason", and the reason is told in the reader's language.
func TestReasonsInWords(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	for why, want := range map[string]struct{ zh, en string }{
		"text 1":                                         {"文字 1", "text 1"},
		"after 1d":                                       {"等待 1d", "after 1d"},
		"every mon 10:00":                                {"每逢 mon 10:00", "every mon 10:00"},
		"enter greet":                                    {"进入时 greet", "on entering greet"},
		"enrolled by flow coupon":                        {"入口：流程 coupon", "by flow coupon"},
		"enrolled by text 领券":                            {"入口：文字 领券", "by text 领券"},
		"exit: webhook order.paid":                       {"退出规则：外部事件 order.paid", "exit rule: webhook order.paid"},
		"exit: optout":                                   {"退出规则：退订", "exit rule: opt-out"},
		"result done of flow survey":                     {"流程 survey 的结果 done", "result done of flow survey"},
		"the account's own word 退订":                      {"账号关键词“退订”", "the account's own word “退订”"},
		"coupon took it":                                 {"已由 coupon 接手", "coupon took it"},
		"it waits for flow survey":                       {"正在等待流程 survey 的结果", "it waits for flow survey"},
		"limit: all 20 places are taken":                 {"20 个名额已满", "all 20 places are taken"},
		"limit: all 20 places of the day are taken":      {"当天 20 个名额已满", "all 20 places of the day are taken"},
		"window: opens at 2026-12-24 00:00":              {"活动 2026-12-24 00:00 才开始", "it opens 2026-12-24 00:00"},
		"again: the fan was in it once, and that is all": {"每位粉丝只能进入一次", "each fan enters once only"},
		"again: too soon: it was left 2026-11-02 21:30, and may be entered again from 2026-12-02 21:30": {
			"粉丝于 2026-11-02 21:30 离开，2026-12-02 21:30 起才可再次进入", "the fan left it 2026-11-02 21:30 and may enter again from 2026-12-02 21:30",
		},
		`version 2 was published; it was 1; "old" became "new"`: {"版本 2 已发布，原为版本 1；old 改为 new", "version 2 was published; it was on 1; old became new"},
		"it is 5h30m0s late, and late is skip":                  {"已晚 5 小时 30 分，按设置跳过", "it is 5 h 30 min late and is skipped then"},
		"it was over as 1d":                                     {"已作为 1d 处理过，不再执行", "it was over already, as 1d"},
		"replaced: text 1":                                      {"被新的替换：文字 1", "replaced by a newer one: text 1"},
		"the reply missed all three deliveries; no customer-service message may be sent now, so it waits for the fan's next message": {
			"回复错过了微信的三次投递；现在不能发客服消息，等粉丝下次发消息时送出",
			"the reply missed all three deliveries; no customer-service message may be sent now, so it waits for the fan's next message",
		},
		"no flow is offered it: 安静":               {"不再交给任何流程：安静", "no flow is offered it: 安静"},
		"plugin crm changed it":                   {"插件 crm 改过内容", "the plugin crm changed it"},
		"crm's before_send failed: crm.lua:3: no": {"插件 crm 的 before_send 出错：crm.lua:3: no", "before_send of the plugin crm failed: crm.lua:3: no"},
		"what a plugin says":                      {"what a plugin says", "what a plugin says"},
	} {
		if got := all["zh-CN"].why(why); got != want.zh {
			t.Errorf("zh-CN: %q is told as %q, want %q", why, got, want.zh)
		}
		if got := all["en"].why(why); got != want.en {
			t.Errorf("en: %q is told as %q, want %q", why, got, want.en)
		}
	}
}

// TestNoEnglishReasons: of what the catalogue knows, nothing but names stays English in Chinese.
func TestNoEnglishReasons(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	zh := all["zh-CN"]
	for key, text := range zh.text {
		if len(key) > len(whyKeys) && key[:len(whyKeys)] == whyKeys && regexp.MustCompile(`[a-z]{3,} [a-z]{2,}`).MatchString(text) {
			t.Errorf("%s: %q", key, text)
		}
	}
}
