package flows

import (
	"context"
	"encoding/json"

	"fanflow/plugins"
	"fanflow/store"
	"fanflow/wechat"
)

type Engine struct{ c Config }

func New(c Config) (*Engine, error) { panic("unwritten") }
func (e *Engine) Receive(ctx context.Context, account string, p *wechat.Push) (wechat.Reply, error) {
	panic("unwritten")
}
func (e *Engine) Written(account string, p *wechat.Push) { panic("unwritten") }
func (e *Engine) Late(ctx context.Context, account string, p *wechat.Push, r wechat.Reply) error {
	panic("unwritten")
}
func (e *Engine) Quiet(ctx context.Context, fan store.FanID) error { panic("unwritten") }
func (e *Engine) Wake(ctx context.Context, job store.Job) error    { panic("unwritten") }
func (e *Engine) Hook(ctx context.Context, account string, h Hook) (id string, err error) {
	panic("unwritten")
}
func (e *Engine) Check(ctx context.Context, account, kind, file, source string) (name string, findings []Finding, err error) {
	panic("unwritten")
}
func (e *Engine) Push(ctx context.Context, account, kind, file, source, by string) (store.Script, error) {
	panic("unwritten")
}
func (e *Engine) Publish(ctx context.Context, id store.ScriptID, version int, by string) (store.Publication, error) {
	panic("unwritten")
}
func (e *Engine) Flow(ctx context.Context, account, name string, version int) (*Flow, error) {
	panic("unwritten")
}
func (e *Engine) Flows(ctx context.Context, account string) ([]FlowInfo, error) { panic("unwritten") }
func (e *Engine) Funnel(ctx context.Context, account, flow, from, to string) (Funnel, error) {
	panic("unwritten")
}
func (e *Engine) Broadcasts(ctx context.Context, account string) ([]plugins.Broadcast, error) {
	panic("unwritten")
}

// FindingsError is Push's refusal of a script with errors.
type FindingsError struct{ Findings []Finding }

func (e *FindingsError) Error() string { panic("unwritten") }

var _ json.RawMessage
