package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"fanflow/wechat/api"
)

func day(y, m, d int) api.Day { return api.Day{Year: y, Month: time.Month(m), Day: d} }

func TestDays(t *testing.T) {
	for moment, want := range map[string]string{"2023-11-14T15:59:59Z": "2023-11-14", "2023-11-14T16:00:00Z": "2023-11-15", "2024-01-01T00:00:00+14:00": "2023-12-31"} {
		at, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		if got := api.DayOf(at).String(); got != want {
			t.Errorf("%s is on %s, want %s", moment, got, want)
		}
	}
	if got := day(2024, 2, 28).Add(2); got != day(2024, 3, 1) {
		t.Errorf("%v", got)
	}
	if got := day(2024, 3, 1).Start().UTC().Format(time.RFC3339); got != "2024-02-29T16:00:00Z" {
		t.Errorf("%s", got)
	}
	for doc, want := range map[string]api.Day{`"2014-12-07"`: day(2014, 12, 7), `""`: {}} {
		var got api.Day
		if err := json.Unmarshal([]byte(doc), &got); err != nil || got != want {
			t.Errorf("%s: %v, %v", doc, got, err)
		}
	}
	var got api.Day
	for _, doc := range []string{`"2014-12-32"`, `20141207`} {
		if err := json.Unmarshal([]byte(doc), &got); err == nil {
			t.Errorf("%s is a day", doc)
		}
	}
}

// cubeCall asks for a statistic of first to last; those of one day for first.
type cubeCall struct {
	name string
	most int // days
	call func(ctx context.Context, d api.DataCube, first, last api.Day) (any, error)
}

func severalDays[Row any](f func(api.DataCube, context.Context, api.Day, api.Day) ([]Row, error)) func(context.Context, api.DataCube, api.Day, api.Day) (any, error) {
	return func(ctx context.Context, d api.DataCube, first, last api.Day) (any, error) {
		return f(d, ctx, first, last)
	}
}

func oneDay[Row any](f func(api.DataCube, context.Context, api.Day) ([]Row, error)) func(context.Context, api.DataCube, api.Day, api.Day) (any, error) {
	return func(ctx context.Context, d api.DataCube, first, _ api.Day) (any, error) { return f(d, ctx, first) }
}

// delayed are rows with is_delay.
type delayed[Row any] struct {
	Rows  []Row
	Delay bool
}

func newDay[Row any](f func(api.DataCube, context.Context, api.Day) ([]Row, bool, error)) func(context.Context, api.DataCube, api.Day, api.Day) (any, error) {
	return func(ctx context.Context, d api.DataCube, first, _ api.Day) (any, error) {
		rows, delay, err := f(d, ctx, first)
		return delayed[Row]{rows, delay}, err
	}
}

func cubeCalls() []cubeCall {
	return []cubeCall{
		{"getusersummary", 7, severalDays(api.DataCube.UserSummary)},
		{"getusercumulate", 7, severalDays(api.DataCube.UserCumulate)},
		{"getarticleread", 1, newDay(api.DataCube.ArticleRead)},
		{"getarticleshare", 1, newDay(api.DataCube.ArticleShare)},
		{"getarticletotaldetail", 1, newDay(api.DataCube.ArticleTotalDetail)},
		{"getbizsummary", 30, func(ctx context.Context, d api.DataCube, first, last api.Day) (any, error) {
			rows, delay, err := d.BizSummary(ctx, first, last)
			return delayed[api.BizSummary]{rows, delay}, err
		}},
		{"getarticlesummary", 1, oneDay(api.DataCube.ArticleSummary)},
		{"getarticletotal", 1, oneDay(api.DataCube.ArticleTotal)},
		{"getuserread", 3, severalDays(api.DataCube.UserRead)},
		{"getuserreadhour", 1, oneDay(api.DataCube.UserReadHour)},
		{"getusershare", 7, severalDays(api.DataCube.UserShare)},
		{"getusersharehour", 1, oneDay(api.DataCube.UserShareHour)},
		{"getupstreammsg", 7, severalDays(api.DataCube.UpstreamMsg)},
		{"getupstreammsghour", 1, oneDay(api.DataCube.UpstreamMsgHour)},
		{"getupstreammsgweek", 1, oneDay(api.DataCube.UpstreamMsgWeek)},
		{"getupstreammsgmonth", 1, oneDay(api.DataCube.UpstreamMsgMonth)},
		{"getupstreammsgdist", 15, severalDays(api.DataCube.UpstreamMsgDist)},
		{"getupstreammsgdistweek", 15, severalDays(api.DataCube.UpstreamMsgDistWeek)},
		{"getupstreammsgdistmonth", 15, severalDays(api.DataCube.UpstreamMsgDistMonth)},
		{"getinterfacesummary", 30, severalDays(api.DataCube.InterfaceSummary)},
		{"getinterfacesummaryhour", 1, oneDay(api.DataCube.InterfaceSummaryHour)},
	}
}

