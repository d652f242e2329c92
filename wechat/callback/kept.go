package callback

import (
	"encoding/binary"
	"time"

	"fanflow/wechat"
)

const (
	keepFor   = 20 * time.Second // a reply, from when it is settled
	keepMost  = 1 << 16          // replies of a generation, and
	keepBytes = 16 << 20         // their bytes; the Receiver answers for what is older
)

// kept remembers what settled pushes were answered. There are many, so they hold no pointer that the garbage collector would
// follow in every cycle. They are let go of by generations: when the young one is full, or as old as a reply is kept, it takes
// the place of the old one. So the newest keepMost replies (or keepBytes) are there, and twice as many at most.
type kept struct {
	young, old generation
	began      time.Time // of young
}

// generation is replies, one after the other, and where to find them.
type generation struct {
	places map[mark]place
	bytes  []byte
}

// mark is a Push.Key.
type mark [33]byte

// place is where a reply stands. The zero Reply takes no bytes.
type place struct {
	settled    int64 // nanoseconds since epoch
	start, end uint32
}

// epoch is what the times of places count from. Time since then does not jump with the clock on the wall.
var epoch = time.Now()

func markOf(key string) (m mark) {
	copy(m[:], key)
	return m
}

// put keeps a reply, and lets go of what was kept long enough; no clock of its own is needed for that.
func (k *kept) put(key string, r wechat.Reply, now time.Time) {
	if k.young.places == nil {
		k.young, k.old, k.began = newGeneration(), newGeneration(), now
	}
	if len(k.young.places) >= keepMost || len(k.young.bytes) >= keepBytes || now.Sub(k.began) > keepFor {
		k.turn(now)
	}
	from := len(k.young.bytes)
	k.young.bytes = appendReply(k.young.bytes, r)
	k.young.places[markOf(key)] = place{int64(now.Sub(epoch)), uint32(from), uint32(len(k.young.bytes))}
}

func newGeneration() generation { return generation{places: make(map[mark]place)} }

// turn begins a new generation in the memory of the one before the last, unless it is far too large: a burst is over then.
func (k *kept) turn(now time.Time) {
	next := k.old
	if len(next.places)/4 > len(k.young.places) || cap(next.bytes)/4 > len(k.young.bytes) {
		next = newGeneration()
	}
	clear(next.places)
	next.bytes = next.bytes[:0]
	k.young, k.old, k.began = next, k.young, now
}

// get finds the reply that was kept under a key, unless that was too long ago.
func (k *kept) get(key string, now time.Time) (r wechat.Reply, ok bool) {
	m := markOf(key)
	for _, g := range [...]*generation{&k.young, &k.old} {
		if at, ok := g.places[m]; ok {
			return readReply(g.bytes[at.start:at.end]), int64(now.Sub(epoch))-at.settled <= int64(keepFor)
		}
	}
	return wechat.Reply{}, false
}

// texts are the fields of a Reply that are kept beside its articles.
func texts(r *wechat.Reply) [9]*string {
	return [...]*string{&r.MsgType, &r.Content, &r.MediaID, &r.Title, &r.Desc, &r.MusicURL, &r.HQMusic, &r.Thumb, &r.KfAccount}
}

func textsOf(a *wechat.Article) [4]*string {
	return [...]*string{&a.Title, &a.Description, &a.PicURL, &a.URL}
}

// appendReply appends every text of a reply behind its length; the texts of its articles follow its own.
func appendReply(dst []byte, r wechat.Reply) []byte {
	if r.IsZero() {
		return dst
	}
	for _, text := range texts(&r) {
		dst = append(binary.AppendUvarint(dst, uint64(len(*text))), *text...)
	}
	for i := range r.Articles {
		for _, text := range textsOf(&r.Articles[i]) {
			dst = append(binary.AppendUvarint(dst, uint64(len(*text))), *text...)
		}
	}
	return dst
}

// readReply reads what appendReply wrote. Nothing of it stays in b.
func readReply(b []byte) (r wechat.Reply) {
	if len(b) == 0 {
		return r
	}
	for _, text := range texts(&r) {
		*text, b = cutText(b)
	}
	for len(b) > 0 {
		var a wechat.Article
		for _, text := range textsOf(&a) {
			*text, b = cutText(b)
		}
		r.Articles = append(r.Articles, a)
	}
	return r
}

func cutText(b []byte) (text string, rest []byte) {
	size, n := binary.Uvarint(b)
	b = b[n:]
	return string(b[:size]), b[size:]
}
