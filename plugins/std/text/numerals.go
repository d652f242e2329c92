package text

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// maxChinese is the first number that Chinese does not write: 万万亿.
const maxChinese = 1e16

// digits are the numerals of 0 to 9, places those of 10, 100 and 1000, groups those that count what stands before them.
var (
	digits = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	places = []string{"", "十", "百", "千"}
	groups = []group{{1e8, '亿'}, {1e4, '万'}}
)

type group struct {
	unit int64
	name rune
}

// Chinese writes a whole number of at most 16 digits: 10 is 十, 110 一百一十, 10005 一万零五.
func Chinese(n int64) string {
	switch {
	case n < 0:
		return "负" + Chinese(-n)
	case n == 0:
		return digits[0]
	}
	s := written(n)
	if rest, ok := strings.CutPrefix(s, "一十"); ok {
		return "十" + rest
	}
	return s
}

// written writes a number above 0.
func written(n int64) string {
	for _, g := range groups {
		if n < g.unit {
			continue
		}
		s := written(n/g.unit) + string(g.name)
		rest := n % g.unit
		if rest == 0 {
			return s
		}
		if rest < g.unit/10 {
			s += digits[0]
		}
		return s + written(rest)
	}
	var out strings.Builder
	gap := false // a zero stands between what is written and what comes
	for place, unit := 3, int64(1000); place >= 0; place, unit = place-1, unit/10 {
		digit := n / unit % 10
		if digit == 0 {
			gap = out.Len() > 0
			continue
		}
		if gap {
			out.WriteString(digits[0])
			gap = false
		}
		out.WriteString(digits[digit] + places[place])
	}
	return out.String()
}

// values are the numerals that people write, also those of cheques.
var values = map[rune]float64{
	'零': 0, '〇': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'两': 2, '兩': 2, '壹': 1, '贰': 2, '貳': 2, '叁': 3, '參': 3, '肆': 4, '伍': 5, '陆': 6, '陸': 6, '柒': 7, '捌': 8, '玖': 9,
}

var powers = map[rune]float64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}

// spelled are other ways to write 万 and 亿.
var spelled = strings.NewReplacer("萬", "万", "億", "亿", "負", "负", "點", "点")

// maxNumeral is the longest text that is read as a number, in bytes.
const maxNumeral = 120

// Number reads a number that stands alone in a text, in digits, in Chinese numerals, or in digits with 万 or 亿 behind them.
func Number(s string) (float64, bool) {
	if len(s) > maxNumeral {
		return 0, false
	}
	s = strings.TrimSpace(spelled.Replace(narrow(s)))
	if s == "" {
		return 0, false
	}
	if rest, ok := strings.CutPrefix(s, "负"); ok {
		n, ok := Number(rest)
		return -n, ok && n > 0
	}
	if strings.IndexByte("+-.0123456789", s[0]) >= 0 {
		return decimal(s)
	}
	whole, fraction, point := strings.Cut(s, "点")
	n, ok := numeral([]rune(whole))
	if !ok || !point {
		return n, ok
	}
	after, ok := figures([]rune(fraction))
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(strconv.FormatFloat(n, 'f', 0, 64)+"."+after, 64)
	return f, err == nil
}

// exponents are those of ten that stand behind digits.
var exponents = map[rune]int{'十': 1, '百': 2, '千': 3, '万': 4, '亿': 8}

// decimal reads 320, -3.5, 1,000 and 1.5万.
func decimal(s string) (float64, bool) {
	mantissa := strings.TrimRight(s, "十百千万亿")
	exponent := 0
	for _, r := range s[len(mantissa):] {
		exponent += exponents[r]
	}
	mantissa, ok := ungrouped(strings.TrimSpace(mantissa))
	if !ok || exponent > 16 {
		return 0, false
	}
	n, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(exponent), 64)
	return n, err == nil
}

// ungrouped takes the commas out of 1,000,000, and refuses what is no decimal.
func ungrouped(s string) (string, bool) {
	unsigned := strings.TrimLeft(s[:min(1, len(s))], "+-") + s[min(1, len(s)):]
	whole, fraction, point := strings.Cut(unsigned, ".")
	parts := strings.Split(whole, ",")
	for i, p := range parts {
		if !allDigits(p) || i > 0 && len(p) != 3 || i == 0 && len(parts) > 1 && (len(p) < 1 || len(p) > 3) {
			return "", false
		}
	}
	if !allDigits(fraction) || whole == "" && fraction == "" || point && fraction == "" {
		return "", false
	}
	return strings.ReplaceAll(s, ",", ""), true
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// numeral reads 三百二十, 一万五 and 二〇二六.
func numeral(s []rune) (float64, bool) {
	if text, ok := figures(s); ok {
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil
	}
	return counted(s, 1)
}

// counted reads numerals with their powers. tail is what a digit alone counts for: 五 in 一万五 is five thousand.
func counted(s []rune, tail float64) (float64, bool) {
	for _, g := range groups {
		at := lastIndex(s, g.name)
		if at < 0 {
			continue
		}
		unit := float64(g.unit)
		many, ok := counted(s[:at], 1)
		if !ok || many <= 0 || many >= unit {
			return 0, false
		}
		rest := s[at+1:]
		if len(rest) == 0 {
			return many * unit, true
		}
		lone := unit / 10
		if v, ok := values[rest[0]]; ok && v == 0 {
			rest, lone = rest[1:], 1
		}
		few, ok := counted(rest, lone)
		return many*unit + few, ok && few > 0 && few < unit
	}
	return four(s, tail)
}

func lastIndex(s []rune, r rune) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == r {
			return i
		}
	}
	return -1
}

// four reads what stands below 万: 三千二百, 十五, 三百二, 三百零二.
func four(s []rune, tail float64) (n float64, ok bool) {
	last, gap := 1e4, false // the power that was read last; whether a 零 follows it
	for i := 0; i < len(s); i++ {
		digit, isDigit := values[s[i]]
		power, isPower := powers[s[i]]
		switch {
		case isDigit && digit == 0:
			if gap || last == 1e4 {
				return 0, false
			}
			gap = true
			continue
		case isDigit && i == len(s)-1:
			switch {
			case last == 1e4:
				return digit * tail, true
			case gap:
				return n + digit, true
			}
			return n + digit*last/10, true
		case isDigit:
			i++
			power, isPower = powers[s[i]]
		default: // 十五, 一百十五
			digit, isPower = 1, isPower && power == 10
		}
		if !isPower || power >= last {
			return 0, false
		}
		n += digit * power
		last, gap = power, false
	}
	return n, len(s) > 0 && !gap
}

// figures reads 二〇二六, numerals without a power, as the digits that they are.
func figures(s []rune) (string, bool) {
	var out strings.Builder
	for _, c := range s {
		v, ok := values[c]
		if !ok {
			return "", false
		}
		out.WriteByte('0' + byte(v))
	}
	return out.String(), out.Len() > 0
}

func chinese(L *lua.LState) int {
	n := float64(L.CheckNumber(1))
	if n != math.Trunc(n) || math.Abs(n) >= maxChinese {
		L.ArgError(1, "a whole number below 10000000000000000 is expected")
	}
	return push(L, Chinese(int64(n)))
}

func number(L *lua.LState) int {
	v := L.CheckString(1)
	sandbox.From(L).Spend(5 + min(len(v), maxNumeral)/4)
	n, ok := Number(v)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(n + 0)) // no minus before a zero
	return 1
}
