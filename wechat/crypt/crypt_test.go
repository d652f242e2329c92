package crypt_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"fanflow/wechat/crypt"
)

// Keys of the public vectors.
var (
	keyA = strings.Repeat("A", 43)
	keyS = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	keyW = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	keyP = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
)

func mustKey(t testing.TB, s string) crypt.Key {
	t.Helper()
	k, err := crypt.ParseKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignature(t *testing.T) {
	for _, tt := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"V1, URL verification", []string{"AAAAA", "1714036504", "1514711492"}, "f464b24fc39322e44b38aa78f5edd27bd1441696"},
		{"V2, plain push", []string{"AAAAA", "1714037059", "486452656"}, "899cf89e464efb63f54ddac96b0a0a235f53aa78"},
		{"V3, safe push, signature of the URL", []string{"AAAAA", "1714112445", "415670741"}, "6c5c811b55cc85e0e1b54100749188c20beb3f5d"},
		{"V5, platform push, signature of the URL", []string{"AAAAA", "1715943329", "1590219412"}, "cc0c594499c1634947d5b502f158ee518947db27"},
		{"V13, scene push, signature of the URL", []string{"pamtest", "1700000000", "sim0001"}, "2803767ba453782765841dd07271ce7222bc73c0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := crypt.Signature(tt.parts...); got != tt.want {
				t.Errorf("Signature = %s, want %s", got, tt.want)
			}
			if !crypt.Verify(tt.want, tt.parts...) {
				t.Error("Verify refuses the right signature")
			}
			for _, wrong := range []string{"", tt.want[1:], tt.want + "0", strings.ToUpper(tt.want), strings.Replace(tt.want, tt.want[:1], "x", 1)} {
				if crypt.Verify(wrong, tt.parts...) {
					t.Errorf("Verify takes %q", wrong)
				}
			}
		})
	}
}

func TestSignatureLeavesPartsAlone(t *testing.T) {
	parts := []string{"c", "a", "b"}
	crypt.Signature(parts...)
	if parts[0] != "c" || parts[1] != "a" || parts[2] != "b" {
		t.Errorf("parts were sorted in place: %q", parts)
	}
}

