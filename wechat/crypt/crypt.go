// Package crypt holds the signature and the envelope by which WeChat and a server know that a push, or a reply, is theirs.
// Official Accounts and WeCom share them. It knows nothing of XML or HTTP.
// Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
package crypt

import (
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
	"slices"
	"strings"
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
	sorted := slices.Clone(parts)
	slices.Sort(sorted)
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// Verify reports whether signature is that of the parts. It takes the same time wherever the two differ.
func Verify(signature string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(signature), []byte(Signature(parts...))) == 1
}

// Both lengths are the platform's: AES blocks of 16 bytes, but padding to a multiple of 32.
const (
	paddedTo   = 32
	randomSize = 16
	headerSize = randomSize + 4 // random bytes, then the length of the message as a big-endian uint32
	keyLetters = 43
)

// Key opens and seals envelopes. It is safe for concurrent use. The zero Key is of no use.
type Key struct {
	block cipher.Block
	iv    [aes.BlockSize]byte // the platform's rule: the first 16 bytes of the key
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
	k := Key{block: block}
	copy(k.iv[:], raw)
	return k, nil
}

// Seal encrypts msg for the receiver (the AppID) under a random prefix and returns the envelope as standard Base64. The only
// error is that of the system's random source.
func (k Key) Seal(msg []byte, receiver string) (string, error) {
	var random [randomSize]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("random prefix of the envelope: %w", err)
	}
	return k.SealWith(random, msg, receiver), nil
}

// SealWith is Seal with a given prefix, so that known vectors can be made again. The IV is fixed by the platform: two
// envelopes with one prefix begin alike, so a real one needs a fresh prefix each time.
func (k Key) SealWith(random [16]byte, msg []byte, receiver string) string {
	size := headerSize + len(msg) + len(receiver)
	pad := paddedTo - size%paddedTo
	plain := make([]byte, 0, size+pad)
	plain = append(plain, random[:]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg)))
	plain = append(plain, msg...)
	plain = append(plain, receiver...)
	for range pad {
		plain = append(plain, byte(pad))
	}
	cipher.NewCBCEncrypter(k.block, k.iv[:]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// Open decrypts an envelope and returns its message, which the caller owns. The error is ErrEnvelope or ErrReceiver. The
// envelope carries no proof of its own: check msg_signature first.
func (k Key) Open(envelope, receiver string) ([]byte, error) {
	plain, err := base64.StdEncoding.DecodeString(envelope)
	if err != nil || len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, ErrEnvelope
	}
	cipher.NewCBCDecrypter(k.block, k.iv[:]).CryptBlocks(plain, plain)
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

// unpad takes off 1 to 32 bytes of the padding's own length; 16, as most libraries would allow, is too few here.
func unpad(plain []byte) ([]byte, bool) {
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > paddedTo || pad > len(plain) {
		return nil, false
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, false
		}
	}
	return plain[:len(plain)-pad], true
}
