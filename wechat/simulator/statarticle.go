package simulator

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// readSource is the row for all sources together. Where readers come from is not played.
const readSource = "全部"

// detail are an article's figures as the platform names them. Of readers only their number is played: nobody shares, likes or
// comments here.
func detail(users int) row {
	return row{
		"read_user": users, "read_user_source": []row{{"user_count": users, "scene_desc": readSource}},
		"share_user": 0, "zaikan_user": 0, "like_user": 0, "comment_count": 0, "collection_user": 0,
	}
}

// readOn are the readings of a day by the article's name.
func (a *account) readOn(d time.Time) map[string]readFigures {
	list := map[string]readFigures{}
	for key, f := range a.readers.rows {
		if on, msgID, _ := strings.Cut(key, "/"); on == d.Format(day) {
			list[msgID] = f
		}
	}
	return list
}

// articleRead is a row for each article that was read on the day.
// Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleread
func articleRead(a *account, d time.Time) []row {
	read := a.readOn(d)
	var list []row
	for _, msgID := range slices.Sorted(maps.Keys(read)) {
		var readers audience
		readers.add(read[msgID])
		n := readers.users()
		list = append(list, row{"ref_date": d.Format(day), "msgid": msgID, "detail": row{
			"read_user": n, "read_user_source": []row{{"user_count": n, "scene_desc": readSource}},
		}})
	}
	return list
}

// articleShare is empty: nobody shares here.
func articleShare(*account, time.Time) []row { return nil }

// bizSummary adds up all articles of a day.
// Source: developers.weixin.qq.com/doc/subscription/api/wedata/news/api_getbizsummary
func bizSummary(a *account, d time.Time) []row {
	var readers audience
	for _, f := range a.readOn(d) {
		readers.add(f)
	}
	return []row{{"ref_date": d.Format(day), "detail": detail(readers.users())}}
}

// articleTotalDetail is a row for each article that was published on the day, with its figures of each day since, at most thirty: each
// entry has the sum up to its day.
// Source: developers.weixin.qq.com/doc/subscription/api/wedata/news/api_getarticletotaldetail
func articleTotalDetail(a *account, d time.Time) []row {
	var list []row
	ids := newestFirst(a.articles, func(p *published) int64 { return p.Made.UnixMilli() })
	for _, id := range ids {
		p := a.articles.rows[id]
		if date(p.Made) != d.Format(day) {
			continue
		}
		silent := 1 // published without telling anybody; a mass send is 0
		if p.PublishID == 0 {
			silent = 0
		}
		for i, v := range p.Articles {
			list = append(list, row{
				"ref_date": d.Format(day), "msgid": p.msgID(i + 1), "title": v.Title, "content_url": v.URL, "publish_type": silent,
				"detail_list": a.readSince(p.msgID(i+1), d),
			})
		}
	}
	return list
}

// readSince are the sums of an article's readings for each day from first to yesterday.
func (a *account) readSince(msgID string, first time.Time) []row {
	list := []row{}
	for d, readers := range a.sums(msgID, first, 30) {
		r := detail(readers.users())
		r["stat_date"] = d.Format(day)
		list = append(list, r)
	}
	return list
}

// sums goes over the days from first to yesterday, at most so many, with all who have read the article by the end of each.
func (a *account) sums(msgID string, first time.Time, most int) iter.Seq2[time.Time, audience] {
	return func(yield func(time.Time, audience) bool) {
		var readers audience
		today := date(a.now())
		for i := range most {
			d := first.AddDate(0, 0, i)
			if d.Format(day) >= today {
				return
			}
			f, _ := a.readers.get(d.Format(day) + "/" + msgID)
			readers.add(f)
			if !yield(d, readers) {
				return
			}
		}
	}
}