// vectors are published samples (developers.weixin.qq.com and its copies, the WeCom team's samples, public SDK tests) and two
// of our own that were computed with another implementation.
var vectors = []struct {
	name, token, key, receiver   string
	timestamp, nonce, signature  string
	random, msg, envelope, holds string
	length, pad                  int
}{
	{
		name: "V3, JSON push", token: "AAAAA", key: keyA, receiver: "wxba5fad812f8e6fb9", length: 167, pad: 19,
		timestamp: "1714112445", nonce: "415670741", signature: "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
		random:   "a8eedb185eb2fecf",
		msg:      `{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`,
		envelope: "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=",
	},
	{
		name: "V4, JSON reply", token: "AAAAA", key: keyA, receiver: "wxba5fad812f8e6fb9", length: 25, pad: 1,
		timestamp: "1713424427", nonce: "415670741", signature: "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
		random: "707722b803182950", msg: `{"demo_resp":"good luck"}`,
		envelope: "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
	},
	{
		name: "V5, XML push to a platform", token: "AAAAA", key: keyA, receiver: "wx134c8103faa5a59e", pad: 22,
		timestamp: "1715943329", nonce: "1590219412", signature: "6c12a4205838198b8fa631b3220723bb07f1015c",
		random: "1205899eaf019bbd", holds: "debug_str", length: 292,
		envelope: "D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFHTYe0Mg==",
	},
	{
		name: "V6, XML reply of a platform", token: "AAAAA", key: keyA, receiver: "wx134c8103faa5a59e", length: 52,
		timestamp: "1713424427", nonce: "415670741", signature: "03e0812039325c2712ef5f0f980fd14c70d6e307",
		random: "999951349e8ee746", msg: "<xml><demo_resp>[CDATA[good luck]]</demo_resp></xml>",
		envelope: "hE8R6mGXHkJJjU72KxzKUd1GEkKJaEZq7vRL8XgK3o+00k8JGq6+pZJUIlTSyhsX+bxIBQ72g3GyvDdIZcr6+3HAZbSvPT9t/o11MI7d6WELwqrGd7jMnV0zv3Zc9Nq7",
	},
	{
		name: "V7, characters of three bytes", token: "pamtest", key: keyS, receiver: "wxb11529c136998cb6", length: 19, pad: 7,
		timestamp: "1409304348", nonce: "xxxxxx", signature: "82c962d39941aa48552f90ef55aa323dc620cc10",
		random: "aaaabbbbccccdddd", msg: "我是中文abcd123",
		envelope: "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
	},
	{
		name: "V8, WeCom verification", token: "QDG6eK", key: keyW, receiver: "wx5823bf96d3bd56c7", pad: 7,
		timestamp: "1409659589", nonce: "263014780", signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
		random: "c41b64491c2468d0", msg: "1616140317555161061",
		envelope: "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
	},
	{
		name: "V9, WeCom push", token: "QDG6eK", key: keyW, receiver: "wx5823bf96d3bd56c7", pad: 30,
		timestamp: "1409659813", nonce: "1372623149", signature: "477715d11cdb4164915debcba66cb864d751f3e6",
		holds: "4561255354251345929", length: 284,
		envelope: "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
	},
	{
		name: "V10, WeCom verification, other key", token: "123456", key: keyP, receiver: "wx49f0ab532d5d035a",
		timestamp: "1411443780", nonce: "437374425", signature: "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
		msg:      "5927782489442352469",
		envelope: "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
	},
	{
		name: "V13, follower with a scene", token: "pamtest", key: keyS, receiver: "wxb11529c136998cb6",
		timestamp: "1700000000", nonce: "sim0001", signature: "8b552847d2036af36d3d532187b0f82f75c1bf62",
		random: "0123456789abcdef", length: 327,
		msg:      "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oSIMUSER0000000000000000001]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_spring24]]></EventKey><Ticket><![CDATA[gQSIMTICKET]]></Ticket></xml>",
		envelope: "Q3stYC6hdFzMh9T8HCvyDIDSfCL4HQz59yVjrDfvZ9W1Bu8tlpNHodYlEYMxjp0emvVjVkj/o+43yoPS1PpzqugQVk32r4tWBAMy38AVCZyFbYNq1+iptR/qa+yM8oNEFkJV0Kh2pwaZYz69oIAC3qkBPWMY2fYz7qPQBR5sZCzoxi9+CzEma00ZQ1AUr6YtehguzULpdWfX2kZKfhCluilz+RLQhi5qS+IH43P3MxWrRBlh7zUt742hWJBNnpsHjWZRm3fctTjrgGzUOBzr7QCCfQYHV+IQTdRDrzmm+wsJlxJ6bzHCt8lXC3/xOae48BfTO//inpbiBXXCDd4WAfSHg8ZGFIeoIJcGMUH7hFG0zFaGi9JUz3wkfk2HYyHjBWqxBbeVO112dm96Z3w1ML5uQtiNq7XxVaNEJ6JnrooX8WqoDvqU10BUuf4ljzCovfOAnvm+gtraMaz2bmAx5Ms6JdHGNsl903MA+L5vwlEz7SYpGdqbRisZaCuPlE9L",
	},
	{
		name: "V14, padding of 32", token: "pamtest", key: keyS, receiver: "wxb11529c136998cb6", length: 26, pad: 32,
		timestamp: "1700000000", nonce: "sim0002", signature: "33dad513ba9c5bebf584e92779a11812f8a81f8d",
		random: "0123456789abcdef", msg: `{"k":"pad32-boundary-aaa"}`,
		envelope: "Q3stYC6hdFzMh9T8HCvyDIoXLQ1+2buvOhj4PNqoKwkgq3OVol+5KHws1pZq1+eSQdJVK/gaqEi3aiPOhuHPnCswlTdtZG9UItMM0LpNoi/TYF52GiynmEE91BwQJDZN",
	},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			if !crypt.Verify(v.signature, v.token, v.timestamp, v.nonce, v.envelope) {
				t.Error("msg_signature does not match")
			}
			if crypt.Verify(v.signature, v.token, v.timestamp, v.nonce+"0", v.envelope) {
				t.Error("msg_signature matches another nonce")
			}
			key := mustKey(t, v.key)
			msg, err := key.Open(v.envelope, v.receiver)
			if err != nil {
				t.Fatal(err)
			}
			if v.msg != "" && string(msg) != v.msg {
				t.Errorf("message = %q, want %q", msg, v.msg)
			}
			if !strings.Contains(string(msg), v.holds) {
				t.Errorf("message = %q, want it to hold %q", msg, v.holds)
			}
			if v.length > 0 && len(msg) != v.length {
				t.Errorf("message has %d bytes, want %d", len(msg), v.length)
			}
			sealed := base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(v.envelope, "=")))
			if pad := sealed - 20 - len(msg) - len(v.receiver); v.pad > 0 && pad != v.pad {
				t.Errorf("padding of %d, want %d", pad, v.pad)
			}
			if v.random != "" {
				if got := key.SealWith([16]byte([]byte(v.random)), msg, v.receiver); got != v.envelope {
					t.Errorf("sealed again = %s", got)
				}
			}
		})
	}
}

