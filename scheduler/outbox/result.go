package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// Result is what became of a mass send, kept in the setting broadcast/<account>/<msgid>. The platform reports it for the whole,
// not per fan; its event may come before the broadcast's own record.
type Result struct {
	Name     string    `json:"name,omitempty"` // the broadcast's
	Job      string    `json:"job,omitempty"`
	At       time.Time `json:"at,omitzero"` // when the platform accepted it
	Audience int64     `json:"audience"`    // fans it was meant for

	Status string `json:"status,omitempty"` // as WeChat writes it: send success, send fail, err(num); empty until it is reported
	Total  int64  `json:"total"`
	Filter int64  `json:"filter"`
	Sent   int64  `json:"sent"`
	Errors int64  `json:"errors"`
}

func resultName(account string, msgID int64) string {
	return "broadcast/" + account + "/" + strconv.FormatInt(msgID, 10)
}

// MassResult keeps the counts of a MASSSENDJOBFINISH event. Every other push is ignored.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html (event of the result).
func (o *Outbox) MassResult(ctx context.Context, account string, p *wechat.Push) error {
	r, ok := p.Body.(*wechat.SendResult)
	if !ok || !strings.EqualFold(p.Event, "MASSSENDJOBFINISH") {
		return nil
	}
	id, err := strconv.ParseInt(p.MsgID, 10, 64)
	if err != nil {
		return fmt.Errorf("result of a mass send: MsgID %q is no number", p.MsgID)
	}
	if !strings.Contains(strings.ToLower(r.Status), "success") {
		o.c.Logger.Warn("a mass send did not succeed", "account", account, "msgid", id, "status", r.Status)
	}
	return o.keep(ctx, account, id, func(k *Result) {
		k.Status, k.Total, k.Filter, k.Sent, k.Errors = r.Status, r.TotalCount, r.FilterCount, r.SentCount, r.ErrorCount
	})
}

// Results reads what became of the account's mass sends, by the platform's msg_id.
func (o *Outbox) Results(ctx context.Context, account string) (map[int64]Result, error) {
	prefix := "broadcast/" + account + "/"
	all, err := o.c.Store.Settings(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("read the results of mass sends: %w", err)
	}
	results := map[int64]Result{}
	for name, v := range all {
		var r Result
		id, err := strconv.ParseInt(strings.TrimPrefix(name, prefix), 10, 64)
		if err == nil {
			err = json.Unmarshal(v, &r)
		}
		if err != nil {
			return nil, fmt.Errorf("read the result %s: %w", name, err)
		}
		results[id] = r
	}
	return results, nil
}

func (b *broadcast) keepResult(ctx context.Context, change func(*Result)) error {
	return b.keep(ctx, b.job.Account, b.at.MsgID, change)
}

// keep changes the record of one mass send.
func (o *Outbox) keep(ctx context.Context, account string, msgID int64, change func(*Result)) error {
	o.results.Lock()
	defer o.results.Unlock()
	var r Result
	v, err := o.c.Store.Setting(ctx, resultName(account, msgID))
	if err == nil {
		err = json.Unmarshal(v, &r)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read the result of mass send %d: %w", msgID, err)
	}
	change(&r)
	if v, err = json.Marshal(r); err == nil {
		err = o.c.Store.SetSetting(ctx, resultName(account, msgID), v)
	}
	if err != nil {
		return fmt.Errorf("keep the result of mass send %d: %w", msgID, err)
	}
	return nil
}
