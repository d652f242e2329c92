package api_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// paperClasses are the errcodes with what a sender should do about them, as the platform's pages and the fact sheet made of them
// have it: R later, T another token, U this fan not, Q not before the quota opens, C a matter for the operator, P not as it is,
// D taken before. Two letters: the pages leave it open. A range stands for all within.
// Source: developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html and the pages of the calls.
const paperClasses = `
R -1 43108 44990 45011 45066 45085 45102 45169 45171 46007 61450 61503 89501-89507 268487001 268487002
T 40001 40014 42001
U 40003 40029 40030 40163 42002 42003 42007 43004 43005 43006 43019 43101 45015 45036 45047 48002 50001 50002 50005 70000
U 10700 10703 10706 40226 41003 41008 62751
Q 43100 45009 45028 45093 48006
D 40241 45065
C 40002 40013 40033 40036 40037 40081 40090 40102 40103 40125 40152 40164 40165 40166 40168 40176 40200-40203 40243 40246
C 40247 41001 41002 41004 41030 43001-43003 43102 43104 43106 43107 43116 45026 45027 45029 45034 45035 45051 45052 45062
C 45064 45086 45087 45094 45103 45109 45159 45501 47002 48001 48003 48004 48008 48011 50004 50007 61004 63178 63182 63183
CP 65400-65417 200011-200014 200020 200021
UC 49003
P 40004-40012 40031 40032 40035 40039 40048 40050-40053 40059 40066 40068 40097 40101 40113 40117 40130 40132 40137 40155
P 40213-40215 40227 40249 41005 41006 41009 41039 41040 44001-44004 45001-45008 45010 45012-45014 45056-45059 45067
P 45072 45080-45084 45098 45099 45113 45157 45158 45162 45166 45168 46001 46003 46004 47001 47003 48005 48013 48014 48021
P 48022 53404-53406 53503-53505 53600 61451 61500 61501 65301-65320 76001-76004 76021 76022 9410010-9410012
P 40015-40020 40023-40027 40054 40055 40062 40092 40114
`

// classesOnPaper are the classes that a code may have.
func classesOnPaper() map[int][]api.Class {
	letters := map[rune]api.Class{
		'R': api.Retry, 'T': api.Token, 'U': api.User, 'Q': api.Quota, 'C': api.Configuration, 'P': api.Payload, 'D': api.Duplicate,
	}
	all := map[int][]api.Class{}
	for line := range strings.Lines(strings.TrimSpace(paperClasses)) {
		words := strings.Fields(line)
		var classes []api.Class
		for _, letter := range words[0] {
			classes = append(classes, letters[letter])
		}
		for _, word := range words[1:] {
			from, to := word, word
			if at := strings.LastIndex(word, "-"); at > 0 {
				from, to = word[:at], word[at+1:]
			}
			first, err1 := strconv.Atoi(from)
			last, err2 := strconv.Atoi(to)
			if err1 != nil || err2 != nil {
				panic(word)
			}
			for code := first; code <= last; code++ {
				all[code] = append(all[code], classes...)
			}
		}
	}
	return all
}

// calls are what the simulator says that it serves.
func (w *world) calls() map[string]playedCall {
	w.Helper()
	var out struct{ Items []playedCall }
	if err := json.Unmarshal([]byte(w.control("GET", "calls", "")), &out); err != nil {
		w.Fatal(err)
	}
	all := map[string]playedCall{}
	for _, c := range out.Items {
		all[c.Path] = c
	}
	return all
}

type playedCall struct{ Path, Method, Credential string }

// method by which the call is made with a body or without.
func (c playedCall) method() string {
	if c.Method == "" {
		return "POST"
	}
	return c.Method
}

// TestTableIsComplete holds that each call that is played is in the table, has a row of a good call and one for each code that its
// pages name; and counts.
func TestTableIsComplete(t *testing.T) {
	played := newWorld(t, "", nil).calls()
	rows, codes, sources := 0, map[int]bool{}, map[source]map[int]bool{byState: {}, byRule: {}, byFault: {}}
	seen := map[string]bool{}
	for _, s := range table() {
		if seen[s.path] {
			t.Errorf("%s stands in the table twice", s.path)
		}
		seen[s.path] = true
		if c, ok := played[s.path]; !ok || c.Method != s.method {
			t.Errorf("%s %s is not played so: %+v", s.method, s.path, c)
		}
		names, have := map[string]bool{}, map[int]bool{}
		for _, r := range s.rows {
			rows++
			if names[r.name] {
				t.Errorf("%s has two rows %q", s.path, r.name)
			}
			names[r.name], have[r.code] = true, true
			if r.code != 0 && r.code != byClient {
				codes[r.code] = true
				sources[r.by][r.code] = true
			}
		}
		if !have[0] {
			t.Errorf("%s has no row of a good call", s.path)
		}
		for _, code := range s.codes {
			if !have[code] {
				t.Errorf("%s has no row for %d, which its pages name", s.path, code)
			}
		}
	}
	for path := range played {
		if !seen[path] {
			t.Errorf("%s is played and has no row", path)
		}
	}
	for code := range sources[byState] {
		delete(sources[byRule], code)
		delete(sources[byFault], code)
	}
	for code := range sources[byRule] {
		delete(sources[byFault], code)
	}
	t.Logf("%d endpoints, %d rows, %d errcodes: %d by state, %d by the platform's rules, %d by a fault: %v", len(seen), rows, len(codes),
		len(sources[byState]), len(sources[byRule]), len(sources[byFault]), slices.Sorted(maps.Keys(sources[byFault])))
}

