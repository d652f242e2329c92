package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// The words of the TOML package for a value that is not of the type of its key: line, key, type of the value, type of the key.
var (
	wrongType  = regexp.MustCompile(`^toml: line (\d+) \(last key "([^"]*)"\): incompatible types: TOML value has type (\S+); destination has type (.+)$`)
	wrongTable = regexp.MustCompile(`^toml: line (\d+) \(last key "([^"]*)"\): type mismatch for \S+: expected table but found (\S+)$`)
)

// tomlMistake says in one line what is wrong with the file, without words of Go.
func tomlMistake(file, text string, err error) error {
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		key := ""
		if pe.LastKey != "" {
			key = pe.LastKey + ": "
		}
		msg := pe.Message
		if msg == "" {
			msg = strings.TrimPrefix(pe.Error(), "toml: ")
		}
		return usagef("%s:%d: %s%s", file, pe.Position.Line, key, msg)
	}
	// A value of the wrong type comes as text alone: line 2 (last key "listen"): incompatible types: …
	if m := wrongType.FindStringSubmatch(err.Error()); m != nil {
		return usagef("%s:%s: %s %s", file, m[1], m[2], wrongValue(text, m))
	}
	if m := wrongTable.FindStringSubmatch(err.Error()); m != nil {
		return usagef("%s:%s: %s is %s; write a table: [%s]", file, m[1], m[2], tomlWord(m[3]), m[2])
	}
	return usagef("%s: %s", file, strings.TrimPrefix(err.Error(), "toml: "))
}

// unknownKey names the line of a key that is not known, and the known key it resembles most.
func unknownKey(file, text string, key toml.Key) error {
	name := key[len(key)-1]
	where := file
	line := regexp.MustCompile(`^\s*(\[+\s*)?(\S+\.)?"?` + regexp.QuoteMeta(name) + `"?\s*[=\].]`)
	for i, l := range strings.Split(text, "\n") {
		if line.MatchString(l) {
			where = fmt.Sprintf("%s:%d", file, i+1)
			break
		}
	}
	hint := "remove it"
	if near := nearest(name, knownKeys()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usagef("%s: unknown key %q; %s", where, key.String(), hint)
}

// wrongValue says what a value is and how it is written; m is a match of wrongType.
func wrongValue(text string, m []string) string {
	key, is, want := m[2], tomlWord(m[3]), m[4]
	if line, err := strconv.Atoi(m[1]); err == nil && want == "string" && is != "a list" {
		if lines := strings.Split(text, "\n"); line <= len(lines) && openList.MatchString(lines[line-1]) {
			return fmt.Sprintf("has an item that is %s; write a list of texts: [\"…\"]", is)
		}
	}
	switch want {
	case "slice":
		want = `write a list: ["…"]`
		if key == "account" {
			want = "begin each account with a line [[account]]"
		}
	case "integer":
		want = "write a whole number, without quotes"
	case "float":
		want = "write a number, without quotes"
	case "boolean":
		want = "write true or false, without quotes"
	default:
		want = `write a text: "…"`
	}
	return "is " + is + "; " + want
}

// openList finds a line that begins a list.
var openList = regexp.MustCompile(`=\s*\[`)

// tomlWord names a type of values as people do.
func tomlWord(goType string) string {
	switch {
	case goType == "string":
		return "a text"
	case goType == "int64" || goType == "float64":
		return "a number"
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "time.") || strings.HasSuffix(goType, ".Time"):
		return "a date"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	}
	return "a table"
}
