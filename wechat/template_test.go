package wechat_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
)

func TestTemplateData(t *testing.T) {
	for key, values := range map[string]struct{ good, bad []string }{
		"thing1":            {[]string{"春季新人券", strings.Repeat("好", 20), "a b-c!"}, []string{"", "  ", strings.Repeat("好", 21), "two\nlines"}},
		"number12":          {[]string{"1", "-3.50", strings.Repeat("9", 32)}, []string{"", "12a", "一", strings.Repeat("9", 33)}},
		"letter1":           {[]string{"aZ"}, []string{"a1", "好", strings.Repeat("a", 33)}},
		"symbol1":           {[]string{"#¥%"}, []string{"a", "好", "1", "######"}},
		"character_string2": {[]string{"NO-123_a/#", strings.Repeat("a", 32)}, []string{"订单1", strings.Repeat("a", 33)}},
		"time2":             {[]string{"22:00", "2026-11-08 22:00", "2019年10月1日 15:01~2019年10月2日 15:01"}, []string{"tonight", "", "2019年10月1日"}},
		"date3":             {[]string{"2019年10月1日", "2019-12-25 09:42", "2026/1/2"}, []string{"22:00", "明天"}},
		"amount1":           {[]string{"¥100.00", "100元", "$1,000.5", "￥123456789012"}, []string{"free", "¥1234567890123", "一百元"}},
		"phone_number1":     {[]string{"+86-0766-66888866", "10086"}, []string{"+86-0766-668888660", "call me"}},
		"car_number1":       {[]string{"粤A8Z888挂"}, []string{"粤A8Z888挂挂"}},
		"name1":             {[]string{"张三", strings.Repeat("张", 10), "John Ronald Reuel T."}, []string{strings.Repeat("张", 11), "张 Johnathan", "John Ronald Reuel Tol"}},
		"phrase1":           {[]string{"配送中", "审核通过"}, []string{"OK", "已经审核通过", "通过!"}},
		"const1":            {[]string{"", "金卡"}, []string{strings.Repeat("金", 21)}},
		"keyword1":          {[]string{"", strings.Repeat("好", 99)}, nil},
		"unknown":           {[]string{"\n"}, nil},
	} {
		for _, value := range values.good {
			if found := wechat.CheckTemplateData(map[string]string{key: value}); found != nil {
				t.Errorf("%s=%q: %v, want nothing", key, value, found)
			}
		}
		for _, value := range values.bad {
			if found := wechat.CheckTemplateData(map[string]string{key: value}); len(found) != 1 || found[0].Field != key || found[0].Reason == "" {
				t.Errorf("%s=%q: %v, want one error", key, value, found)
			}
		}
	}
}

func TestTemplateDataInOrder(t *testing.T) {
	found := wechat.CheckTemplateData(map[string]string{"thing2": "", "phrase1": "x", "thing1": "ok", "letter3": "好"})
	var text []string
	for _, e := range found {
		text = append(text, e.Error())
	}
	want := []string{"letter3 has something else than letters", "phrase1 has something else than Chinese characters", "thing2 is empty"}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
}
