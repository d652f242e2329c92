package api_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fanflow/wechat/api"
)

// statistic is one call of the data cube: how it is asked for, for how many days at most, and what it tells of a busy day.
type statistic struct {
	name string
	most int // days
	ask  func(ctx context.Context, d api.DataCube, first, last api.Day) (any, error)
	want func(w *world, day api.Day) any
	from func(day api.Day) (first, last api.Day) // what is asked for; nil: the day alone
}

// statTable is the data cube.
func statTable() []served {
	var all []served
	for _, s := range slices.Concat(fanStatistics(), articleStatistics(), olderStatistics(), messageStatistics(), callbackStatistics()) {
		all = append(all, s.served())
	}
	return all
}

// busy is a day, the 10th of November of 2026, on which much happens, and ends at noon of the 12th. An article that was published is
// read twice by a fan and once by somebody, one that was mass-sent three times by another, on the next day once more.
func busy(w *world) {
	w.Helper()
	w.do("oA", `{"subscribe":{"scene":"store-1"}}`)
	w.follow("oB", "oC")
	w.do("oC", `{"unsubscribe":{}}`)
	for range 6 {
		w.do("oA", `{"text":"hi"}`)
	}
	w.do("oB", `{"text":"hi"}`)
	w.do("oB", `{"image":"M1"}`)
	id := w.published("一")
	w.massSent("二")
	for articleID, readers := range map[string][]string{id: {"oA", "oA", ""}, w.sentArticle(): {"oB", "oB", "oB"}} {
		for _, reader := range readers {
			w.read(articleID, reader)
		}
	}
	w.advance("1h") // 11 o'clock
	w.do("oB", `{"text":"hi"}`)
	w.advance("24h")
	w.read(w.sentArticle(), "oA")
	w.advance("25h")
}

// sentArticle is the article id of the mass send.
func (w *world) sentArticle() string {
	w.Helper()
	for id, a := range w.books("article") {
		if a["publish_id"] == nil {
			return id
		}
	}
	w.Fatal("nothing was mass-sent")
	return ""
}

// msgID is what the data cube calls the first article of what was published, or else mass-sent.
func (w *world) msgID(published bool) string {
	w.Helper()
	for _, a := range w.books("article") {
		if (a["publish_id"] != nil) == published {
			return fmt.Sprint(a["msg_data_id"], "_1")
		}
	}
	return ""
}

// read opens an article, by a fan or, for "", by somebody.
func (w *world) read(articleID, fan string) {
	w.Helper()
	if status, _ := w.request("GET", "/s/"+articleID+"?idx=1&openid="+fan, ""); status != 200 {
		w.Fatalf("the article's page: %d", status)
	}
}

func (s statistic) served() served {
	path := "/datacube/" + s.name
	theDay := day(2026, 11, 10)
	asking := func(first, last api.Day) func(*world) error {
		return func(w *world) error { _, err := s.ask(w.Context(), w.c.DataCube(), first, last); return err }
	}
	span := func(first, last api.Day) string {
		return fmt.Sprintf(`{"begin_date":"%s","end_date":"%s"}`, first, last)
	}
	yesterday := theDay.Add(-1) // the clock begins at 10 o'clock of the day
	first, last := theDay, theDay
	if s.from != nil {
		first, last = s.from(theDay)
	}
	rows := []row{
		{name: "a busy day", arrange: func(w *world) {
			busy(w)
			if last != theDay {
				w.advance("30d")
			}
		}, call: func(w *world) error {
			got, err := s.ask(w.Context(), w.c.DataCube(), first, last)
			w.same("rows", s.want(w, theDay), got)
			return err
		}},
		{name: "all the days that may be asked for", call: post(path, span(yesterday.Add(1-s.most), yesterday))},
		{name: "a day more", code: 61501, call: post(path, span(yesterday.Add(-s.most), yesterday))},
		{name: "backwards", code: 61501, call: post(path, span(yesterday, yesterday.Add(-1)))},
		{name: "another form of dates", code: 61500, call: post(path, `{"begin_date":"2026/11/09","end_date":"20261109"}`)},
		{name: "no day", code: 61500, call: post(path, `{}`)},
		{name: "before 8 o'clock", code: 61503, arrange: func(w *world) { w.advance("21h") }, call: asking(theDay, theDay), check: func(w *world) {
			w.advance("1h")
			w.must(asking(theDay, theDay)(w))
		}},
	}
	rows = append(rows, twice("today", 61501, nil, asking(theDay, theDay), post(path, span(theDay, theDay)))...)
	rows = append(rows, faults(path, asking(yesterday, yesterday), 61450, 61451)...)
	if s.most > 1 {
		rows = append(rows, row{name: "a day more: not sent", code: byClient, call: asking(yesterday.Add(-s.most), yesterday)})
	}
	return served{path: path, method: "POST", who: verified, codes: []int{61500, 61501, 61503}, rows: rows}
}

