package text_test

import (
	"math/rand/v2"
	"testing"

	"fanflow/plugins/std/text"
)

// TestNumerals: what Chinese writes Number reads, for all small numbers and a sample of those up to 2^53.
func TestNumerals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(n int64) {
		s := text.Chinese(n)
		if got, ok := text.Number(s); !ok || got != float64(n) {
			t.Fatalf("%d is %s, read as %v, %v", n, s, got, ok)
		}
	}
	for n := range int64(20_000) {
		check(n)
		check(-n - 1)
	}
	for range 100_000 {
		check(r.Int64N(1e8 + 1))
		check(r.Int64N(1 << 53))
	}
	for power := int64(1); power < 1e16; power *= 10 {
		for d := int64(-11); d <= 11; d++ {
			if n := power + d; n < 1<<53 {
				check(n)
			}
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"三百二十", "一万五", "1.5万", "负三点五", "二〇二六", "1,000", "零"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := text.Number(s)
		if !ok || n != float64(int64(n)) || n >= 1e15 || n <= -1e15 {
			return
		}
		if again, ok := text.Number(text.Chinese(int64(n))); !ok || again != n {
			t.Errorf("%q is %v, and that is %s, which is %v, %v", s, n, text.Chinese(int64(n)), again, ok)
		}
	})
}
