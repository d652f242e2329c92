package simulator

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// tally is how many fans sent how many messages.
type tally struct {
	users map[string]bool
	count int
}

// sentBy adds up what fans sent from the day first to the day last, both within, by the key that of makes of hour and type.
func (a *account) sentBy(first, last time.Time, of func(hour, kind int) [2]int) map[[2]int]*tally {
	from, to := first.Format(day), last.Format(day)
	sums := map[[2]int]*tally{}
	for key, counts := range a.writers.rows {
		on, openID, _ := strings.Cut(key, "/")
		if on < from || on > to {
			continue
		}
		for _, c := range counts {
			id := of(int(c.Hour), int(c.Kind))
			if sums[id] == nil {
				sums[id] = &tally{users: map[string]bool{}}
			}
			sums[id].users[openID] = true
			sums[id].count += int(c.N)
		}
	}
	return sums
}

func byType(_, kind int) [2]int     { return [2]int{0, kind} }
func byHour(hour, kind int) [2]int  { return [2]int{hour, kind} }
func compareIDs(x, y [2]int) int    { return slices.Compare(x[:], y[:]) }
func weekOf(d time.Time) time.Time  { return d.AddDate(0, 0, 6) }
func monthOf(d time.Time) time.Time { return d.AddDate(0, 1, -1) }

// upstreamRows are the messages from first to last, a row for each type.
func upstreamRows(a *account, first, last time.Time) []row {
	sums := a.sentBy(first, last, byType)
	var list []row
	for _, id := range slices.SortedFunc(maps.Keys(sums), compareIDs) {
		list = append(list, row{"ref_date": first.Format(day), "msg_type": id[1], "msg_user": len(sums[id].users), "msg_count": sums[id].count})
	}
	return list
}

func upstream(a *account, d time.Time) []row { return upstreamRows(a, d, d) }

// upstreamHour has its hours as 0, 100 … 2300.
func upstreamHour(a *account, d time.Time) []row {
	sums := a.sentBy(d, d, byHour)
	var list []row
	for _, id := range slices.SortedFunc(maps.Keys(sums), compareIDs) {
		list = append(list, row{"ref_date": d.Format(day), "ref_hour": id[0] * 100, "msg_type": id[1], "msg_user": len(sums[id].users), "msg_count": sums[id].count})
	}
	return list
}

// weekly has a week's figures under its Monday, when the week is over.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgweek.html
func weekly(rows func(a *account, first, last time.Time) []row) func(*account, time.Time) []row {
	return func(a *account, d time.Time) []row {
		if d.Weekday() != time.Monday || !a.over(weekOf(d)) {
			return nil
		}
		return rows(a, d, weekOf(d))
	}
}

// monthly has a month's figures under its first day, when the month is over.
func monthly(rows func(a *account, first, last time.Time) []row) func(*account, time.Time) []row {
	return func(a *account, d time.Time) []row {
		if d.Day() != 1 || !a.over(monthOf(d)) {
			return nil
		}
		return rows(a, d, monthOf(d))
	}
}

// over reports whether the day is.
func (a *account) over(d time.Time) bool { return date(a.now()) > d.Format(day) }

// distRows are how many fans sent few or many messages from first to last: 1 to 5 in interval 1, 6 to 10 in 2, more in 3.
func distRows(a *account, first, last time.Time) []row {
	perFan := map[string]int{}
	for key, counts := range a.writers.rows {
		on, openID, _ := strings.Cut(key, "/")
		if on < first.Format(day) || on > last.Format(day) {
			continue
		}
		for _, c := range counts {
			perFan[openID] += int(c.N)
		}
	}
	var fans [4]int
	for _, n := range perFan {
		switch {
		case n <= 5:
			fans[1]++
		case n <= 10:
			fans[2]++
		default:
			fans[3]++
		}
	}
	var list []row
	for interval, n := range fans {
		if n > 0 {
			list = append(list, row{"ref_date": first.Format(day), "count_interval": interval, "msg_user": n})
		}
	}
	return list
}

func upstreamDist(a *account, d time.Time) []row { return distRows(a, d, d) }
