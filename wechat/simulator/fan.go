package simulator

import (
	"slices"
	"strings"
	"time"
)

// fan is one OpenID of an account. Protected by the account's lock. The tagged fields are its record in the state file.
type fan struct {
	openID string
	inbox  inbox

	Subscribed bool      `json:"subscribed"`
	Since      time.Time `json:"since,omitzero"` // when the fan last followed
	How        string    `json:"how,omitempty"`  // subscribe_scene
	Scene      string    `json:"scene,omitempty"`
	Tags       []int     `json:"tags,omitempty"`
	Blocked    bool      `json:"blocked,omitempty"` // has switched off the account's messages

	SceneID     int64     `json:"scene_id,omitempty"` // Scene, where it is a number
	Remark      string    `json:"remark,omitempty"`
	Blacklisted time.Time `json:"blacklisted,omitzero"` // since when
	Profile     *profile  `json:"profile,omitempty"`    // nil: an empty one

	Heard    time.Time      `json:"heard,omitzero"`     // the fan's last message
	Windows  windows        `json:"windows,omitempty"`  // one for each thing that opens one
	Month    usage          `json:"month,omitzero"`     // mass messages of the calendar month
	Consents map[string]int `json:"consents,omitempty"` // template id → notices that may still be sent
}

// fan returns the fan's record and makes one where there is none. The lock is held.
func (a *account) fan(openID string) *fan {
	f := a.fans[openID]
	if f == nil {
		f = &fan{openID: openID}
		a.fans[openID] = f
	}
	return f
}

func (a *account) saveFan(f *fan) { a.file.put("fan", a.AppID, f.openID, f) }

// follow makes the fan a follower.
func (a *account) follow(f *fan, scene, how string, now time.Time) {
	a.roll.leave(f)
	f.Subscribed, f.Since, f.Scene, f.How = true, now, a.word(scene), a.word(how)
	a.roll.join(f)
	a.saveFan(f)
	a.noteFollow(how, now)
}

// unfollow takes with it what only followers have. That tags go as well is practice, the pages say nothing of it.
func (a *account) unfollow(f *fan) {
	a.roll.leave(f)
	f.Subscribed, f.Tags, f.Windows, f.Blocked = false, nil, nil, false
	a.saveFan(f)
	a.noteLeave(a.now())
}

// followers returns the fans who follow, in the order in which they began to. The slice must not be changed; it stays as it is
// when fans come and go. The lock is held.
func (a *account) followers() []*fan { return a.roll.list(a.fans) }

// tagged are the followers who have the tag, in order.
func (a *account) tagged(tag int) []*fan {
	var list []*fan
	for _, f := range a.followers() {
		if slices.Contains(f.Tags, tag) {
			list = append(list, f)
		}
	}
	return list
}

// roll is the list of followers in order. Who joins last stands last, so it is sorted only when somebody left or a clock that
// stands still let two join at one instant. The zero roll is made when it is first read.
type roll struct {
	fans []*fan
	good bool
}

func (r *roll) join(f *fan) {
	if n := len(r.fans); r.good && (n == 0 || before(r.fans[n-1], f) < 0) {
		r.fans = append(r.fans, f)
		return
	}
	r.good = false
}

func (r *roll) leave(f *fan) {
	if f.Subscribed {
		r.good = false
	}
}

func (r *roll) list(all map[string]*fan) []*fan {
	if !r.good {
		r.fans = make([]*fan, 0, len(all))
		for _, f := range all {
			if f.Subscribed {
				r.fans = append(r.fans, f)
			}
		}
		slices.SortFunc(r.fans, before)
		r.good = true
	}
	return r.fans[:len(r.fans):len(r.fans)]
}

// before compares fans by when they followed.
func before(x, y *fan) int {
	if c := x.Since.Compare(y.Since); c != 0 {
		return c
	}
	return strings.Compare(x.openID, y.openID)
}

// word is s, in one copy for all fans who share it.
func (a *account) word(s string) string {
	if w, ok := a.words[s]; ok {
		return w
	}
	if len(a.words) < maxWords {
		a.words[s] = s
	}
	return s
}

const maxWords = 10_000

// maxFanPage is how many fans the control call tells of at once, also where it is asked for no limit.
const maxFanPage = 10_000

// fansAfter are the first of all who were ever seen whose OpenIDs come after the given one, limit at most, and whether there are
// more.
func (a *account) fansAfter(openID string, limit int) (list []*fan, more bool) {
	ids := make([]string, 0, len(a.fans))
	for id := range a.fans {
		if id > openID {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	more = len(ids) > limit
	for _, id := range ids[:min(limit, len(ids))] {
		list = append(list, a.fans[id])
	}
	return list, more
}

// wellFormed reports whether s looks like an OpenID: 28 letters, digits, - and _.
func wellFormed(s string) bool {
	return len(s) == 28 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