// TestClassesOfTheTable holds that the client gives every code of the table the class that the pages give it, also where the row
// called without the client.
func TestClassesOfTheTable(t *testing.T) {
	const path = "/cgi-bin/getcallbackip"
	want := classesOnPaper()
	codes := map[int]bool{}
	for _, s := range table() {
		for _, code := range s.codes {
			codes[code] = true
		}
		for _, r := range s.rows {
			codes[r.code] = r.code != 0 && r.code != byClient
		}
	}
	w := newWorld(t, "", nil)
	for code, wanted := range codes {
		if !wanted {
			continue
		}
		refusing(path, code)(w)
		_, err := w.c.CallbackIPs(t.Context())
		refused := new(api.Error)
		if !errors.As(err, &refused) || refused.Code != code || !slices.Contains(want[code], refused.Class) {
			t.Errorf("code %d: %v of class %q, want %q", code, err, refused.Class, want[code])
		}
		w.control("DELETE", w.app+"/faults", "")
		w.advance("1m") // 45011 holds the client back so long
	}
}

// TestEveryCall asks of every call what holds for all: that it wants its method and its token, an address of the allow-list, an
// account in good standing that has the right, and that the day's calls come to an end.
func TestEveryCall(t *testing.T) {
	calls := newWorld(t, "", nil).calls()
	for _, s := range table() {
		c := calls[s.path]
		t.Run(strings.TrimPrefix(s.path, "/"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "", nil)
			want := func(code int, method, path string) {
				t.Helper()
				_, err := w.public(method, path, `{}`)
				if codeOf(err) != code {
					t.Errorf("%s %s: %v, want errcode %d", method, path, err, code)
				}
			}
			switch c.Method {
			case "GET":
				want(43001, "POST", s.path)
			case "POST":
				want(43002, "GET", s.path)
			}
			if c.Credential != "access_token" {
				return
			}
			withToken := s.path + "?access_token=" + w.token()
			want(41001, c.method(), s.path)
			want(40001, c.method(), s.path+"?access_token=made-up")
			want(40014, c.method(), s.path+"?access_token=made%20up")
			w.control("PUT", w.app+"/allowlist", `{"ips":["10.0.0.0/8"]}`)
			want(40164, c.method(), withToken)
			w.control("PUT", w.app+"/allowlist", `{"ips":["127.0.0.1"]}`)
			w.control("PUT", w.app+"/standing", `{"irregular":true}`)
			want(48004, c.method(), withToken)
			w.control("PUT", w.app+"/standing", `{"irregular":false,"frozen":true}`)
			want(50007, c.method(), withToken)
			w.control("PUT", w.app+"/standing", `{"frozen":false}`)
			w.advance("3h")
			want(42001, c.method(), withToken)
			for letter, app := range kinds {
				w.app = app
				_, err := w.answer(c.method(), s.path, `{}`)
				if may := strings.ContainsRune(s.who, letter); may == (codeOf(err) == 48001) {
					t.Errorf("%s: %v, want the right to be %v", app, err, may)
				}
			}
			s.everyDay(t, c)
		})
	}
}

// everyDay compares the calls a day with the table of frequencies, and uses up a smaller number.
func (s served) everyDay(t *testing.T, c playedCall) {
	t.Helper()
	w := newWorld(t, "", nil)
	for app, daily := range map[string]int{shop: s.daily, trial: cmp.Or(s.testDaily, s.daily)} {
		q, err := w.clients[app].APIQuota(t.Context(), s.path)
		if err != nil || q.DailyLimit != int64(daily) {
			t.Errorf("%s: %+v %v, want %d a day", app, q, err, daily)
		}
	}
	if s.path == "/cgi-bin/clear_quota" {
		return // it clears what it counts
	}
	w = newWorld(t, "", func(c *simulator.Config) { c.DailyLimits = map[string]int{s.path: 1} })
	for i, want := range []bool{false, true} {
		_, err := w.answer(c.method(), s.path, `{}`)
		if (codeOf(err) == 45009) != want {
			t.Errorf("call %d of one a day: %v", i+1, err)
		}
	}
	w.advance("14h") // midnight in Shanghai
	if _, err := w.answer(c.method(), s.path, `{}`); codeOf(err) == 45009 {
		t.Errorf("the next day: %v", err)
	}
}

// codeOf is the errcode of an error of either kind, 0 for none.
func codeOf(err error) int {
	refused, raw := new(api.Error), new(rawError)
	switch {
	case errors.As(err, &raw):
		return raw.Code
	case errors.As(err, &refused):
		return refused.Code
	case err != nil:
		panic(fmt.Sprintf("no answer of the platform: %v", err))
	}
	return 0
}
