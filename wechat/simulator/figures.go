package simulator

import (
	"slices"
	"time"
)

// dayFigures are an account's follows and leaves of one day of Shanghai time.
type dayFigures struct {
	New map[int]int `json:"new,omitempty"` // by user_source
	// Left is counted without a source: the pages do not say by which one a leave is shown, it is shown as 0 (other).
	Left int `json:"left,omitempty"`
}

// sentCounts are the messages a fan sent on one day. There are many of them, each with few entries.
type sentCounts []sentCount

type sentCount struct {
	Hour uint8  `json:"h"`
	Kind uint8  `json:"t"` // of messageTypes
	N    uint32 `json:"n"`
}

// readFigures are the readings of one article on one day: by hour of Shanghai time, then by OpenID, with "" for readers who are not
// known.
type readFigures map[int]map[string]int

// audience are the readers of something, and how often they read it. One who is not known is another one each time.
type audience struct {
	fans           map[string]bool
	unnamed, count int
}

// add takes in the readers of a day, with hours only those of them.
func (a *audience) add(f readFigures, hours ...int) {
	for hour, read := range f {
		if len(hours) > 0 && !slices.Contains(hours, hour) {
			continue
		}
		for openID, n := range read {
			a.count += n
			if openID == "" {
				a.unnamed += n
				continue
			}
			if a.fans == nil {
				a.fans = map[string]bool{}
			}
			a.fans[openID] = true
		}
	}
}

func (a *audience) users() int { return a.unnamed + len(a.fans) }

// callbackFigures are the pushes of one hour of Shanghai time.
type callbackFigures struct {
	Count  int   `json:"count"`
	Failed int   `json:"failed,omitempty"`
	Total  int64 `json:"total"` // wall time of the answers in milliseconds
	Most   int64 `json:"most"`
}

// userSources are the numbers of the data cube for how a fan came to follow, by subscribe_scene; others are 0.
// Source: developers.weixin.qq.com/doc/service/api/wedata/user/api_getusersummary.html
var userSources = map[string]int{
	"ADD_SCENE_SEARCH":               1,
	"ADD_SCENE_PROFILE_CARD":         17,
	"ADD_SCENE_QR_CODE":              30,
	"ADD_SCENE_PROFILE_LINK":         57,
	"ADD_SCENE_WECHAT_ADVERTISEMENT": 100,
	"ADD_SCENE_WXA":                  149,
	"ADD_SCENE_REPRINT":              161,
	"ADD_SCENE_CHANNELS":             200,
	"ADD_SCENE_LIVESTREAM":           201,
}

// messageTypes are the numbers of the data cube for what fans send; other types have none and are not counted.
// Source: developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsg.html
var messageTypes = map[string]uint8{"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4, "link": 6}

// date is the day of the data cube that an instant falls in.
func date(now time.Time) string { return now.In(shanghai).Format(day) }

func (a *account) today(now time.Time) (string, *dayFigures) {
	key := date(now)
	d, ok := a.days.get(key)
	if !ok {
		d = &dayFigures{}
	}
	return key, d
}

// noteFollow counts a fan who begins to follow. The lock is held, as in all that follow.
func (a *account) noteFollow(how string, now time.Time) {
	key, d := a.today(now)
	if d.New == nil {
		d.New = map[int]int{}
	}
	d.New[userSources[how]]++
	a.days.put(key, d)
}

func (a *account) noteLeave(now time.Time) {
	key, d := a.today(now)
	d.Left++
	a.days.put(key, d)
}

// noteMessage counts what a fan sends.
func (a *account) noteMessage(openID, kind string, now time.Time) {
	n, ok := messageTypes[kind]
	if !ok {
		return
	}
	key := date(now) + "/" + openID
	counts, _ := a.writers.get(key)
	hour := uint8(now.In(shanghai).Hour())
	i := slices.IndexFunc(counts, func(c sentCount) bool { return c.Hour == hour && c.Kind == n })
	if i < 0 {
		i, counts = len(counts), append(counts, sentCount{Hour: hour, Kind: n})
	}
	counts[i].N++
	a.writers.put(key, counts)
	a.sweepWriters(now)
}

// writerDays is for how many days it is known which fan sent what: enough to ask for the whole of the month before. They are the
// one kind of figures that grows with fans and days.
const writerDays = 62

// sweepWriters forgets what fans sent longer ago, once a day.
func (a *account) sweepWriters(now time.Time) {
	if a.writersSwept == date(now) {
		return
	}
	a.writersSwept = date(now)
	first := date(now.AddDate(0, 0, -writerDays))
	for key := range a.writers.rows {
		if key < first {
			a.writers.drop(key)
		}
	}
}

// noteRead counts that an article, by its data cube name, was read.
func (a *account) noteRead(msgID, openID string, now time.Time) {
	key := date(now) + "/" + msgID
	f, ok := a.readers.get(key)
	if !ok {
		f = readFigures{}
	}
	hour := now.In(shanghai).Hour()
	if f[hour] == nil {
		f[hour] = map[string]int{}
	}
	f[hour][openID]++
	a.readers.put(key, f)
}

// noteCallback counts a push and how long its answer took. The lock is not held.
func (a *account) noteCallback(took time.Duration, failed bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := now.In(shanghai).Format(day + "/15")
	f, _ := a.callbacks.get(key)
	f.Count++
	if failed {
		f.Failed++
	}
	f.Total += took.Milliseconds()
	f.Most = max(f.Most, took.Milliseconds())
	a.callbacks.put(key, f)
}