// cubeAnswers are documented answers and the rows they stand for.
func cubeAnswers() map[string]struct {
	answer string
	got    any
} {
	d := day(2023, 11, 13)
	counts := api.ReadCounts{IntPageReadUser: 1, IntPageReadCount: 2, OriPageReadUser: 3, OriPageReadCount: 4, ShareUser: 5, ShareCount: 6, AddToFavUser: 7, AddToFavCount: 8}
	const countsJSON = `"int_page_read_user":1,"int_page_read_count":2,"ori_page_read_user":3,"ori_page_read_count":4,"share_user":5,"share_count":6,"add_to_fav_user":7,"add_to_fav_count":8`
	engagement := api.Engagement{ReadUser: 1, Sources: []api.ReadSource{{Users: 1, Scene: "全部"}}, ShareUser: 2, ZaikanUser: 3, LikeUser: 4, CommentCount: 5, CollectionUser: 6}
	const engagementJSON = `"read_user":1,"read_user_source":[{"user_count":1,"scene_desc":"全部"}],"share_user":2,"zaikan_user":3,"like_user":4,"comment_count":5,"collection_user":6`

	read := api.ArticleRead{RefDate: d, MsgID: "2247490098_1"}
	read.Detail.ReadUser, read.Detail.Sources = 1, engagement.Sources
	share := api.ArticleShare{RefDate: d, MsgID: "2247490098_1"}
	share.Detail.ShareUser = 2
	biz := api.BizSummary{RefDate: d}
	biz.Detail.Engagement, biz.Detail.RedirectOriPageUser, biz.Detail.SendPageCount = engagement, 7, 8
	return map[string]struct {
		answer string
		got    any
	}{
		"getusersummary": {
			`{"list":[{"ref_date":"2023-11-13","user_source":30,"new_user":5,"cancel_user":2}]}`,
			[]api.UserSummary{{RefDate: d, Source: api.SourceQR, NewUser: 5, CancelUser: 2}},
		},
		"getusercumulate": {`{"list":[{"ref_date":"2023-11-13","cumulate_user":1217056}]}`, []api.UserCumulate{{RefDate: d, Users: 1217056}}},
		"getarticleread": {
			`{"list":[{"ref_date":"2023-11-13","msgid":"2247490098_1","detail":{"read_user":1,"read_user_source":[{"user_count":1,"scene_desc":"全部"}]}}],"is_delay":true}`,
			delayed[api.ArticleRead]{[]api.ArticleRead{read}, true},
		},
		"getarticleshare": {
			`{"list":[{"ref_date":"2023-11-13","msgid":"2247490098_1","detail":{"share_user":2}}],"is_delay":false}`,
			delayed[api.ArticleShare]{[]api.ArticleShare{share}, false},
		},
		"getarticletotaldetail": {
			`{"list":[{"ref_date":"2023-11-13","msgid":"2247490098_1","publish_type":1,"title":"t","content_url":"http://mp","detail_list":[{"stat_date":"2023-11-14",` + engagementJSON +
				`,"praise_money":100,"read_subscribe_user":7,"read_delivery_rate":0.5,"read_finish_rate":0.25,"read_avg_activetime":1.5,"read_jump_position":[{"position":1,"rate":0.125}]}]}],"is_delay":false}`,
			delayed[api.ArticleTotalDetail]{Rows: []api.ArticleTotalDetail{{RefDate: d, MsgID: "2247490098_1", PublishType: 1, Title: "t", ContentURL: "http://mp", Details: []api.ArticleDetail{{
				StatDate: d.Add(1), Engagement: engagement, PraiseMoney: 100, ReadSubscribeUser: 7, DeliveryRate: 0.5, FinishRate: 0.25, AvgActiveTime: 1.5,
				JumpPositions: []api.JumpPosition{{Position: 1, Rate: 0.125}},
			}}}}},
		},
		"getbizsummary": {
			`{"list":[{"ref_date":"2023-11-13","detail":{` + engagementJSON + `,"redirect_ori_page_user":7,"send_page_count":8}}],"is_delay":false}`,
			delayed[api.BizSummary]{Rows: []api.BizSummary{biz}},
		},
		"getarticlesummary": {
			`{"list":[{"ref_date":"2023-11-13","msgid":"10000050_1","title":"t",` + countsJSON + `}]}`,
			[]api.ArticleSummary{{RefDate: d, MsgID: "10000050_1", Title: "t", ReadCounts: counts}},
		},
		"getarticletotal": {
			`{"list":[{"ref_date":"2023-11-13","msgid":"202457380_1","title":"t","details":[{"stat_date":"2023-11-13","target_user":9,` + countsJSON +
				`,"int_page_from_session_read_user":11,"int_page_from_session_read_count":12,"int_page_from_hist_msg_read_user":13,"int_page_from_hist_msg_read_count":14,` +
				`"int_page_from_feed_read_user":15,"int_page_from_feed_read_count":16,"int_page_from_friends_read_user":17,"int_page_from_friends_read_count":18,` +
				`"int_page_from_other_read_user":19,"int_page_from_other_read_count":20,"feed_share_from_session_user":21,"feed_share_from_session_cnt":22,` +
				`"feed_share_from_feed_user":23,"feed_share_from_feed_cnt":24,"feed_share_from_other_user":25,"feed_share_from_other_cnt":26}]}]}`,
			[]api.ArticleTotal{{RefDate: d, MsgID: "202457380_1", Title: "t", Details: []api.ArticleTotalCounts{{
				StatDate: d, TargetUser: 9, ReadCounts: counts, FromSessionReadUser: 11, FromSessionReadCount: 12, FromHistMsgReadUser: 13, FromHistMsgReadCount: 14,
				FromFeedReadUser: 15, FromFeedReadCount: 16, FromFriendsReadUser: 17, FromFriendsReadCount: 18, FromOtherReadUser: 19, FromOtherReadCount: 20,
				FeedShareSessionUser: 21, FeedShareSessionCount: 22, FeedShareFeedUser: 23, FeedShareFeedCount: 24, FeedShareOtherUser: 25, FeedShareOtherCount: 26,
			}}}},
		},
		"getuserread": {
			`{"list":[{"ref_date":"2023-11-13","user_source":99999999,` + countsJSON + `}]}`, []api.UserRead{{RefDate: d, Source: 99999999, ReadCounts: counts}},
		},
		"getuserreadhour": {
			`{"list":[{"ref_date":"2023-11-13","ref_hour":1500,"user_source":0,` + countsJSON + `}]}`, []api.UserRead{{RefDate: d, RefHour: 1500, ReadCounts: counts}},
		},
		"getusershare": {
			`{"list":[{"ref_date":"2023-11-13","share_scene":1,"share_count":207,"share_user":11}]}`, []api.UserShare{{RefDate: d, ShareScene: 1, ShareCount: 207, ShareUser: 11}},
		},
		"getusersharehour": {
			`{"list":[{"ref_date":"2023-11-13","ref_hour":2300,"share_scene":255,"share_count":72,"share_user":4}]}`,
			[]api.UserShare{{RefDate: d, RefHour: 2300, ShareScene: 255, ShareCount: 72, ShareUser: 4}},
		},
		"getupstreammsg": {
			`{"list":[{"ref_date":"2023-11-13","msg_type":1,"msg_user":282,"msg_count":817}]}`, []api.UpstreamMsg{{RefDate: d, MsgType: 1, MsgUser: 282, MsgCount: 817}},
		},
		"getupstreammsghour": {
			`{"list":[{"ref_date":"2023-11-13","ref_hour":0,"msg_type":1,"msg_user":9,"msg_count":10}]}`, []api.UpstreamMsg{{RefDate: d, MsgType: 1, MsgUser: 9, MsgCount: 10}},
		},
		"getupstreammsgweek": {
			`{"list":[{"ref_date":"2023-11-13","msg_type":1,"msg_user":16,"msg_count":27}]}`, []api.UpstreamMsg{{RefDate: d, MsgType: 1, MsgUser: 16, MsgCount: 27}},
		},
		"getupstreammsgmonth": {
			`{"list":[{"ref_date":"2023-11-13","msg_type":1,"msg_user":7989,"msg_count":42206}]}`, []api.UpstreamMsg{{RefDate: d, MsgType: 1, MsgUser: 7989, MsgCount: 42206}},
		},
		"getupstreammsgdist": {
			`{"list":[{"ref_date":"2023-11-13","count_interval":1,"msg_user":246}]}`, []api.UpstreamMsgDist{{RefDate: d, CountInterval: 1, MsgUser: 246}},
		},
		"getupstreammsgdistweek": {
			`{"list":[{"ref_date":"2023-11-13","count_interval":2,"msg_user":16}]}`, []api.UpstreamMsgDist{{RefDate: d, CountInterval: 2, MsgUser: 16}},
		},
		"getupstreammsgdistmonth": {
			`{"list":[{"ref_date":"2023-11-13","count_interval":3,"msg_user":7}]}`, []api.UpstreamMsgDist{{RefDate: d, CountInterval: 3, MsgUser: 7}},
		},
		"getinterfacesummary": {
			`{"list":[{"ref_date":"2023-11-13","callback_count":9974,"fail_count":73,"total_time_cost":42519,"max_time_cost":9204}]}`,
			[]api.InterfaceSummary{{RefDate: d, CallbackCount: 9974, FailCount: 73, TotalTimeCost: 42519, MaxTimeCost: 9204}},
		},
		"getinterfacesummaryhour": {
			`{"list":[{"ref_date":"2023-11-13","ref_hour":100,"callback_count":331,"fail_count":18,"total_time_cost":167870,"max_time_cost":5042}]}`,
			[]api.InterfaceSummary{{RefDate: d, RefHour: 100, CallbackCount: 331, FailCount: 18, TotalTimeCost: 167870, MaxTimeCost: 5042}},
		},
	}
}

