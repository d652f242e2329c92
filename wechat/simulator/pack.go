package simulator

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// Most items are texts, and most of a text's JSON says that it is one. Such items are kept as one byte for the kind, eight for
// the time and what stands between the quotes of content, which is half of it or less.
var packedKinds = []string{kindPassive, kindCustomer, kindMass, kindFault}

const (
	packedKind    = `{"kind":"`
	packedAt      = `","at":"`
	packedContent = `","msgtype":"text","content":"`
	packedEnd     = `"}`
)

// pack returns the short form of an item's JSON, or the JSON where it has none.
func pack(item string) string {
	kind, rest, ok := strings.Cut(strings.TrimPrefix(item, packedKind), packedAt)
	i := slices.Index(packedKinds, kind)
	at, content, more := strings.Cut(rest, packedContent)
	if !ok || !more || i < 0 || !strings.HasSuffix(content, packedEnd) {
		return item
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return item
	}
	b := binary.BigEndian.AppendUint64([]byte{byte(i)}, uint64(t.UnixMilli()))
	short := string(append(b, content[:len(content)-len(packedEnd)]...))
	if unpack(short) != item {
		return item
	}
	return short
}

// unpack returns the item's JSON.
func unpack(item string) string {
	if len(item) < 9 || int(item[0]) >= len(packedKinds) {
		return item
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64([]byte(item[1:9]))))
	return packedKind + packedKinds[item[0]] + packedAt + stamp(at) + packedContent + item[9:] + packedEnd
}
