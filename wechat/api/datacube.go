package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// beijing is the zone of the platform's days.
var beijing = time.FixedZone("CST", 8*60*60)

// Day is a calendar day of Beijing time.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the day at a moment.
func DayOf(t time.Time) Day {
	var d Day
	d.Year, d.Month, d.Day = t.In(beijing).Date()
	return d
}

// Start is the day's first moment.
func (d Day) Start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, beijing) }

// Add is the day so many days later.
func (d Day) Add(days int) Day { return DayOf(d.Start().AddDate(0, 0, days)) }

// String is YYYY-MM-DD.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// MarshalJSON writes it as String does, the zero Day as "".
func (d Day) MarshalJSON() ([]byte, error) {
	if d == (Day{}) {
		return []byte(`""`), nil
	}
	return json.Marshal(d.String())
}

// UnmarshalJSON reads YYYY-MM-DD; "" is the zero Day.
func (d *Day) UnmarshalJSON(doc []byte) error {
	var s string
	if err := json.Unmarshal(doc, &s); err != nil {
		return err
	}
	if s == "" {
		*d = Day{}
		return nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, beijing)
	if err != nil {
		return fmt.Errorf("read the day %q: %w", s, err)
	}
	*d = DayOf(t)
	return nil
}

// DataCube are the statistics of an account, for verified accounts only. Each call gives the days from the first to the last,
// both included, the last being yesterday at most; the figures of yesterday are there from 8 o'clock on (61503 before, of class
// Retry). How many days a call may ask for is checked here, by the newest pages (61501): where they are silent, as of the calls that
// are not maintained any more, by the older ones. Data begins on 2014-12-01. For ArticleRead, ArticleShare, ArticleTotalDetail and
// BizSummary, which came in November 2025, no first day is known.
// Source: developers.weixin.qq.com/doc/service/api/wedata
type DataCube struct{ c *Client }

// String names the account, as that of the Client does.
func (d DataCube) String() string { return "data cube of " + d.c.appID }

// GoString does so, too.
func (d DataCube) GoString() string { return d.String() }

// DataCube gives the account's statistics.
func (c *Client) DataCube() DataCube { return DataCube{c} }

// cube asks for the rows of one statistic.
func cube[Row any](ctx context.Context, c *Client, name string, most int, first, last Day) ([]Row, bool, error) {
	path := "/datacube/" + name
	if first == (Day{}) || last == (Day{}) {
		return nil, false, refuse(path, "no day")
	}
	first, last = first.Add(0), last.Add(0) // the 31st of April is the 1st of May
	// In the fixed zone every day has 24 hours.
	days := int(last.Start().Sub(first.Start())/(24*time.Hour)) + 1
	switch yesterday := DayOf(c.token.now()).Add(-1); {
	case days < 1 || days > most:
		return nil, false, refuse(path, fmt.Sprintf("%s to %s are %d days, 1 to %d are allowed", first, last, days, most))
	case last.Start().After(yesterday.Start()):
		return nil, false, refuse(path, fmt.Sprintf("%s is not over; the last day to ask for is %s", last, yesterday))
	}
	in := struct {
		First Day `json:"begin_date"`
		Last  Day `json:"end_date"`
	}{first, last}
	var out struct {
		Rows    []Row `json:"list"`
		Delayed Flag  `json:"is_delay"`
	}
	err := c.post(ctx, path, in, &out)
	return out.Rows, bool(out.Delayed), err
}

// rows is cube without is_delay, which only the newer calls have.
func rows[Row any](ctx context.Context, c *Client, name string, most int, first, last Day) ([]Row, error) {
	list, _, err := cube[Row](ctx, c, name, most, first, last)
	return list, err
}

// UserSummary is how many came and went, by day and by the way they came; up to 7 days.
// Source: developers.weixin.qq.com/doc/service/api/wedata/user/api_getusersummary
func (d DataCube) UserSummary(ctx context.Context, first, last Day) ([]UserSummary, error) {
	return rows[UserSummary](ctx, d.c, "getusersummary", 7, first, last)
}

// UserCumulate is how many followed at the end of each day; up to 7 days.
// Source: developers.weixin.qq.com/doc/service/api/wedata/user/api_getusercumulate
func (d DataCube) UserCumulate(ctx context.Context, first, last Day) ([]UserCumulate, error) {
	return rows[UserCumulate](ctx, d.c, "getusercumulate", 7, first, last)
}

// ArticleRead is who read each article on one day; delayed: newer figures will come. Since November 2025.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleread
func (d DataCube) ArticleRead(ctx context.Context, day Day) (list []ArticleRead, delayed bool, err error) {
	return cube[ArticleRead](ctx, d.c, "getarticleread", 1, day, day)
}

// ArticleShare is who shared each article on one day; see ArticleRead.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleshare
func (d DataCube) ArticleShare(ctx context.Context, day Day) (list []ArticleShare, delayed bool, err error) {
	return cube[ArticleShare](ctx, d.c, "getarticleshare", 1, day, day)
}

// ArticleTotalDetail is what became of each article that was published on one day, summed up by day for 30 days after; see
// ArticleRead. Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticletotaldetail
func (d DataCube) ArticleTotalDetail(ctx context.Context, day Day) (list []ArticleTotalDetail, delayed bool, err error) {
	return cube[ArticleTotalDetail](ctx, d.c, "getarticletotaldetail", 1, day, day)
}

