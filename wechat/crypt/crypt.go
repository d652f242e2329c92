// Package crypt holds the signature and the envelope by which WeChat and a server know that a push, or a reply, is theirs.
// Official Accounts and WeCom share them. It knows nothing of XML or HTTP.
// Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
package crypt

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrEnvelope is what Open returns for an envelope that the key does not open: broken Base64, a length that is no whole
// number of blocks, wrong padding, or a length field that points outside. It does not say which, on purpose: the sender of a
// forged envelope learns nothing from it.
var ErrEnvelope = errors.New("envelope cannot be opened with this key")

// ErrReceiver is what Open returns for an envelope that opens but was made for another receiver (another AppID).
var ErrReceiver = errors.New("envelope is for another receiver")

// Signature is the lower-case hex SHA-1 of the parts, sorted as byte strings and concatenated. The parts are token, timestamp
// and nonce, and for an encrypted body the text of Encrypt as well.
func Signature(parts ...string) string {
	digest := digestOf(parts)
	return string(digest[:])
}

// AppendSignature appends to dst what Signature would give.
func AppendSignature(dst []byte, parts ...[]byte) []byte {
	digest := digestOf(parts)
	return append(dst, digest[:]...)
}

// Verify reports whether signature is that of the parts. It takes the same time wherever the two differ.
func Verify(signature string, parts ...string) bool {
	digest := digestOf(parts)
	return subtle.ConstantTimeCompare([]byte(signature), digest[:]) == 1
}

// digestOf joins the parts on the stack, where a push of usual length fits. It sorts their numbers: parts that are copied would
// have to be on the heap.
func digestOf[T string | []byte](parts []T) (digest [2 * sha1.Size]byte) {
	var few [4]int
	order := few[:0]
	for i := range parts {
		order = append(order, i)
		for j := i; j > 0 && compare(parts[order[j]], parts[order[j-1]]) < 0; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	var room [1024]byte
	joined := room[:0]
	for _, i := range order {
		joined = append(joined, parts[i]...)
	}
	sum := sha1.Sum(joined)
	hex.Encode(digest[:], sum[:])
	return digest
}

// compare is that of strings and of bytes in one, which for a type parameter would copy.
func compare[T string | []byte](a, b T) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// Both lengths are the platform's: AES blocks of 16 bytes, but padding to a multiple of 32.
const (
	paddedTo   = 32
	randomSize = 16
	headerSize = randomSize + 4 // random bytes, then the length of the message as a big-endian uint32
	keyLetters = 43
)

// Key opens and seals envelopes. It is safe for concurrent use. The zero Key opens nothing and seals nothing.
type Key struct{ cbc *cbc }

// cbc is the cipher of a key. Making a mode copies all of AES's round keys, so modes are used again.
type cbc struct {
	block            cipher.Block
	iv               [aes.BlockSize]byte // the platform's rule: the first 16 bytes of the key
	sealers, openers sync.Pool           // of rewinder
}

// rewinder is a mode that can begin anew, as those of the standard library can, though it does not promise it.
type rewinder interface {
	cipher.BlockMode
	SetIV(iv []byte)
}

func (c *cbc) encrypt(blocks []byte) { c.run(&c.sealers, cipher.NewCBCEncrypter, blocks) }
func (c *cbc) decrypt(blocks []byte) { c.run(&c.openers, cipher.NewCBCDecrypter, blocks) }

func (c *cbc) run(used *sync.Pool, fresh func(cipher.Block, []byte) cipher.BlockMode, blocks []byte) {
	mode, again := used.Get().(rewinder)
	if again {
		mode.SetIV(c.iv[:])
		mode.CryptBlocks(blocks, blocks)
	} else {
		one := fresh(c.block, c.iv[:])
		one.CryptBlocks(blocks, blocks)
		mode, again = one.(rewinder)
	}
	if again {
		used.Put(mode)
	}
}

// ParseKey reads an EncodingAESKey: 43 characters of Base64 without padding. The last character usually has spare bits that
// are not zero, so decoding is lenient about them. The error never holds the key.
func ParseKey(encodingAESKey string) (Key, error) {
	if len(encodingAESKey) != keyLetters {
		return Key{}, fmt.Errorf("encoding AES key has %d characters, it must have %d", len(encodingAESKey), keyLetters)
	}
	if strings.ContainsAny(encodingAESKey, "\r\n") { // the decoder would skip them
		return Key{}, errors.New("encoding AES key holds a line break")
	}
	raw, err := base64.RawStdEncoding.DecodeString(encodingAESKey)
	if err != nil {
		return Key{}, errors.New("encoding AES key holds a character that is not Base64 (letters, digits, + and /)")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return Key{}, fmt.Errorf("encoding AES key: %w", err)
	}
	c := &cbc{block: block}
	copy(c.iv[:], raw)
	return Key{c}, nil
}

// Seal encrypts msg for the receiver (the AppID) under a random prefix and returns the envelope as standard Base64. It fails
// for the zero Key, and where the system's random source does.
func (k Key) Seal(msg []byte, receiver string) (string, error) {
	envelope, err := k.AppendSeal(nil, msg, receiver)
	return string(envelope), err
}

// AppendSeal appends to dst what Seal would give.
func (k Key) AppendSeal(dst, msg []byte, receiver string) ([]byte, error) {
	if k.cbc == nil {
		return dst, errors.New("there is no key to seal the envelope with")
	}
	var random [randomSize]byte
	if _, err := rand.Read(random[:]); err != nil {
		return dst, fmt.Errorf("random prefix of the envelope: %w", err)
	}
	return k.seal(dst, random, msg, receiver), nil
}

// SealWith is Seal with a given prefix, so that known vectors can be made again. The IV is fixed by the platform: two
// envelopes with one prefix begin alike, so a real one needs a fresh prefix each time.
func (k Key) SealWith(random [16]byte, msg []byte, receiver string) string {
	return string(k.seal(nil, random, msg, receiver))
}

// scratch is where plain text is sealed.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// mostScratch is how large a buffer may be to be used again, in bytes.
const mostScratch = 64 << 10

func (k Key) seal(dst []byte, random [16]byte, msg []byte, receiver string) []byte {
	room := scratch.Get().(*[]byte)
	plain := append((*room)[:0], random[:]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg)))
	plain = append(plain, msg...)
	plain = append(plain, receiver...)
	pad := paddedTo - len(plain)%paddedTo
	for range pad {
		plain = append(plain, byte(pad))
	}
	k.cbc.encrypt(plain)
	dst = base64.StdEncoding.AppendEncode(dst, plain)
	if cap(plain) <= mostScratch {
		*room = plain
		scratch.Put(room)
	}
	return dst
}

