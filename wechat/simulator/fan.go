package simulator

import (
	"maps"
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

	Heard    time.Time         `json:"heard,omitzero"`     // the fan's last message
	Windows  map[string]window `json:"windows,omitempty"`  // by what opened them
	Month    usage             `json:"month,omitzero"`     // mass messages of the calendar month
	Consents map[string]int    `json:"consents,omitempty"` // template id → notices that may still be sent
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
	f.Subscribed, f.Since, f.Scene, f.How = true, now, scene, how
	a.saveFan(f)
	a.noteFollow(how, now)
}

// unfollow takes with it what only followers have. That tags go as well is practice, the pages say nothing of it.
func (a *account) unfollow(f *fan) {
	f.Subscribed, f.Tags, f.Windows, f.Blocked = false, nil, nil, false
	a.saveFan(f)
	a.noteLeave(a.now())
}

// followers returns the fans who follow, in the order in which they began to. The lock is held.
func (a *account) followers() []*fan {
	list := make([]*fan, 0, len(a.fans))
	for _, f := range a.fans {
		if f.Subscribed {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(x, y *fan) int {
		if c := x.Since.Compare(y.Since); c != 0 {
			return c
		}
		return strings.Compare(x.openID, y.openID)
	})
	return list
}

// tagged are the followers who have the tag, in order.
func (a *account) tagged(tag int) []*fan {
	return slices.DeleteFunc(a.followers(), func(f *fan) bool { return !slices.Contains(f.Tags, tag) })
}

// allFans are all who were ever seen, by OpenID.
func (a *account) allFans() []*fan {
	list := make([]*fan, 0, len(a.fans))
	for _, id := range slices.Sorted(maps.Keys(a.fans)) {
		list = append(list, a.fans[id])
	}
	return list
}

// wellFormed reports whether s looks like an OpenID: 28 letters, digits, - and _.
func wellFormed(s string) bool {
	return len(s) == 28 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
