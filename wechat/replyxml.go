package wechat

import "time"

// AppendReply appends the answer that shows r.
func AppendReply(dst []byte, p *Push, r Reply, now time.Time) []byte { panic("unwritten") }

// SplitText cuts s so that head fits a text reply (MaxText bytes), between characters.
func SplitText(s string) (head, rest string) { panic("unwritten") }