// V10 comes with a nonce that must fail.
func TestSignatureOfAnotherNonce(t *testing.T) {
	const envelope = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
	for nonce, want := range map[string]bool{"437374425": true, "437374424": false} {
		if crypt.Verify("dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", "123456", "1411443780", nonce, envelope) != want {
			t.Errorf("nonce %s: want %v", nonce, want)
		}
	}
}

func TestAppendForms(t *testing.T) {
	got := crypt.AppendSignature([]byte("x"), []byte("AAAAA"), []byte("1714036504"), []byte("1514711492"))
	if want := "xf464b24fc39322e44b38aa78f5edd27bd1441696"; string(got) != want {
		t.Errorf("AppendSignature = %s, want %s", got, want)
	}
	long := strings.Repeat("0123456789", 500) // more than fits on the stack, and more parts than usual
	if got, want := crypt.AppendSignature(nil, []byte("b"), []byte(long), []byte("a"), []byte("d"), []byte("c"), []byte("")), crypt.Signature(long, "abcd"); string(got) != want {
		t.Errorf("AppendSignature of much = %s, want %s", got, want)
	}
	key := mustKey(t, keyS)
	for _, msg := range []string{"", "hello", strings.Repeat("界", 1<<15)} { // the last is too large to keep its buffer
		envelope, err := key.AppendSeal([]byte("<![CDATA["), []byte(msg), "wxapp")
		if err != nil {
			t.Fatal(err)
		}
		sealed, ok := strings.CutPrefix(string(envelope), "<![CDATA[")
		if got, err := key.Open(sealed, "wxapp"); !ok || err != nil || string(got) != msg {
			t.Errorf("AppendSeal of %d bytes: %v, %v", len(msg), ok, err)
		}
	}
}

