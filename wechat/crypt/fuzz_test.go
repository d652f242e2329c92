package crypt_test

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"fanflow/wechat/crypt"
)

// FuzzOpen holds that no envelope makes Open panic, and that what opens is sealed to the same bytes again.
func FuzzOpen(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.envelope, v.receiver, v.key)
	}
	f.Add("", "", keyS)
	f.Fuzz(func(t *testing.T, envelope, receiver, encodingAESKey string) {
		key, err := crypt.ParseKey(encodingAESKey)
		if err != nil {
			return
		}
		msg, err := key.Open(envelope, receiver)
		if err != nil {
			if msg != nil || !errors.Is(err, crypt.ErrEnvelope) && !errors.Is(err, crypt.ErrReceiver) {
				t.Fatalf("Open = %q, %v", msg, err)
			}
			return
		}
		again, err := key.Open(key.SealWith([16]byte{1}, msg, receiver), receiver)
		if err != nil || string(again) != string(msg) {
			t.Fatalf("sealed and opened again = %q, %v, want %q", again, err, msg)
		}
	})
}

// FuzzSeal holds that whatever is sealed opens to the same bytes, for its receiver only.
func FuzzSeal(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.msg), v.receiver)
	}
	f.Fuzz(func(t *testing.T, msg []byte, receiver string) {
		key := mustKey(t, keyS)
		envelope, err := key.Seal(msg, receiver)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.Open(envelope, receiver); err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("Open = %q, %v, want %q", got, err, msg)
		}
		if _, err := key.Open(envelope, receiver+"x"); !errors.Is(err, crypt.ErrReceiver) {
			t.Fatalf("opened for another receiver: %v", err)
		}
	})
}

// FuzzPlain opens envelopes of any plain text, which no damaged envelope would ever come to, and compares with a reading that
// takes no care of time.
func FuzzPlain(f *testing.F) {
	f.Add([]byte("0123456789abcdef\x00\x00\x00\x05hellowxapp\x02\x02"), "wxapp")
	f.Add([]byte(strings.Repeat("\x20", 32)), "")
	f.Add(append(make([]byte, 47), 1), "wxapp")
	f.Fuzz(func(t *testing.T, plain []byte, receiver string) {
		plain = plain[:len(plain)/aes.BlockSize*aes.BlockSize]
		got, err := mustKey(t, keyS).Open(seal(t, keyS, plain), receiver)
		want, ok := readPlain(plain, receiver)
		if ok != (err == nil) || !bytes.Equal(got, want) {
			t.Fatalf("Open of %q for %q = %q, %v, want %q, %v", plain, receiver, got, err, want, ok)
		}
	})
}

func readPlain(plain []byte, receiver string) (msg []byte, ok bool) {
	if len(plain) == 0 {
		return nil, false
	}
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > 32 || pad > len(plain) || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, false
	}
	plain = plain[:len(plain)-pad]
	if len(plain) < 20 {
		return nil, false
	}
	length, rest := binary.BigEndian.Uint32(plain[16:20]), plain[20:]
	if uint64(length) > uint64(len(rest)) || string(rest[length:]) != receiver {
		return nil, false
	}
	return rest[:length], true
}
