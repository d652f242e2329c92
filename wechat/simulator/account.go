package simulator

import (
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"sync"
	"time"

	"fanflow/wechat/crypt"
)

// shanghai is the zone in which the platform counts days and months; it has no summer time.
var shanghai = time.FixedZone("UTC+8", 8*60*60)

// account is an Account with its state. What is below mu is protected by it; mu is never held over HTTP.
type account struct {
	Account
	mode     string // plain, compatible or safe
	original string // gh_…: the ToUserName of pushes
	key      crypt.Key
	file     *stateFile
	spill    *spill // older inbox items

	mu       sync.Mutex
	fans     map[string]*fan
	roll     roll              // the followers among them, in order
	words    map[string]string // texts that many fans share
	tags     map[int]string    // id → name, without the system's own
	lastTag  int
	calls    map[string]usage   // path → calls today
	minutes  map[string]usage   // path → calls in this minute; not kept
	others   map[string]usage   // counters that are not of one path: see the counter… constants
	tokens   map[string]*token  // by their text
	once     map[string]onceKey // de-duplication ids
	masses   map[int64]*mass
	tables   map[string]keptTable // the rooms' own records, by kind; a room adds its table here and makes it in reset
	faults   []*fault             // not kept
	standing *table[standing]
	sessions *table[session]
	held     map[string]*heldPush // by OpenID: pushes that wait for the next one; not kept
	contents
	sends   sendTables
	rooms   fanTables
	tagging inFlight // not protected by mu

	onceSwept time.Time // when out of date ids and tokens were last looked for
}

// onceKey remembers what a client's de-duplication id stood for.
type onceKey struct {
	MsgID int64     `json:"msgid"`
	Until time.Time `json:"until"`
}

// reset gives the account its empty state.
func (a *account) reset() {
	a.fans, a.roll, a.words = map[string]*fan{}, roll{}, map[string]string{}
	a.tags = map[int]string{}
	a.lastTag = 99 // the platform's own tags and room for more are below 100
	a.calls, a.minutes, a.others = map[string]usage{}, map[string]usage{}, map[string]usage{}
	a.tokens = map[string]*token{}
	a.once = map[string]onceKey{}
	a.masses = map[int64]*mass{}
	a.tables = map[string]keptTable{}
	a.standing = newTable[standing](a, "standing")
	a.sessions = newTable[session](a, "kf-session")
	if a.held == nil { // a load of other state leaves what is on its way
		a.held = map[string]*heldPush{}
	}
	a.sends = newSendTables(a)
	a.contents = newContents(a)
	a.rooms = newFanTables(a)
}

// originalID makes the account's gh_ id of its AppID, the same in every run.
func originalID(appID string) string {
	sum := sha1.Sum([]byte(appID))
	return "gh_" + hex.EncodeToString(sum[:6])
}

// known returns the message id that a de-duplication key stands for, if it still does.
func (a *account) known(key string, now time.Time) (int64, bool) {
	k, ok := a.once[key]
	return k.MsgID, ok && now.Before(k.Until)
}

func (a *account) remember(key string, k onceKey) {
	a.once[key] = k
	a.file.put("once", a.AppID, key, k)
	a.sweepOnce(a.now())
}

// onceSweep is how often what is out of date is forgotten.
const onceSweep = time.Hour

// sweepOnce forgets now and then the de-duplication ids and tokens that are out of date.
func (a *account) sweepOnce(now time.Time) {
	if now.Sub(a.onceSwept) >= onceSweep {
		a.onceSwept = now
		a.forgetOnce(now)
	}
}

// forgetOnce forgets the de-duplication ids and tokens that are out of date. The state file loses them when it is rewritten.
func (a *account) forgetOnce(now time.Time) {
	maps.DeleteFunc(a.once, func(_ string, k onceKey) bool { return !now.Before(k.Until) })
	maps.DeleteFunc(a.tokens, func(_ string, t *token) bool { return !now.Before(t.Expires.Add(tokenMemory)) })
}
