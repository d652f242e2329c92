package simulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// statEndpoints is the data cube. Its figures are counted from what happens here.
func statEndpoints() map[string]endpoint {
	all := map[string]endpoint{}
	for name, q := range map[string]question{
		"getusersummary":  {days: 7, rows: userSummary},
		"getusercumulate": {days: 7, rows: userCumulate},
		"getarticleread":  {days: 1, rows: articleRead, delay: true},
		"getarticleshare": {days: 1, rows: articleShare, delay: true},
		"getbizsummary":   {days: 30, rows: bizSummary, delay: true},
		"getupstreammsg":  {days: 7, rows: upstream},

		"getarticletotaldetail":   {days: 1, rows: articleTotalDetail, delay: true},
		"getupstreammsghour":      {days: 1, rows: upstreamHour},
		"getupstreammsgweek":      {days: 1, rows: weekly(upstreamRows)},
		"getupstreammsgmonth":     {days: 1, rows: monthly(upstreamRows)},
		"getupstreammsgdist":      {days: 15, rows: upstreamDist},
		"getupstreammsgdistweek":  {days: 15, rows: weekly(distRows)},
		"getupstreammsgdistmonth": {days: 15, rows: monthly(distRows)},
		"getinterfacesummary":     {days: 30, rows: interfaceSummary},
		"getinterfacesummaryhour": {days: 1, rows: interfaceHour},

		// The platform does not maintain these any more, and their pages have lost their figures of days: those of older pages.
		"getarticlesummary": {days: 1, rows: articleSummary},
		"getarticletotal":   {days: 1, rows: articleTotal},
		"getuserread":       {days: 3, rows: userRead},
		"getuserreadhour":   {days: 1, rows: userReadHour},
		"getusershare":      {days: 7, rows: articleShare},
		"getusersharehour":  {days: 1, rows: articleShare},
	} {
		all["/datacube/"+name] = endpoint{method: http.MethodPost, right: rightStat, handle: q.answer}
	}
	return all
}

// question is one kind of figures: how many days may be asked for at once, and what is said of one of them.
// Source: developers.weixin.qq.com/doc/service/api/wedata/ (a page for each)
type question struct {
	days  int
	delay bool // the answer also says is_delay
	rows  func(a *account, d time.Time) []row
}

// row is one entry of an answer's list.
type row map[string]any

// figuresReady is how long after midnight of Shanghai the figures of the day before are there.
const figuresReady = 8 * time.Hour

// answer says what the days from begin_date to end_date, both within, had.
func (q question) answer(c *call) (any, error) {
	var req struct {
		Begin string `json:"begin_date"`
		End   string `json:"end_date"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	begin, err1 := time.ParseInLocation(day, req.Begin, shanghai)
	end, err2 := time.ParseInLocation(day, req.End, shanghai)
	if err1 != nil || err2 != nil {
		return nil, fail(61500)
	}
	now := c.now.In(shanghai)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, shanghai)
	switch {
	case end.Before(begin) || !end.Before(begin.AddDate(0, 0, q.days)) || !end.Before(today):
		return nil, fail(61501)
	case end.Equal(today.AddDate(0, 0, -1)) && now.Before(today.Add(figuresReady)):
		return nil, fail(61503)
	}
	list := []row{}
	for d := begin; !d.After(end); d = d.AddDate(0, 0, 1) {
		list = append(list, q.rows(c.a, d)...)
	}
	if q.delay {
		return map[string]any{"list": list, "is_delay": false}, nil
	}
	return map[string]any{"list": list}, nil
}

// userSummary is a row for each source that fans came by; those who left are in the row of source 0.
func userSummary(a *account, d time.Time) []row {
	figures, ok := a.days.get(d.Format(day))
	if !ok {
		figures = &dayFigures{}
	}
	sources := map[int]int{0: 0}
	maps.Copy(sources, figures.New)
	var list []row
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		left := 0
		if source == 0 {
			left = figures.Left
		}
		list = append(list, row{"ref_date": d.Format(day), "user_source": source, "new_user": sources[source], "cancel_user": left})
	}
	return list
}

// userCumulate is how many followed at the end of the day: those of now without what came after it.
func userCumulate(a *account, d time.Time) []row {
	n := len(a.followers())
	for key, figures := range a.days.rows {
		if key > d.Format(day) {
			for _, came := range figures.New {
				n -= came
			}
			n += figures.Left
		}
	}
	return []row{{"ref_date": d.Format(day), "user_source": 0, "cumulate_user": n}}
}

// interfaceHour is a row for each hour of the day that had pushes.
func interfaceHour(a *account, d time.Time) []row {
	var list []row
	for hour := range 24 {
		at := d.Add(time.Duration(hour) * time.Hour)
		if f, ok := a.callbacks.get(at.Format(day + "/15")); ok {
			r := interfaceRow(d, f)
			r["ref_hour"] = hour * 100
			list = append(list, r)
		}
	}
	return list
}

func interfaceSummary(a *account, d time.Time) []row {
	var sum callbackFigures
	for key, f := range a.callbacks.rows {
		if strings.HasPrefix(key, d.Format(day)) {
			sum.Count, sum.Failed, sum.Total, sum.Most = sum.Count+f.Count, sum.Failed+f.Failed, sum.Total+f.Total, max(sum.Most, f.Most)
		}
	}
	if sum.Count == 0 {
		return nil
	}
	return []row{interfaceRow(d, sum)}
}

// interfaceRow has its times in milliseconds.
func interfaceRow(d time.Time, f callbackFigures) row {
	return row{"ref_date": d.Format(day), "callback_count": f.Count, "fail_count": f.Failed, "total_time_cost": f.Total, "max_time_cost": f.Most}
}
