package sandbox

import (
	"fmt"
	"strconv"
	"time"

	"fanflow/plugins/reference"
)

// limitWords are the limits of scripts, as the code has them.
func limitWords() []reference.Bound {
	l := DefaultLimits()
	return []reference.Bound{
		{Doc: "instructions of one flow's, or one hook's, part of a decision", DocZH: "一条流程（或一个插件钩子）在一次决定里的指令数", Most: Count(l.Instructions)},
		{Doc: "instructions of a whole decision, with all that is run anew for answers from outside", DocZH: "整次决定的指令数，包括为等外部答案而重跑的部分", Most: Count(l.Total)},
		{Doc: "memory that a decision asks for, whether it gives it back or not", DocZH: "一次决定申请的内存，释放与否都计入", Most: Size(l.Bytes)},
		{Doc: "time, of a script that has spent more than " + Count(busyInstructions) + " instructions", DocZH: "时间：已用掉 " + Count(busyInstructions) + " 条指令以上的脚本", Most: short(l.Time)},
		{Doc: "time, in any case", DocZH: "时间：任何情况下", Most: short(l.Hard)},
		{Doc: "a script's source", DocZH: "脚本源码", Most: Size(MaxSource)},
		{Doc: "a text", DocZH: "一段文字", Most: Size(MaxString)},
		{Doc: "items of a list", DocZH: "列表的项数", Most: Count(maxList())},
		{Doc: "values at once from unpack and string.byte", DocZH: "unpack、string.byte 一次给出的值", Most: Count(maxUnpack)},
		{Doc: "calls inside each other", DocZH: "函数嵌套调用的层数", Most: Count(maxCalls)},
		{Doc: "blocks, brackets and functions inside each other in the source", DocZH: "源码里语句块、括号、函数的嵌套层数", Most: Count(maxNesting)},
		{Doc: "levels of a table that is kept, sent or written as JSON", DocZH: "要保存、发送或写成 JSON 的表的层数", Most: Count(MaxDepth)},
		{Doc: "values in such a table", DocZH: "这样的表里的值", Most: Count(maxValues)},
	}
}

// Count writes a number as the guides do: 200,000.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Size writes a number of bytes as the guides do: 64 KB, 16 MB.
func Size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}

func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%g s", d.Seconds())
}
