package simulator

import (
	"maps"
	"slices"
	"time"
)

// allSources is the user_source of the row for all ways to an article together. Which way readers come is not played.
const allSources = 99999999

// fewest is how many interactions an article must have had on a day for getarticlesummary to tell of it.
const fewest = 3

// counts are the figures of the older calls about articles. Only reading is played: nobody opens what is behind "read the original",
// shares or keeps an article here.
func (a audience) counts(r row) row {
	maps.Copy(r, row{
		"int_page_read_user": a.users(), "int_page_read_count": a.count, "ori_page_read_user": 0, "ori_page_read_count": 0,
		"share_user": 0, "share_count": 0, "add_to_fav_user": 0, "add_to_fav_count": 0,
	})
	return r
}

// massSent are the articles of mass sends, by their name in the data cube.
func (a *account) massSent() map[string]article {
	list := map[string]article{}
	for _, p := range a.articles.rows {
		for i, v := range p.Articles {
			if p.PublishID == 0 {
				list[p.msgID(i+1)] = v
			}
		}
	}
	return list
}

// articleSummary is a row for each mass-sent article that was read on the day.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticlesummary.html
func articleSummary(a *account, d time.Time) []row {
	read, sent := a.readOn(d), a.massSent()
	var list []row
	for _, msgID := range slices.Sorted(maps.Keys(read)) {
		var readers audience
		readers.add(read[msgID])
		if v, ok := sent[msgID]; ok && readers.count >= fewest {
			list = append(list, readers.counts(row{"ref_date": d.Format(day), "msgid": msgID, "title": v.Title}))
		}
	}
	return list
}

// articleTotal is a row for each article that was mass-sent on the day, with its sums up to the end of each of seven days.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticletotal.html
func articleTotal(a *account, d time.Time) []row {
	var list []row
	for _, id := range newestFirst(a.articles, func(p *published) int64 { return p.Made.UnixMilli() }) {
		p := a.articles.rows[id]
		if p.PublishID != 0 || date(p.Made) != d.Format(day) {
			continue
		}
		for i, v := range p.Articles {
			details := []row{}
			for on, readers := range a.sums(p.msgID(i+1), d, 7) {
				details = append(details, readers.counts(row{"stat_date": on.Format(day), "target_user": p.Reached}))
			}
			list = append(list, row{"ref_date": d.Format(day), "msgid": p.msgID(i + 1), "title": v.Title, "details": details})
		}
	}
	return list
}

// userRead is a row for all articles together.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getuserread.html
func userRead(a *account, d time.Time) []row {
	var readers audience
	for _, f := range a.readOn(d) {
		readers.add(f)
	}
	if readers.count == 0 {
		return nil
	}
	return []row{readers.counts(row{"ref_date": d.Format(day), "user_source": allSources})}
}

// userReadHour is the same for each hour that had readers.
func userReadHour(a *account, d time.Time) []row {
	read := a.readOn(d)
	var list []row
	for hour := range 24 {
		var readers audience
		for _, f := range read {
			readers.add(f, hour)
		}
		if readers.count > 0 {
			list = append(list, readers.counts(row{"ref_date": d.Format(day), "ref_hour": hour * 100, "user_source": allSources}))
		}
	}
	return list
}