// Open decrypts an envelope and returns its message, which the caller owns. The error is ErrEnvelope or ErrReceiver. The
// envelope carries no proof of its own: check msg_signature first.
func (k Key) Open(envelope, receiver string) ([]byte, error) {
	if k.cbc == nil {
		return nil, ErrEnvelope
	}
	plain, err := base64.StdEncoding.DecodeString(envelope)
	if err != nil || len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, ErrEnvelope
	}
	k.cbc.decrypt(plain)
	plain, ok := unpad(plain)
	if !ok || len(plain) < headerSize {
		return nil, ErrEnvelope
	}
	rest := plain[headerSize:]
	length := binary.BigEndian.Uint32(plain[randomSize:headerSize])
	if uint64(length) > uint64(len(rest)) {
		return nil, ErrEnvelope
	}
	if subtle.ConstantTimeCompare(rest[length:], []byte(receiver)) != 1 {
		return nil, ErrReceiver
	}
	return rest[:length:length], nil
}

// unpad takes off 1 to 32 bytes of the padding's own length; 16, as most libraries would allow, is too few here. It looks at the
// same bytes in the same time whatever they are.
func unpad(plain []byte) ([]byte, bool) {
	last := plain[len(plain)-1]
	pad, most := int(last), min(paddedTo, len(plain))
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, most)
	for i := 1; i <= most; i++ {
		beyond := subtle.ConstantTimeLessOrEq(pad+1, i)
		good &= beyond | subtle.ConstantTimeByteEq(plain[len(plain)-i], last)
	}
	if good == 0 {
		return nil, false
	}
	return plain[:len(plain)-pad], true
}
