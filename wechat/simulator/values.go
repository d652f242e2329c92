package simulator

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// dataKey is how keys of templates look; .DATA belongs to the template's text, not to the request.
var dataKey = regexp.MustCompile(`^[a-z_]+[0-9]+$`)

// fillIn checks the values for a template and returns them as the fan sees them: first and remark have been dropped by the
// platform since 2023-05-04. All keys of the template must be there; keys that it does not have are left out, which the pages
// do not say. Of a template whose content is not known any key will do.
func (o ownTemplate) fillIn(values map[string]fieldValue) (map[string]string, error) {
	if len(values) == 0 {
		return nil, fail(47001)
	}
	data := map[string]string{}
	if o.Fields == nil {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if key == "first" || key == "remark" {
				continue
			}
			value, ok := valueText(values[key].Value)
			if !ok || !dataKey.MatchString(key) || !fits(prefixOf(key), value) {
				return nil, invalidValue(key)
			}
			data[key] = value
		}
		return data, nil
	}
	for _, field := range o.Fields {
		value, ok := valueText(values[field.Key].Value)
		approved := len(field.Enum) == 0 || value == "" || slices.Contains(field.Enum, value)
		if !ok || !approved || !fits(prefixOf(field.Key), value) {
			return nil, invalidValue(field.Key)
		}
		data[field.Key] = value
	}
	return data, nil
}

func invalidValue(key string) error {
	return failf(47003, "argument invalid! data.%s.value invalid", key)
}

// prefixOf is a key without its number: the name of the rule for its values.
func prefixOf(key string) string { return strings.TrimRight(key, "0123456789") }

// valueText is the text of a JSON string or number.
func valueText(raw json.RawMessage) (string, bool) {
	if text := textOf(raw); text != "" {
		return text, true
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil && len(raw) > 0 && raw[0] != '"' {
		return n.String(), n != ""
	}
	return "", string(raw) == `""`
}

// The shapes of values by the prefix of their key. For amount sources say 10 and 12 digits; 12 is taken.
// Source: answers of the platform's staff in developers.weixin.qq.com/community (not opened; see docs/wechat.md)
var (
	moment = `((\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}) ?)?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?`
	onDay  = `(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})( ?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?`
	shapes = map[string]*regexp.Regexp{
		"number":           regexp.MustCompile(`^\d{1,32}(\.\d{1,31})?$`),
		"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
		"symbol":           regexp.MustCompile(`^[^\pL\pN\s]{1,5}$`),
		"character_string": regexp.MustCompile(`^[!-~ ]{1,32}$`),
		"time":             regexp.MustCompile(`^` + moment + `(\s?~\s?` + moment + `)?$`),
		"date":             regexp.MustCompile(`^` + onDay + `(\s?~\s?` + onDay + `)?$`),
		"amount":           regexp.MustCompile(`^[^\d\s]?\d{1,12}(\.\d{1,2})?元?$`),
		"phone_number":     regexp.MustCompile(`^[0-9+\- ]{1,17}$`),
		"car_number":       regexp.MustCompile(`^[^\s]{1,8}$`),
		"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
	}
)

// fits reports whether a value keeps the rule of its key's prefix. Prefixes without a known rule (keyword) take any line.
func fits(prefix, value string) bool {
	if shape := shapes[prefix]; shape != nil {
		return len(value) <= 64 && shape.MatchString(value)
	}
	n := utf8.RuneCountInString(value)
	switch prefix {
	case "const":
		return n <= 20
	case "name":
		if strings.IndexFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 {
			return n <= 10
		}
		return n >= 1 && n <= 20
	case "thing":
		return n >= 1 && n <= 20 && !strings.ContainsAny(value, "\r\n")
	default:
		return n >= 1
	}
}
