package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/http"
)

// Text is a secret, or a text with secrets in it, as scripts have it: by name. It cannot be joined, measured, compared or kept.
type Text struct {
	pieces []http.Piece
	label  string
}

var _ http.Sealer = (*Text)(nil)

// Sealed gives the pieces of the text.
func (t *Text) Sealed() []http.Piece { return t.pieces }

// What a sealed text may consist of.
const (
	maxPieces = 64
	maxBytes  = 4 << 10 // of its plain pieces
	costText  = 200     // what it takes beside them
)

var secretsMeta = meta("secrets", events{"__index": secret})

// secret is secrets.name: nil where the operator has not set it.
func secret(L *lua.LState) int {
	s, v := looked(L, "secrets")
	name := L.CheckString(2)
	if name == "join" {
		L.Push(joining)
		return 1
	}
	set, err := v.src.Secret(v.plugin, name)
	if err != nil {
		s.Raise(err)
	}
	if !set {
		L.Push(lua.LNil)
		return 1
	}
	ud := v.made[name]
	if ud == nil {
		s.Charge(costText)
		ud = seal(&Text{pieces: []http.Piece{{Plugin: v.plugin, Secret: name}}, label: "secret " + v.plugin + "." + name})
		if v.made == nil {
			v.made = map[string]*lua.LUserData{}
		}
		v.made[name] = ud
	}
	L.Push(ud)
	return 1
}

var joining = &lua.LFunction{IsG: true, Env: &lua.LTable{Metatable: lua.LNil}, GFunction: join}

// join is secrets.join(…): one text of texts, numbers and secrets.
func join(L *lua.LState) int {
	s := sandbox.From(L)
	t := &Text{label: "text with secrets"}
	length := 0
	for i := 1; i <= L.GetTop(); i++ {
		switch v := L.Get(i).(type) {
		case lua.LString, lua.LNumber:
			text := s.Text(v)
			if strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text) { // a key of HMAC is the same with zero bytes after it: they would measure it
				s.Raise(errors.New("secrets.join takes texts in UTF-8 without zero bytes"))
			}
			length += len(text)
			t.pieces = append(t.pieces, http.Piece{Text: text})
		case *lua.LUserData:
			part, ok := v.Value.(http.Sealer)
			if !ok {
				L.ArgError(i, "a text, a number or a secret is expected")
			}
			for _, p := range part.Sealed() {
				length += len(p.Text)
				t.pieces = append(t.pieces, p)
			}
		default:
			L.ArgError(i, fmt.Sprintf("a text, a number or a secret is expected, not %s", v.Type()))
		}
		if len(t.pieces) > maxPieces || length > maxBytes {
			s.Raise(fmt.Errorf("secrets.join takes at most %d parts and %d KB of text", maxPieces, maxBytes>>10))
		}
	}
	if len(t.pieces) == 0 {
		s.Raise(errors.New("secrets.join has nothing to join"))
	}
	s.Spend(length / 64)
	s.Charge(costText + int64(length) + 64*int64(len(t.pieces)))
	L.Push(seal(t))
	return 1
}

func seal(t *Text) *lua.LUserData {
	return &lua.LUserData{Value: t, Env: &lua.LTable{Metatable: lua.LNil}, Metatable: textMeta}
}

// textMeta refuses what scripts do with texts, in words that say why.
var textMeta = func() *lua.LTable {
	refuse := func(what string) lua.LGFunction {
		return func(L *lua.LState) int {
			L.RaiseError("a secret cannot be %s: no script sees its text; use secrets.join, and give it to http or crypto.hmac_sha256", what)
			return 0
		}
	}
	t := meta("a secret", events{
		"__index": refuse("looked into"), "__newindex": refuse("changed"), "__concat": refuse("joined with .."), "__len": refuse("measured"),
		"__call": refuse("called"), "__lt": refuse("compared"), "__le": refuse("compared"), "__pairs": refuse("walked"),
		"__add": refuse("computed with"), "__sub": refuse("computed with"), "__mul": refuse("computed with"), "__div": refuse("computed with"),
		"__mod": refuse("computed with"), "__pow": refuse("computed with"), "__unm": refuse("computed with"),
	})
	t.RawSetString("__tostring", &lua.LFunction{IsG: true, Env: &lua.LTable{Metatable: lua.LNil}, GFunction: func(L *lua.LState) int {
		label := "a secret"
		if t, ok := L.CheckUserData(1).Value.(*Text); ok {
			label = t.label
		}
		L.Push(lua.LString(strings.Clone(label)))
		return 1
	}})
	return t
}()
