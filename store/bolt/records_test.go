package bolt

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fanflow/store"
)

// records are what the coder knows.
var records = []func() any{
	func() any { return &store.Fan{} }, func() any { return &store.Row{} }, func() any { return &store.Receipt{} },
	func() any { return &store.Job{} }, func() any { return &store.Send{} }, func() any { return &store.Enrollment{} },
	func() any { return &store.Count{} }, func() any { return &store.CohortCount{} }, func() any { return &store.Totals{} },
	func() any { return new(uint64) }, func() any { return new(int64) }, func() any { return new(int) },
}

// oddities are texts that JSON must escape, must not escape, or cannot hold.
var oddities = []string{
	"", "a", "优惠券", "<b>&", "a\"b\\c", "two\nlines\t\r\b\f", "\x00\x01\x1f\x7f", "\xff\xfebad", "cut\xe4\xbd", "\u2028\u2029", "\ufffd", "😀",
	"a,b]}", `\`, `\u0041`, "[{", strings.Repeat("长", 200),
}

var oddJSON = []string{`null`, `"a b"`, `{"a":[1,2,{"b":"}]\""}]}`, `12`, `-1.5e3`, `"<&> \u2028"`, `{ "a" : [ 1 , 2 ] }`, "\n[]\n", `true`, "\"\u2028\""}

// fill gives everything that v points to some value, sparse ones with many fields left as they are.
func fill(r *rand.Rand, v reflect.Value, sparse bool) {
	if sparse && r.IntN(2) == 0 && v.CanAddr() {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		at := time.UnixMilli(r.Int64N(4e12) - 1e12)
		v.Set(reflect.ValueOf([]time.Time{at.UTC(), at.In(time.FixedZone("", 8*3600)), at.UTC().Truncate(time.Hour)}[r.IntN(3)]))
		return
	case json.RawMessage:
		v.SetBytes([]byte(oddJSON[r.IntN(len(oddJSON))]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), sparse)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), sparse)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 4))
		for i := range v.Len() {
			fill(r, v.Index(i), sparse)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + r.IntN(12) {
			key, one := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, false)
			fill(r, one, sparse)
			v.SetMapIndex(key, one)
		}
	case reflect.String:
		v.SetString(oddities[r.IntN(len(oddities))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt([]int64{1, -1, 7, 1 << 40, -1 << 63, 1<<63 - 1}[r.IntN(6)])
	case reflect.Uint64:
		v.SetUint([]uint64{1, 1 << 63, 1<<64 - 1}[r.IntN(3)])
	default:
		panic("no example of " + v.Type().String())
	}
}

// A field that records.go leaves out, misnames or puts elsewhere shows here.
func TestRecordsAreWrittenAsEncodingJSONWritesThem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 5000 {
		v := records[n%len(records)]()
		fill(r, reflect.ValueOf(v).Elem(), n%3 > 0)
		want, err := encodeAny(v)
		if err != nil {
			t.Fatal(err)
		}
		c := &coder{b: []byte{jsonFormat}}
		if !describe(c, v) || c.err != nil {
			t.Fatalf("%T is not described: %v", v, c.err)
		}
		if string(c.b) != string(want) {
			t.Fatalf("%T:\n got %s\nwant %s", v, c.b, want)
		}
		sameReading(t, reflect.TypeOf(v).Elem(), c.b[1:], true)
	}
}

// sameReading holds the coder's reading of a text against that of encoding/json. known: it must be able to read it.
func sameReading(t *testing.T, typ reflect.Type, b []byte, known bool) {
	t.Helper()
	got, want := reflect.New(typ).Interface(), reflect.New(typ).Interface()
	c := &coder{b: b, reading: true}
	describe(c, got)
	if c.err != nil || len(c.b) > 0 {
		if known {
			t.Fatalf("%v: cannot read %s: %v, %q is left", typ, b, c.err, c.b)
		}
		return
	}
	if err := json.Unmarshal(b, want); err != nil {
		t.Fatalf("%v: read %s, which encoding/json does not: %v", typ, b, err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable()); d != "" {
		t.Fatalf("%v: %s (-want +got):\n%s", typ, b, d)
	}
}

func TestWhatIsUnusualIsReadAllTheSame(t *testing.T) {
	for _, text := range []string{
		`{"rev":1}`, ` { "rev" : 3 , "id" : {"openid":"o","account":"a"} } `, `{"REV":2,"unknown":[1]}`, `{"id":null,"tags":null,"attrs":{"a":null}}`,
		`{"tags":[],"attrs":{},"live":[{}]}`, `{"rev":1,"rev":2}`, `{"scene":"\u4f18\n"}`,
	} {
		var got, want store.Fan
		if err := decode([]byte("J"+text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
	for _, text := range []string{``, `{`, `{"rev":01}`, `{"rev":-1}`, `{"rev":1,}`, `{,"rev":1}`, `{"rev":1}x`, `{"tags":["a" "b"]}`, `{"attrs":{"a":}}`} {
		if err := decode([]byte("J"+text), &store.Fan{}); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func TestNoJSONIsNotStored(t *testing.T) {
	for _, bad := range []string{`{`, `1 2`, ` `} {
		if b, err := encode(&store.Row{Entry: store.Entry{Value: json.RawMessage(bad)}}); err == nil {
			t.Errorf("%q was written as %s", bad, b)
		}
	}
}

func FuzzRecords(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for i, record := range records {
		v := record()
		fill(r, reflect.ValueOf(v).Elem(), false)
		b, err := encodeAny(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint(i), b[1:])
	}
	f.Fuzz(func(t *testing.T, i uint, b []byte) {
		v := records[i%uint(len(records))]()
		sameReading(t, reflect.TypeOf(v).Elem(), b, false)
		if json.Unmarshal(b, v) != nil {
			return
		}
		want, wantErr := encodeAny(v)
		got, err := encode(v)
		if string(got) != string(want) || (err == nil) != (wantErr == nil) {
			t.Fatalf("%T:\n got %s %v\nwant %s %v", v, got, err, want, wantErr)
		}
	})
}
