package crypt_test

import (
	"errors"
	"testing"

	"fanflow/wechat/crypt"
)

func TestZeroKey(t *testing.T) {
	var k crypt.Key
	for _, envelope := range []string{"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		if msg, err := k.Open(envelope, "wx"); !errors.Is(err, crypt.ErrEnvelope) || msg != nil {
			t.Errorf("Open(%q) = %q, %v", envelope, msg, err)
		}
	}
	if envelope, err := k.Seal([]byte("a"), "wx"); err == nil || envelope != "" {
		t.Errorf("Seal = %q, %v", envelope, err)
	}
}
