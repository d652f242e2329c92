package bolt

import (
	"encoding/binary"
	"strings"
	"time"

	"fanflow/store"
)

// bucketID numbers the buckets.
type bucketID int

// The buckets. Keys are made of names, each ended by NUL but the last, and of big-endian numbers of 8 bytes; ms is a time in
// milliseconds. An account's records lie together, and so do a fan's. Values are JSON behind a format byte (codec.go) unless
// said otherwise; the values of indexes are empty unless said otherwise.
const (
	bucketMeta          bucketID = iota // "format": decimal text; "catalog", "kv": the last revision given
	bucketFans                          // account openid -> store.Fan
	bucketFanTags                       // account tag openid, index
	bucketFanFlows                      // account flow openid, index: fans with a live enrollment in the flow
	bucketJournal                       // account openid NUL seq -> store.Row
	bucketEnded                         // account openid NUL rev i -> store.Enrollment, the i-th that revision rev ended
	bucketReceipts                      // account cause openid -> store.Receipt
	bucketReceiptAge                    // expiry ms, account cause openid, index: what Sweep and Receipts go by
	bucketJobs                          // account id -> store.Job
	bucketDue                           // ms id account -> openid: index of the jobs that are not parked
	bucketParked                        // ms id account -> openid: index of those that are
	bucketSends                         // account id -> store.Send
	bucketSendTime                      // account NUL ms id, index by Created
	bucketSendFan                       // account openid NUL ms id, index
	bucketSendStatus                    // account status NUL ms id, index
	bucketKV                            // account key -> store.KV
	bucketQuotas                        // account quota period -> store.Quota
	bucketCounts                        // account flow day state, goal of a goal -> store.Count
	bucketWaiting                       // account flow state -> number of live enrollments
	bucketTotals                        // account -> store.Totals
	bucketScripts                       // account kind name NUL version -> store.Script without its source
	bucketSources                       // account kind name NUL version -> the source, as it is
	bucketNewest                        // account kind name -> the newest version
	bucketPublished                     // account kind name -> store.Publication
	bucketSettings                      // name -> the value, as it is
	bucketHistory                       // catalog revision, account kind name -> store.Publication, as Publish left it at the revision
	bucketHistoryScript                 // account kind name NUL no -> the catalog revision of the publication, as in keys
	bucketBase                          // account openid -> store.Fan as of the last row that was trimmed
	bucketCohorts                       // account flow ("cohort" or "tag") day (cohort or tag) state, goal of a goal -> store.CohortCount
	nBuckets
)

// fill is how full a page is left when one is split: keys that only ever come at the end leave full pages, keys that come
// anywhere leave room. 0 is bbolt's default of a half.
var buckets = [nBuckets]struct {
	name string
	fill float64
}{
	bucketMeta:          {"meta", 0},
	bucketFans:          {"fans", 0.8},
	bucketFanTags:       {"fan-tags", 0},
	bucketFanFlows:      {"fan-flows", 0},
	bucketJournal:       {"journal", 0.8},
	bucketEnded:         {"ended", 0.8},
	bucketReceipts:      {"receipts", 0.9}, // causes begin with their time
	bucketReceiptAge:    {"receipt-age", 1},
	bucketJobs:          {"jobs", 0.9}, // ids begin with their cause
	bucketDue:           {"due", 0},
	bucketParked:        {"parked", 0},
	bucketSends:         {"sends", 0.9},
	bucketSendTime:      {"send-time", 0.9},
	bucketSendFan:       {"send-fan", 0},
	bucketSendStatus:    {"send-status", 0},
	bucketKV:            {"kv", 0},
	bucketQuotas:        {"quotas", 0},
	bucketCounts:        {"counts", 0},
	bucketWaiting:       {"waiting", 0},
	bucketTotals:        {"totals", 0},
	bucketScripts:       {"scripts", 0},
	bucketSources:       {"sources", 0},
	bucketNewest:        {"newest", 0},
	bucketPublished:     {"published", 0},
	bucketSettings:      {"settings", 0},
	bucketHistory:       {"history", 1},
	bucketHistoryScript: {"history-script", 0},
	bucketBase:          {"base", 0},
	bucketCohorts:       {"cohorts", 0},
}

// Keys in the meta bucket.
const (
	formatKey  = "format"
	catalogKey = "catalog"
	kvKey      = "kv"
)

// join makes a key of names.
func join(names ...string) string { return strings.Join(names, "\x00") }

// under is the beginning that all keys below the names share.
func under(names ...string) string { return strings.Join(names, "\x00") + "\x00" }

// number is n as it stands in keys.
func number(n uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return string(b[:])
}

// instant is a time as it stands in keys; times before 1970 sort first.
func instant(t time.Time) string { return number(uint64(t.UnixMilli()) ^ 1<<63) }

// instantOf reads the time that a key begins with.
func instantOf(key []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(key) ^ 1<<63)).UTC()
}

func fanKey(id store.FanID) string { return join(id.Account, id.OpenID) }

func receiptKey(id store.FanID, cause string) string { return join(id.Account, cause, id.OpenID) }

// jobKey names a job among all accounts.
type jobKey struct{ account, id string }

func (k jobKey) key() string { return join(k.account, k.id) }

// dueKey sorts as (Due, ID) do.
func dueKey(j *store.Job) string { return instant(j.Due) + join(j.ID, j.Account) }

// dueJob reads whose key in an index by due time it is.
func dueJob(key []byte) jobKey {
	id, account, _ := strings.Cut(string(key[8:]), "\x00")
	return jobKey{account, id}
}

// countKey names a cell of a funnel below some names. The state of a goal's cell is empty, and no state is; in the flow's own cell
// both are.
func countKey(n *store.Count, names ...string) string {
	key := under(names...) + n.State
	if n.Goal != "" {
		key = join(key, n.Goal)
	}
	return key
}

// cohortKey is the end of the key of a cohort's cell, below cohortsUnder.
func cohortKey(n *store.CohortCount) string { return countKey(&n.Count, n.Day, n.Cohort+n.Tag) }

// cohortsUnder is the beginning of the keys of the cells of a flow's tags, or of its cohorts.
func cohortsUnder(account, flow string, tags bool) string {
	if tags {
		return under(account, flow, "tag")
	}
	return under(account, flow, "cohort")
}

func scriptKey(id store.ScriptID) string { return join(id.Account, id.Kind, id.Name) }

// historyKey names what a publication was made of a script at a revision of the catalog.
func historyKey(rev uint64, id store.ScriptID) string { return number(rev) + scriptKey(id) }

func versionKey(id store.ScriptID, version int) string {
	return under(id.Account, id.Kind, id.Name) + number(uint64(version))
}
