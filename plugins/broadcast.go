package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"fanflow/plugins/sandbox"
)

// Broadcast is what a broadcast script declares. It is data: who reads it needs no Lua.
type Broadcast struct {
	Name    string          `json:"name"`
	Title   string          `json:"title,omitempty"`
	Cron    string          `json:"cron,omitempty"`   // when, in the account's zone; not checked here; "" means by hand
	Missed  string          `json:"missed,omitempty"` // what fell due while nobody was there: "run" once (the default) or "skip"
	Tag     string          `json:"tag,omitempty"`    // the audience: fans with this tag
	All     bool            `json:"all,omitempty"`    // the audience: all fans
	Message json.RawMessage `json:"message"`          // a wechat.Outgoing: text, articles, image or voice
	Purpose string          `json:"purpose"`          // "campaign" (the default) or "service"
}

// broadcastFields are the fields of `broadcast { … }` and what they hold.
var broadcastFields = map[string]lua.LValueType{
	"name": lua.LTString, "title": lua.LTString, "cron": lua.LTString, "missed": lua.LTString, "purpose": lua.LTString,
	"audience": lua.LTTable, "message": lua.LTTable,
}

// messageFields are what a mass send may consist of.
var messageFields = []string{"text", "articles", "image", "voice"}

// Broadcast evaluates a broadcast script, `return broadcast { name =, title =, cron =, missed =, purpose =,
// audience = { tag = } or { all = true }, message = { text = } }`, into data. The error is a *sandbox.Error with the field's line.
func (h *Host) Broadcast(ctx context.Context, file, source string) (Broadcast, error) {
	_, v, err := h.look(ctx, file, source, sandbox.Scope{}, map[string]sandbox.Module{"broadcast": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
		return s.L.NewFunction(func(L *lua.LState) int {
			L.Push(L.CheckTable(1))
			return 1
		})
	}})
	if err != nil {
		return Broadcast{}, err
	}
	r := &broadcastReader{file: file, source: source}
	t, ok := v.(*lua.LTable)
	if !ok {
		return Broadcast{}, r.fail("", "the script returns no broadcast: end it with `return broadcast { … }`")
	}
	b, err := r.read(t)
	if err != nil {
		return Broadcast{}, err
	}
	return b, nil
}

// broadcastReader turns the script's table into a Broadcast.
type broadcastReader struct{ file, source string }

func (r *broadcastReader) fail(field, format string, args ...any) error {
	return &sandbox.Error{File: r.file, Line: fieldLine(r.source, field), Kind: sandbox.KindRuntime, Msg: fmt.Sprintf(format, args...)}
}

func (r *broadcastReader) read(t *lua.LTable) (Broadcast, error) {
	text := map[string]string{}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		field := k.String()
		want, ok := broadcastFields[field]
		if !ok {
			return Broadcast{}, r.fail(field, "a broadcast has no field %q: it has audience, cron, message, missed, name, purpose and title", field)
		}
		if v.Type() != want {
			return Broadcast{}, r.fail(field, "the field %s is a %s; it must be a %s", field, v.Type(), want)
		}
		text[field] = v.String()
	}
	b := Broadcast{Name: text["name"], Title: text["title"], Cron: text["cron"], Missed: text["missed"], Purpose: text["purpose"]}
	if b.Missed == "" {
		b.Missed = "run"
	}
	if b.Purpose == "" {
		b.Purpose = "campaign"
	}
	if msg := badName(b.Name); msg != "" {
		return Broadcast{}, r.fail("name", "the broadcast's name %s", msg)
	}
	if b.Missed != "run" && b.Missed != "skip" {
		return Broadcast{}, r.fail("missed", "missed is %q; it must be \"run\" or \"skip\"", b.Missed)
	}
	if b.Purpose != "campaign" && b.Purpose != "service" {
		return Broadcast{}, r.fail("purpose", "purpose is %q; it must be \"campaign\" or \"service\"", b.Purpose)
	}
	if err := r.audience(&b, t.RawGetString("audience")); err != nil {
		return Broadcast{}, err
	}
	return b, r.message(&b, t.RawGetString("message"))
}

// audience is { tag = "…" } or { all = true }.
func (r *broadcastReader) audience(b *Broadcast, v lua.LValue) error {
	const shape = "audience must be { tag = \"…\" } or { all = true }"
	t, ok := v.(*lua.LTable)
	if !ok {
		return r.fail("audience", "the broadcast has no audience: %s", shape)
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		switch tag, _ := v.(lua.LString); {
		case k == lua.LString("tag") && tag != "":
			b.Tag = string(tag)
		case k == lua.LString("all") && v == lua.LTrue:
			b.All = true
		default:
			return r.fail("audience", "%s", shape)
		}
	}
	if (b.Tag == "") == !b.All {
		return r.fail("audience", "%s", shape)
	}
	return nil
}

func (r *broadcastReader) message(b *Broadcast, v lua.LValue) error {
	shape := "message must hold one of " + strings.Join(messageFields, ", ")
	t, ok := v.(*lua.LTable)
	if !ok {
		return r.fail("message", "the broadcast has no message: %s", shape)
	}
	data, err := sandbox.FromLua(t)
	if err != nil {
		return r.fail("message", "message: %v", err)
	}
	fields, ok := data.(map[string]any)
	if !ok || len(fields) != 1 {
		return r.fail("message", "%s", shape)
	}
	for field, v := range fields {
		text, isText := v.(string)
		list, isList := v.([]any)
		switch {
		case !slices.Contains(messageFields, field):
			return r.fail("message", "%s, not %q", shape, field)
		case field == "articles" && (!isList || len(list) == 0):
			return r.fail("message", "articles must be a list of { title =, description =, picurl =, url = }")
		case field != "articles" && (!isText || text == ""):
			return r.fail("message", "%s must be a text that is not empty", field)
		}
	}
	if b.Message, err = json.Marshal(fields); err != nil {
		return r.fail("message", "message: %v", err)
	}
	return nil
}

// fieldLine finds the line of a field in `broadcast { … }`, else the line of the call, else 1. The source compiles.
func fieldLine(source, field string) int {
	chunk, err := parse.Parse(strings.NewReader(source), "")
	if err != nil {
		return 1
	}
	for _, stmt := range chunk {
		ret, ok := stmt.(*ast.ReturnStmt)
		if !ok || len(ret.Exprs) == 0 {
			continue
		}
		call, ok := ret.Exprs[0].(*ast.FuncCallExpr)
		if !ok || len(call.Args) == 0 {
			return ret.Line()
		}
		table, ok := call.Args[0].(*ast.TableExpr)
		if !ok {
			return ret.Line()
		}
		for _, f := range table.Fields {
			if key, ok := f.Key.(*ast.StringExpr); ok && key.Value == field {
				return key.Line()
			}
		}
		return table.Line()
	}
	return 1
}
