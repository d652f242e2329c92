package store

import (
	"encoding/json"
	"time"
)

// Job is something due at a time. It stays in the queue until a Change names it in Done.
// Ids of jobs that a decision makes are its cause and a number ("…/03"), so that committing again adds nothing, and so that
// sorting by (Due, ID) keeps the order in which they were asked for.
type Job struct {
	ID      string    `json:"id"`
	Account string    `json:"account"`
	OpenID  string    `json:"openid,omitempty"` // empty for an account's own job
	Kind    string    `json:"kind"`             // timer, send, event, broadcast, cron, ...
	Due     time.Time `json:"due"`
	// Fence, for timers, is the wait they were armed in.
	Fence   uint64          `json:"fence,omitempty"`
	Flow    string          `json:"flow,omitempty"`
	No      int             `json:"no,omitempty"`
	State   string          `json:"state,omitempty"`
	Name    string          `json:"name,omitempty"` // a timer's delay as declared, a cron entry's name
	Args    json.RawMessage `json:"args,omitempty"`
	Depth   int             `json:"depth,omitempty"`   // how many events deep this was caused by another flow
	Attempt int             `json:"attempt,omitempty"` // failed tries so far
	Why     string          `json:"why,omitempty"`     // of the last snooze
	Parked  bool            `json:"parked,omitempty"`  // waits for somebody to resume it, whatever Due says
}

// Fan names the fan the job is about.
func (j *Job) Fan() FanID { return FanID{Account: j.Account, OpenID: j.OpenID} }

// Status of a send. All but Waiting and InFlight are terminal, except that Sent may become Delivered or Failed by the
// platform's report.
type Status string

const (
	Waiting   Status = "waiting"
	InFlight  Status = "sending" // the platform is being called, or was when the process died
	Sent      Status = "sent"    // the platform accepted it
	Delivered Status = "delivered"
	SendFail  Status = "failed"
	Skipped   Status = "skipped"
	Expired   Status = "expired"
	Cancelled Status = "cancelled"
	Uncertain Status = "uncertain"
)

// Channels of a send.
const (
	Passive  = "passive"
	Customer = "customer"
	Template = "template"
	Notice   = "notice"
	Mass     = "mass"
	Auto     = "auto" // the outbox takes the cheapest open route
)

// Send is one outbound message to one fan. The job that sends it has the same id.
type Send struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	OpenID  string `json:"openid"`
	Flow    string `json:"flow,omitempty"`
	No      int    `json:"no,omitempty"`
	Channel string `json:"channel"`
	Purpose string `json:"purpose"` // service or campaign
	Status  Status `json:"status"`
	Reason  string `json:"reason,omitempty"`
	// Content is a wechat.Outgoing as JSON; the store does not look inside.
	Content json.RawMessage `json:"content"`
	Created time.Time       `json:"created"`
	Due     time.Time       `json:"due"`
	Expires time.Time       `json:"expires,omitzero"`
	// Late says what to do with it when it could not go at its time: empty to send it all the same, "skip", or hours of the day
	// in the account's zone, "09:00-21:00", which it waits for.
	Late string `json:"late,omitempty"`
	// Tried is when the platform was first called with this send's client id, SentAt when it accepted.
	Tried  time.Time `json:"tried,omitzero"`
	SentAt time.Time `json:"sent_at,omitzero"`
	MsgID  int64     `json:"msgid,string,omitempty"` // the platform's
	// Depth is how many events deep it was ordered: that of the event that led to it. What flows hear of its end is one deeper.
	Depth int `json:"depth,omitempty"`
	// Passed says that the plugins have been asked whether it may go, and names those that had a hook for it, "crm@3 guard@1"; "-" if
	// none had. They are asked once: what they made of it stands in Content.
	Passed string `json:"passed,omitempty"`
}
