package store

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// crowd fills v with what takes most room in JSON.
func crowd(r *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 12, 31, 23, 59, 59, 999999999, time.FixedZone("", 8*3600))))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`["<&>` + "\u2028" + strings.Repeat("<", r.IntN(3000)) + `"]`))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			crowd(r, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		crowd(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			crowd(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			crowd(r, key)
			crowd(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		v.SetString(strings.Repeat("\x01", r.IntN(3000)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-1 << 63)
	case reflect.Uint64:
		v.SetUint(1<<64 - 1)
	default:
		panic("no example of " + v.Type().String())
	}
}

// A field that room.go forgets shows here as one that takes more than was thought.
func TestNothingTakesMoreThanItsRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var c Change
		crowd(r, reflect.ValueOf(&c).Elem())
		n, err := c.Size()
		if err != nil {
			t.Fatal(err)
		}
		if room := c.room(); n > room.n || room.doubt {
			t.Fatalf("%d bytes find room in %+v", n, room)
		}
	}
}

func TestWhatCannotBeEncodedIsFound(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	good := func() Change { return Change{Fan: FanID{"a", "o"}, Cause: "c", At: at} }
	for name, spoil := range map[string]func(*Change){
		"receipt": func(c *Change) { c.Receipt = json.RawMessage("{") },
		"value":   func(c *Change) { c.Entries = []Entry{{Kind: AttrSet, Name: "n", Value: json.RawMessage("1 2")}} },
		"args": func(c *Change) {
			c.Jobs = []Job{{ID: "j", Account: "a", Kind: "k", Due: at, Args: json.RawMessage("x")}}
		},
		"write":    func(c *Change) { c.Writes = []KV{{Key: "k", Value: json.RawMessage("]")}} },
		"far time": func(c *Change) { c.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"content": func(c *Change) {
			c.Sends = []Send{{ID: "s", Account: "a", Status: Waiting, Content: json.RawMessage{}, Created: at, Due: at}}
		},
	} {
		c := good()
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		if err := c.Validate(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