// The account's clock is at 2023-11-15 06:13:20 in Beijing, so the 14th is over.
func TestDataCube(t *testing.T) {
	answers := cubeAnswers()
	last := day(2023, 11, 14)
	for _, tt := range cubeCalls() {
		first := last.Add(1 - tt.most)
		checkSamples(t, []sample{{
			name: tt.name, answer: answers[tt.name].answer, got: answers[tt.name].got,
			want: fmt.Sprintf(`POST /datacube/%s {"begin_date":"%s","end_date":"%s"}`, tt.name, first, last),
			call: func(ctx context.Context, c *api.Client) (any, error) { return tt.call(ctx, c.DataCube(), first, last) },
		}})
	}
	if len(answers) != len(cubeCalls()) {
		t.Errorf("%d answers for %d calls", len(answers), len(cubeCalls()))
	}
}

func TestDataCubeRefusedHere(t *testing.T) {
	last := day(2023, 11, 14)
	for _, tt := range cubeCalls() {
		t.Run(tt.name, func(t *testing.T) {
			spans := map[string][2]api.Day{"not over": {last.Add(1), last.Add(1)}, "no day": {}, "not over, by another name": {day(2023, 10, 46), day(2023, 10, 46)}}
			if tt.most > 1 { // the others take one day only
				spans["too long"] = [2]api.Day{last.Add(-tt.most), last}
				spans["backwards"] = [2]api.Day{last, last.Add(-1)}
			}
			for name, span := range spans {
				p := play(t, ok)
				_, err := tt.call(t.Context(), p.client().DataCube(), span[0], span[1])
				refused := new(api.Error)
				if !errors.As(err, &refused) || refused.Class != api.Payload || refused.API != "/datacube/"+tt.name {
					t.Errorf("%s: %v", name, err)
				}
				if _, calls := p.seen(); len(calls) > 0 {
					t.Errorf("%s: calls %q", name, calls)
				}
			}
		})
	}
}

func TestDataCubeIsNotReady(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, `{"errcode":61503,"errmsg":"date not ready"}`)
	})
	_, err := p.client().DataCube().UserSummary(t.Context(), day(2023, 11, 14), day(2023, 11, 14))
	refused := new(api.Error)
	if !errors.As(err, &refused) || refused.Code != 61503 || refused.Class != api.Retry {
		t.Errorf("error %v", err)
	}
	if !api.Retryable(err, false) {
		t.Error("it is not to be tried again")
	}
}
