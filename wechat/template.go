package wechat

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FieldError says why the platform would refuse one value of a template message or notice (errcode 47003).
type FieldError struct {
	Field  string // the key in Template.Data
	Reason string
}

func (e FieldError) Error() string { return e.Field + " " + e.Reason }

// CheckTemplateData finds the values that break the rule of their key, in the order of the keys; nil where none does. The rule is
// in the letters of the key: thing1 is a thing. A key of another kind (keyword1, first) is not checked. Where the pages differ the
// wider rule is taken, so the platform may still refuse what passes here; what is found here it refuses.
// Source: developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg and the community's answers to 47003.
func CheckTemplateData(data map[string]string) []FieldError {
	var found []FieldError
	for key, value := range data {
		check, known := valueRules[strings.TrimRight(key, "0123456789")]
		if !known {
			continue
		}
		if reason := check(value); reason != "" {
			found = append(found, FieldError{Field: key, Reason: reason})
		}
	}
	slices.SortFunc(found, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
	return found
}

// valueRules say what is wrong with a value, by the letters of its key.
var valueRules = map[string]func(string) string{
	"thing":            filled(atMost(20, "characters", oneLine)),
	"number":           filled(matching(`^[-+]?[0-9]{1,32}(\.[0-9]{1,32})?$`, "is no number", digits(32))),
	"letter":           filled(atMost(32, "letters", matching(`^[A-Za-z]+$`, "has something else than letters", nil))),
	"symbol":           filled(atMost(5, "symbols", noneOf("letters or digits", unicode.IsLetter, unicode.IsDigit))),
	"character_string": filled(atMost(32, "characters", noneOf("Chinese characters", isHan))),
	"time":             filled(matching(`^[^\n\r]*[0-2]?[0-9][:：][0-5][0-9][^\n\r]*$`, "has no time such as 15:01", nil)),
	"date":             filled(matching(`^[^\n\r]*[0-9]{4}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}[^\n\r]*$`, "has no date such as 2019年10月1日", nil)),
	"amount":           filled(matching(`^[^0-9\s]{0,3}[0-9][0-9,]*(\.[0-9]+)?元?$`, "is no amount such as ¥100.00元", digits(12))),
	"phone_number":     filled(atMost(17, "characters", noneOf("letters", unicode.IsLetter))),
	"car_number":       filled(atMost(8, "characters", oneLine)),
	"name":             filled(name),
	"phrase":           filled(atMost(5, "characters", onlyHan)),
	"const":            atMost(20, "characters", oneLine), // one of the values that were approved with the template, or nothing
}

func filled(next func(string) string) func(string) string {
	return func(value string) string {
		if strings.TrimSpace(value) == "" {
			return "is empty"
		}
		return next(value)
	}
}

func atMost(n int, what string, next func(string) string) func(string) string {
	return func(value string) string {
		if count := utf8.RuneCountInString(value); count > n {
			return fmt.Sprintf("has %d %s, at most %d are allowed", count, what, n)
		}
		return next(value)
	}
}

func matching(pattern, reason string, next func(string) string) func(string) string {
	form := regexp.MustCompile(pattern)
	return func(value string) string {
		if !form.MatchString(value) {
			return reason
		}
		if next == nil {
			return ""
		}
		return next(value)
	}
}

// digits limits the digits before the point.
func digits(n int) func(string) string {
	return func(value string) string {
		whole, _, _ := strings.Cut(value, ".")
		count := 0
		for _, r := range whole {
			if r >= '0' && r <= '9' {
				count++
			}
		}
		if count > n {
			return fmt.Sprintf("has %d digits, at most %d are allowed", count, n)
		}
		return ""
	}
}

func noneOf(what string, kinds ...func(rune) bool) func(string) string {
	return func(value string) string {
		for _, kind := range kinds {
			if strings.ContainsFunc(value, kind) {
				return "must not hold " + what
			}
		}
		return oneLine(value)
	}
}

func oneLine(value string) string {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return "has a line break or another control character"
	}
	return ""
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func onlyHan(value string) string {
	if strings.ContainsFunc(value, func(r rune) bool { return !isHan(r) }) {
		return "has something else than Chinese characters"
	}
	return ""
}

// name holds 10 characters with a Chinese one among them, else 20.
func name(value string) string {
	if strings.ContainsFunc(value, isHan) {
		return atMost(10, "characters", oneLine)(value)
	}
	return atMost(20, "letters", oneLine)(value)
}
