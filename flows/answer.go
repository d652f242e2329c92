package flows

import (
	"encoding/json"
	"fmt"

	"fanflow/store"
)

// answerEvent is how a call that a script has ordered has ended.
const answerEvent = "answer"

// failedCall is what stands behind the name of a call that has failed.
const failedCall = ":failed"

// callResult is the value of an answer event's job.
type callResult struct {
	As   string      `json:"as"`
	OK   bool        `json:"ok"`
	Flow string      `json:"flow,omitempty"`
	No   int         `json:"no,omitempty"`
	HTTP *httpAnswer `json:"http"`
}

// answerJob tells the fan's flows how a call has ended.
func answerJob(t task, args *callArgs, a *httpAnswer, ok bool) (store.Job, error) {
	value, err := encode(callResult{As: args.As, OK: ok, Flow: args.Flow, No: args.No, HTTP: a})
	if err != nil {
		return store.Job{}, fmt.Errorf("encode the answer to job %s: %w", t.job.ID, err)
	}
	name := args.As
	if !ok {
		name += failedCall
	}
	now := store.Stamp(t.now)
	raw, err := encode(eventArgs{Name: name, Value: value, Created: now})
	if err != nil {
		return store.Job{}, fmt.Errorf("encode the answer to job %s: %w", t.job.ID, err)
	}
	return store.Job{
		ID: shortCause(t.job.ID) + "/answer", Account: t.fan.Account, OpenID: t.fan.OpenID, Kind: "event", Name: answerEvent, Due: now,
		Args: raw, Depth: t.job.Depth,
	}, nil
}

// answer takes how a call has ended.
func (ev *event) answer(value json.RawMessage) error {
	var r callResult
	if err := json.Unmarshal(value, &r); err != nil {
		return fmt.Errorf("read the answer to a call: %w", err)
	}
	if r.HTTP == nil {
		r.HTTP = &httpAnswer{}
	}
	ev.Acts = true
	ev.Call = &store.Caller{Flow: r.Flow, No: r.No}
	ev.Fields["as"], ev.Fields["ok"] = r.As, r.OK
	if r.HTTP.Status != 0 {
		ev.Fields["status"] = float64(r.HTTP.Status)
	}
	body := string(r.HTTP.answer().Body)
	ev.given("body", body)
	if data := jsonValue([]byte(body)); data != nil {
		ev.Fields["json"] = data
	}
	ev.given("error", r.HTTP.failure())
	return nil
}