// BizSummary is what became of all articles together by day; up to 30 days; see ArticleRead.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getbizsummary
func (d DataCube) BizSummary(ctx context.Context, first, last Day) (list []BizSummary, delayed bool, err error) {
	return cube[BizSummary](ctx, d.c, "getbizsummary", 30, first, last)
}

// ArticleSummary is how each mass-sent article was read on one day; articles with less than 3 interactions are left out. Not
// maintained any more: use ArticleRead.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticlesummary
func (d DataCube) ArticleSummary(ctx context.Context, day Day) ([]ArticleSummary, error) {
	return rows[ArticleSummary](ctx, d.c, "getarticlesummary", 1, day, day)
}

// ArticleTotal is what became of the articles that were mass-sent on one day, by the end of each of 7 days. Not maintained any
// more: use ArticleTotalDetail. Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticletotal
func (d DataCube) ArticleTotal(ctx context.Context, day Day) ([]ArticleTotal, error) {
	return rows[ArticleTotal](ctx, d.c, "getarticletotal", 1, day, day)
}

// UserRead is how articles were read by day; up to 3 days. Not maintained any more: use ArticleRead.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getuserread
func (d DataCube) UserRead(ctx context.Context, first, last Day) ([]UserRead, error) {
	return rows[UserRead](ctx, d.c, "getuserread", 3, first, last)
}

// UserReadHour is how articles were read by the hour of one day. Not maintained any more: use ArticleRead.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getuserreadhour
func (d DataCube) UserReadHour(ctx context.Context, day Day) ([]UserRead, error) {
	return rows[UserRead](ctx, d.c, "getuserreadhour", 1, day, day)
}

// UserShare is how articles were shared by day; up to 7 days. Not maintained any more: use ArticleShare.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getusershare
func (d DataCube) UserShare(ctx context.Context, first, last Day) ([]UserShare, error) {
	return rows[UserShare](ctx, d.c, "getusershare", 7, first, last)
}

// UserShareHour is how articles were shared by the hour of one day. Not maintained any more: use ArticleShare.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getusersharehour
func (d DataCube) UserShareHour(ctx context.Context, day Day) ([]UserShare, error) {
	return rows[UserShare](ctx, d.c, "getusersharehour", 1, day, day)
}

// UpstreamMsg is what fans sent by day; up to 7 days.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsg
func (d DataCube) UpstreamMsg(ctx context.Context, first, last Day) ([]UpstreamMsg, error) {
	return rows[UpstreamMsg](ctx, d.c, "getupstreammsg", 7, first, last)
}

// UpstreamMsgHour is what fans sent by the hour of one day.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsghour
func (d DataCube) UpstreamMsgHour(ctx context.Context, day Day) ([]UpstreamMsg, error) {
	return rows[UpstreamMsg](ctx, d.c, "getupstreammsghour", 1, day, day)
}

// UpstreamMsgWeek is what fans sent in the week that begins on the day, a Monday; it is there when the week is over. Older pages let
// several weeks be asked for at once.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgweek
func (d DataCube) UpstreamMsgWeek(ctx context.Context, day Day) ([]UpstreamMsg, error) {
	return rows[UpstreamMsg](ctx, d.c, "getupstreammsgweek", 1, day, day)
}

// UpstreamMsgMonth is what fans sent in the month that begins on the day; it is there when the month is over. See UpstreamMsgWeek.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgmonth
func (d DataCube) UpstreamMsgMonth(ctx context.Context, day Day) ([]UpstreamMsg, error) {
	return rows[UpstreamMsg](ctx, d.c, "getupstreammsgmonth", 1, day, day)
}

// UpstreamMsgDist is how many fans sent how much, by day; up to 15 days.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgdist
func (d DataCube) UpstreamMsgDist(ctx context.Context, first, last Day) ([]UpstreamMsgDist, error) {
	return rows[UpstreamMsgDist](ctx, d.c, "getupstreammsgdist", 15, first, last)
}

// UpstreamMsgDistWeek is how many fans sent how much, by week, each under its Monday; up to 15 days (older
// pages: 30).
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgdistweek
func (d DataCube) UpstreamMsgDistWeek(ctx context.Context, first, last Day) ([]UpstreamMsgDist, error) {
	return rows[UpstreamMsgDist](ctx, d.c, "getupstreammsgdistweek", 15, first, last)
}

// UpstreamMsgDistMonth is how many fans sent how much, by month, each under its first day; up to 15 days
// (older pages: 30).
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgdistmonth
func (d DataCube) UpstreamMsgDistMonth(ctx context.Context, first, last Day) ([]UpstreamMsgDist, error) {
	return rows[UpstreamMsgDist](ctx, d.c, "getupstreammsgdistmonth", 15, first, last)
}

// InterfaceSummary is how the account's server answered pushes, by day; up to 30 days.
// Source: developers.weixin.qq.com/doc/service/api/wedata/api/api_getinterfacesummary
func (d DataCube) InterfaceSummary(ctx context.Context, first, last Day) ([]InterfaceSummary, error) {
	return rows[InterfaceSummary](ctx, d.c, "getinterfacesummary", 30, first, last)
}

// InterfaceSummaryHour is how the account's server answered pushes, by the hour of one day.
// Source: developers.weixin.qq.com/doc/service/api/wedata/api/api_getinterfacesummaryhour
func (d DataCube) InterfaceSummaryHour(ctx context.Context, day Day) ([]InterfaceSummary, error) {
	return rows[InterfaceSummary](ctx, d.c, "getinterfacesummaryhour", 1, day, day)
}