func fanStatistics() []statistic {
	return []statistic{
		{"getusersummary", 7, severalDays(api.DataCube.UserSummary), func(_ *world, d api.Day) any {
			return []api.UserSummary{
				{RefDate: d, Source: api.SourceOther, CancelUser: 1}, {RefDate: d, Source: api.SourceSearch, NewUser: 2}, {RefDate: d, Source: api.SourceQR, NewUser: 1},
			}
		}, nil},
		{"getusercumulate", 7, severalDays(api.DataCube.UserCumulate), func(_ *world, d api.Day) any { return []api.UserCumulate{{RefDate: d, Users: 2}} }, nil},
	}
}

// allWays are readers by all ways together.
func allWays(n int64) []api.ReadSource { return []api.ReadSource{{Users: n, Scene: "全部"}} }

func articleStatistics() []statistic {
	return []statistic{
		{"getarticleread", 1, newDay(api.DataCube.ArticleRead), func(w *world, d api.Day) any {
			var list []api.ArticleRead
			for id, n := range map[string]int64{w.msgID(true): 2, w.msgID(false): 1} {
				read := api.ArticleRead{RefDate: d, MsgID: id}
				read.Detail.ReadUser, read.Detail.Sources = n, allWays(n)
				list = append(list, read)
			}
			slices.SortFunc(list, func(a, b api.ArticleRead) int { return strings.Compare(a.MsgID, b.MsgID) })
			return delayed[api.ArticleRead]{Rows: list}
		}, nil},
		{"getarticleshare", 1, newDay(api.DataCube.ArticleShare), func(*world, api.Day) any { return delayed[api.ArticleShare]{Rows: []api.ArticleShare{}} }, nil},
		{"getarticletotaldetail", 1, newDay(api.DataCube.ArticleTotalDetail), func(w *world, d api.Day) any {
			detail := func(on api.Day, n int64) api.ArticleDetail {
				return api.ArticleDetail{StatDate: on, Engagement: api.Engagement{ReadUser: n, Sources: allWays(n)}}
			}
			url := func(id string) string { return w.server.URL + "/s/" + id + "?idx=1" }
			sent := w.sentArticle()
			published := ""
			for id := range w.books("article") {
				if id != sent {
					published = id
				}
			}
			return delayed[api.ArticleTotalDetail]{Rows: []api.ArticleTotalDetail{
				{RefDate: d, MsgID: w.msgID(false), Title: "二", ContentURL: url(sent), Details: []api.ArticleDetail{detail(d, 1), detail(d.Add(1), 2)}},
				{RefDate: d, MsgID: w.msgID(true), PublishType: 1, Title: "一", ContentURL: url(published), Details: []api.ArticleDetail{detail(d, 2), detail(d.Add(1), 2)}},
			}}
		}, nil},
		{"getbizsummary", 30, func(ctx context.Context, d api.DataCube, first, last api.Day) (any, error) {
			rows, delay, err := d.BizSummary(ctx, first, last)
			return delayed[api.BizSummary]{rows, delay}, err
		}, func(_ *world, d api.Day) any {
			one := api.BizSummary{RefDate: d}
			one.Detail.Engagement = api.Engagement{ReadUser: 3, Sources: allWays(3)}
			return delayed[api.BizSummary]{Rows: []api.BizSummary{one}}
		}, nil},
	}
}

func olderStatistics() []statistic {
	const all = 99999999
	return []statistic{
		{"getarticlesummary", 1, oneDay(api.DataCube.ArticleSummary), func(w *world, d api.Day) any {
			return []api.ArticleSummary{{RefDate: d, MsgID: w.msgID(false), Title: "二", ReadCounts: api.ReadCounts{IntPageReadUser: 1, IntPageReadCount: 3}}}
		}, nil},
		{"getarticletotal", 1, oneDay(api.DataCube.ArticleTotal), func(w *world, d api.Day) any {
			return []api.ArticleTotal{{RefDate: d, MsgID: w.msgID(false), Title: "二", Details: []api.ArticleTotalCounts{
				{StatDate: d, TargetUser: 2, ReadCounts: api.ReadCounts{IntPageReadUser: 1, IntPageReadCount: 3}},
				{StatDate: d.Add(1), TargetUser: 2, ReadCounts: api.ReadCounts{IntPageReadUser: 2, IntPageReadCount: 4}},
			}}}
		}, nil},
		{"getuserread", 3, severalDays(api.DataCube.UserRead), func(_ *world, d api.Day) any {
			return []api.UserRead{{RefDate: d, Source: all, ReadCounts: api.ReadCounts{IntPageReadUser: 3, IntPageReadCount: 6}}}
		}, nil},
		{"getuserreadhour", 1, oneDay(api.DataCube.UserReadHour), func(_ *world, d api.Day) any {
			return []api.UserRead{{RefDate: d, RefHour: 1000, Source: all, ReadCounts: api.ReadCounts{IntPageReadUser: 3, IntPageReadCount: 6}}}
		}, nil},
		{"getusershare", 7, severalDays(api.DataCube.UserShare), func(*world, api.Day) any { return []api.UserShare{} }, nil},
		{"getusersharehour", 1, oneDay(api.DataCube.UserShareHour), func(*world, api.Day) any { return []api.UserShare{} }, nil},
	}
}

