// Package crypto is the Lua module crypto: digests and base64, for signed links and the APIs of others.
package crypto

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/http"
)

// Library is the module.
var Library = sandbox.Describe(words, map[string]lua.LGFunction{
	"sha256": sum, "hmac_sha256": mac, "base64": encode, "base64_decode": decode, "hex": toHex, "hex_decode": fromHex, "random_token": token,
}, nil)

// Port signs with secrets.
type Port interface {
	// Sign gives the HMAC-SHA-256 of a text under a key that holds secrets, in hex.
	Sign(key http.Sealed, text string) (string, error)
}

type portKey struct{}

// Module is the module in a decision. p may be nil: then nothing is signed with a secret.
func Module(p Port) sandbox.Module {
	return func(s *sandbox.State, in sandbox.Scope) lua.LValue {
		if p != nil {
			s.Bind(portKey{}, p)
		}
		return Library.Module(s, in)
	}
}

// push charges the work on a text of n bytes and pushes what came of it.
func push(L *lua.LState, n int, v string) int {
	s := sandbox.From(L)
	s.Spend(n / 16)
	s.Fits(len(v))
	L.Push(lua.LString(v))
	return 1
}

// sum is crypto.sha256(s): the SHA-256 of s, in hex.
func sum(L *lua.LState) int {
	v := L.CheckString(1)
	digest := sha256.Sum256([]byte(v))
	return push(L, len(v), hex.EncodeToString(digest[:]))
}

// mac is crypto.hmac_sha256(key, s): the HMAC-SHA-256 of s under key, in hex. A key that holds a secret is opened outside: the
// answer is remembered with the decision, which comes out the same when the secret is another one.
func mac(L *lua.LState) int {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if key, ok := ud.Value.(http.Sealer); ok {
			return sign(L, key.Sealed())
		}
	}
	key, v := L.CheckString(1), L.CheckString(2)
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(v))
	return push(L, len(key)+len(v), hex.EncodeToString(h.Sum(nil)))
}

func sign(L *lua.LState, key http.Sealed) int {
	s, v := sandbox.From(L), L.CheckString(2)
	p, ok := s.Bound(portKey{}).(Port)
	if !ok {
		s.Raise(errors.New("crypto.hmac_sha256 takes a secret only while a fan is being served: call it inside of a function"))
	}
	sum, err := p.Sign(key, v)
	if err != nil {
		s.Raise(err)
	}
	return push(L, len(v), sum)
}

// encode is crypto.base64(s), with padding.
func encode(L *lua.LState) int {
	v := L.CheckString(1)
	return push(L, len(v), base64.StdEncoding.EncodeToString([]byte(v)))
}

// decode is crypto.base64_decode(s): nil where s is no base64.
func decode(L *lua.LState) int {
	v := L.CheckString(1)
	out, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		L.Push(lua.LNil)
		return 1
	}
	return push(L, len(v), string(out))
}

// toHex is crypto.hex(s).
func toHex(L *lua.LState) int {
	v := L.CheckString(1)
	return push(L, len(v), hex.EncodeToString([]byte(v)))
}

// fromHex is crypto.hex_decode(s): nil where s is no hex.
func fromHex(L *lua.LState) int {
	v := L.CheckString(1)
	out, err := hex.DecodeString(v)
	if err != nil {
		L.Push(lua.LNil)
		return 1
	}
	return push(L, len(v), string(out))
}

// letters of tokens: none that is taken for another when a fan reads it off a screen.
const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

// maxToken is the longest token.
const maxToken = 64

// token is crypto.random_token(n): n letters and digits from the decision's seed.
func token(L *lua.LState) int {
	n := L.CheckInt(1)
	if n < 1 || n > maxToken {
		L.ArgError(1, "a token has 1 to 64 characters")
	}
	r := sandbox.From(L).Random()
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[r.IntN(len(letters))]
	}
	return push(L, 16*n, string(out))
}