func TestKeyIsForManyAtOnce(t *testing.T) {
	key := mustKey(t, keyS)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			msg := strings.Repeat(string(rune('a'+i)), 100+i)
			for range 200 {
				sealed, err := key.Seal([]byte(msg), "wxapp")
				if err != nil {
					t.Error(err)
				}
				if got, err := key.Open(sealed, "wxapp"); err != nil || string(got) != msg {
					t.Errorf("Open = %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSealIsFreshAndOpens(t *testing.T) {
	key := mustKey(t, keyS)
	for size := range 70 { // every padding from 1 to 32 comes up twice
		msg := strings.Repeat("界", size)
		first, err := key.Seal([]byte(msg), "wxapp")
		if err != nil {
			t.Fatal(err)
		}
		second, err := key.Seal([]byte(msg), "wxapp")
		if err != nil {
			t.Fatal(err)
		}
		if first == second {
			t.Fatal("two envelopes of one message are equal")
		}
		got, err := key.Open(first, "wxapp")
		if err != nil || string(got) != msg {
			t.Fatalf("Open = %q, %v", got, err)
		}
	}
}

// seal makes an envelope of any plain text, also of one that SealWith would never make.
func seal(t *testing.T, key string, plain []byte) string {
	t.Helper()
	raw, err := base64.RawStdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, raw[:16]).CryptBlocks(out, plain)
	return base64.StdEncoding.EncodeToString(out)
}

func TestOpenRefuses(t *testing.T) {
	key := mustKey(t, keyS)
	good := key.SealWith([16]byte{}, []byte("hello"), "wxapp")
	plain := func(length byte, rest string, pad int) []byte {
		b := append(make([]byte, 16), 0, 0, 0, length)
		b = append(b, rest...)
		for range pad {
			b = append(b, byte(pad))
		}
		return b
	}
	for _, tt := range []struct {
		name, envelope, receiver string
		want                     error
	}{
		{"other receiver", good, "wxother", crypt.ErrReceiver},
		{"receiver with more behind", good, "wxapp2", crypt.ErrReceiver},
		{"no receiver asked", good, "", crypt.ErrReceiver},
		{"empty", "", "wxapp", crypt.ErrEnvelope},
		{"no Base64", "&&&&", "wxapp", crypt.ErrEnvelope},
		{"cut Base64", good[:len(good)-3], "wxapp", crypt.ErrEnvelope},
		{"cut block", base64.StdEncoding.EncodeToString(make([]byte, 20)), "wxapp", crypt.ErrEnvelope},
		{"noise", base64.StdEncoding.EncodeToString(make([]byte, 64)), "wxapp", crypt.ErrEnvelope},
		{"length field beyond the end", seal(t, keyS, plain(200, "0123456789a", 1)), "wxapp", crypt.ErrEnvelope},
		{"padding of zero", seal(t, keyS, make([]byte, 32)), "wxapp", crypt.ErrEnvelope},
		{"padding over 32", seal(t, keyS, plain(0, strings.Repeat("!", 12)+strings.Repeat("\x21", 32), 0)), "wxapp", crypt.ErrEnvelope},
		{"padding uneven", seal(t, keyS, append(plain(0, "0123456789", 0), 1, 2)), "wxapp", crypt.ErrEnvelope},
		{"shorter than its header", seal(t, keyS, []byte(strings.Repeat("\x10", 16))), "wxapp", crypt.ErrEnvelope},
	} {
		t.Run(tt.name, func(t *testing.T) {
			msg, err := key.Open(tt.envelope, tt.receiver)
			if !errors.Is(err, tt.want) || msg != nil {
				t.Errorf("Open = %q, %v, want %v", msg, err, tt.want)
			}
		})
	}
	t.Run("other key", func(t *testing.T) {
		if _, err := mustKey(t, keyW).Open(good, "wxapp"); !errors.Is(err, crypt.ErrEnvelope) {
			t.Errorf("Open with another key: %v", err)
		}
	})
}

func TestParseKey(t *testing.T) {
	for _, tt := range []struct{ name, key, want string }{
		{"spare bits set", keyS, ""},
		{"plus and slash", strings.Repeat("+/", 21) + "A", ""},
		{"empty", "", "0 characters"},
		{"short", keyS[1:], "42 characters"},
		{"with padding", keyS + "=", "44 characters"},
		{"URL alphabet", "_" + keyS[1:], "not Base64"},
		{"line break", "\n" + keyS[1:], "line break"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := crypt.ParseKey(tt.key)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("ParseKey: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("ParseKey error = %v, want it to say %q", err, tt.want)
			case err != nil && len(tt.key) > 5 && strings.Contains(err.Error(), tt.key[1:]):
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}
