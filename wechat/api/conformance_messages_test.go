package api_test

import "fanflow/wechat"

func messageTable() []served {
	return []served{
		{
			path: customPath, method: "POST", who: verified, daily: 500_000, testDaily: 50_000,
			codes: []int{40003},
			rows: []row{
				{
					name:    "text",
					arrange: func(w *world) { w.do("oA", `{"text":"hi"}`) },
					call:    func(w *world) error { return w.c.SendCustom(w.Context(), "oA", hello()) },
					check:   func(w *world) { w.same("inbox", "hi", w.last("oA").Content) },
				},
				{
					name: "not a fan", code: 40003,
					call: func(w *world) error { return w.c.SendCustom(w.Context(), "oNobody", wechat.Outgoing{Text: "hi"}) },
				},
			},
		},
	}
}