func messageStatistics() []statistic {
	const text, image = 1, 2
	monday := func(api.Day) (first, last api.Day) { return day(2026, 11, 9), day(2026, 11, 9) }
	fromMonday := func(api.Day) (first, last api.Day) { return day(2026, 11, 4), day(2026, 11, 18) }
	month := func(api.Day) (first, last api.Day) { return day(2026, 11, 1), day(2026, 11, 1) }
	fromMonth := func(api.Day) (first, last api.Day) { return day(2026, 11, 1), day(2026, 11, 15) }
	sums := func(d api.Day) []api.UpstreamMsg {
		return []api.UpstreamMsg{{RefDate: d, MsgType: text, MsgUser: 2, MsgCount: 8}, {RefDate: d, MsgType: image, MsgUser: 1, MsgCount: 1}}
	}
	spread := func(d api.Day) []api.UpstreamMsgDist {
		return []api.UpstreamMsgDist{{RefDate: d, CountInterval: 1, MsgUser: 1}, {RefDate: d, CountInterval: 2, MsgUser: 1}}
	}
	return []statistic{
		{"getupstreammsg", 7, severalDays(api.DataCube.UpstreamMsg), func(_ *world, d api.Day) any { return sums(d) }, nil},
		{"getupstreammsghour", 1, oneDay(api.DataCube.UpstreamMsgHour), func(_ *world, d api.Day) any {
			return []api.UpstreamMsg{
				{RefDate: d, RefHour: 1000, MsgType: text, MsgUser: 2, MsgCount: 7},
				{RefDate: d, RefHour: 1000, MsgType: image, MsgUser: 1, MsgCount: 1},
				{RefDate: d, RefHour: 1100, MsgType: text, MsgUser: 1, MsgCount: 1},
			}
		}, nil},
		{"getupstreammsgweek", 1, oneDay(api.DataCube.UpstreamMsgWeek), func(*world, api.Day) any { return sums(day(2026, 11, 9)) }, monday},
		{"getupstreammsgmonth", 1, oneDay(api.DataCube.UpstreamMsgMonth), func(*world, api.Day) any { return sums(day(2026, 11, 1)) }, month},
		{"getupstreammsgdist", 15, severalDays(api.DataCube.UpstreamMsgDist), func(_ *world, d api.Day) any { return spread(d) }, nil},
		{"getupstreammsgdistweek", 15, severalDays(api.DataCube.UpstreamMsgDistWeek), func(*world, api.Day) any { return spread(day(2026, 11, 9)) }, fromMonday},
		{"getupstreammsgdistmonth", 15, severalDays(api.DataCube.UpstreamMsgDistMonth), func(*world, api.Day) any { return spread(day(2026, 11, 1)) }, fromMonth},
	}
}

func callbackStatistics() []statistic {
	// timeless takes out what the wall clock says.
	timeless := func(ask func(context.Context, api.DataCube, api.Day, api.Day) (any, error)) func(context.Context, api.DataCube, api.Day, api.Day) (any, error) {
		return func(ctx context.Context, d api.DataCube, first, last api.Day) (any, error) {
			rows, err := ask(ctx, d, first, last)
			list, _ := rows.([]api.InterfaceSummary)
			for i := range list {
				list[i].TotalTimeCost, list[i].MaxTimeCost = 0, 0
			}
			return list, err
		}
	}
	// 4 follows and leaves, 8 messages, the ends of a publishing and of a mass send; a message at 11 o'clock.
	return []statistic{
		{"getinterfacesummary", 30, timeless(severalDays(api.DataCube.InterfaceSummary)), func(_ *world, d api.Day) any {
			return []api.InterfaceSummary{{RefDate: d, CallbackCount: 15}}
		}, nil},
		{"getinterfacesummaryhour", 1, timeless(oneDay(api.DataCube.InterfaceSummaryHour)), func(_ *world, d api.Day) any {
			return []api.InterfaceSummary{{RefDate: d, RefHour: 1000, CallbackCount: 14}, {RefDate: d, RefHour: 1100, CallbackCount: 1}}
		}, nil},
	}
}
