package main

import (
	"fmt"
	"strconv"
	"strings"

	"fanflow/wechat/crypt"
)

// checker knows what a fan must be told. A fan belongs to one client, so no two goroutines look at the same fan.
type checker struct {
	account account
	prefix  string
	any     bool // any 200 will do: the server is not fanflow
	// expect is the reply's text. {n} in it stands for a number that goes up by one with every answer to a fan: it shows
	// that no earlier message of the fan was lost or taken twice.
	before, after string
	counts        bool
	last          []int // by fan: the {n} of the last answer, 0 when none was seen yet
}

func newChecker(a account, prefix, expect string, any bool, fans int) *checker {
	c := &checker{account: a, prefix: prefix, any: any, last: make([]int, fans)}
	c.before, c.after, c.counts = strings.Cut(expect, "{n}")
	return c
}

// check looks at the answer to a push of a fan.
func (c *checker) check(fan, status int, body string) error {
	switch {
	case status != 200:
		return fmt.Errorf("status %d", status)
	case c.any:
		return nil
	}
	doc := body
	if c.account.Safe {
		sealed := element(body, "Encrypt")
		if !crypt.Verify(element(body, "MsgSignature"), c.account.Token, element(body, "TimeStamp"), element(body, "Nonce"), sealed) {
			return fmt.Errorf("the reply's signature is wrong: %.80q", body)
		}
		plain, err := c.account.Key.Open(sealed, c.account.AppID)
		if err != nil {
			return fmt.Errorf("the reply's envelope: %w", err)
		}
		doc = string(plain)
	}
	if to, want := element(doc, "ToUserName"), openID(c.prefix, fan); to != want {
		return fmt.Errorf("the reply goes to %q, want %q: %.200q", to, want, doc)
	}
	return c.content(fan, element(doc, "Content"))
}

func (c *checker) content(fan int, text string) error {
	if !c.counts {
		if text != c.before {
			return fmt.Errorf("reply %q, want %q", text, c.before)
		}
		return nil
	}
	middle, ok := strings.CutPrefix(text, c.before)
	if ok {
		middle, ok = strings.CutSuffix(middle, c.after)
	}
	n, err := strconv.Atoi(middle)
	if !ok || err != nil {
		return fmt.Errorf("reply %q, want %q, a number and %q", text, c.before, c.after)
	}
	if last := c.last[fan]; last != 0 && n != last+1 {
		return fmt.Errorf("reply number %d to %s, the last one was %d", n, openID(c.prefix, fan), last)
	}
	c.last[fan] = n
	return nil
}
