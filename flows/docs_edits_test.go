package flows_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

type editWord struct{ en, zh string }

// editWords are what the cells of testdata/edits.md are made of, in Chinese. The longest are looked for first.
var editWords = []editWord{
	{"edit | where the fan is | choice | what becomes of the fan | their timers | then | the dry run said", "改动 | 粉丝所在 | 选择 | 粉丝的去向 | 他的定时器 | 之后 | 试运行的结论"},
	{"stuck: no rule, timer or exit leads out of it any more", "卡住：再没有规则、定时器或退出条件可以离开"},
	{"leaves: window: closed at ", "离开：活动窗口关闭于 "},
	{"ends; ", "结束；"},
	{"leaves: state \"b\" is final in version 2", "离开：版本 2 中状态 b 是终点"},
	{"named delay ", "有名字的延时 "},
	{"delay ", "延时 "},
	{"two delays for one", "一个延时改成两个"},
	{"the only way out removed", "删去唯一的出路"},
	{"the only timer removed", "删去唯一的定时器"},
	{"call and its result removed", "删去 call 及其结果"},
	{"window added that closes", "加上会清场的活动窗口"},
	{"limit and window added", "加上限额与活动窗口"},
	{"exit added", "加上退出条件"},
	{"funnel reordered", "漏斗换了顺序"},
	{"first changed", "换了 first"},
	{"rule removed", "删去规则"},
	{"timer's action", "定时器的动作"},
	{"text only", "只改文案"},
	{"state removed", "删去状态"},
	{"state renamed", "状态改名"},
	{"state made final", "状态改为终点"},
	{"final state made live", "终点改为普通状态"},
	{"state added", "加上状态"},
	{"timer added", "加上定时器"},
	{"timer removed", "删去定时器"},
	{"rollback", "回滚"},
	{"held past both, late = ", "暂停到两者都过，late = "},
	{"past the new one, late = ", "已过新时间，late = "},
	{"past the new one", "已过新时间"},
	{"before both", "两者都未到"},
	{"two versions behind", "落后两个版本"},
	{"the flow is paused and goes on", "流程暂停后恢复"},
	{"in it, past the window", "在其中，窗口已过"},
	{"just left in it", "刚在其中离开"},
	{"asleep in it, a sub-flow runs", "在其中等待，子流程在运行"},
	{"asleep, a sub-flow runs", "在等待，子流程在运行"},
	{"in the sub-flow", "在子流程里"},
	{"in its second step", "在第二步"},
	{"in the old first", "在旧的 first 里"},
	{"no other leads on", "别无出路"},
	{"in another", "在别的状态"},
	{"in it", "在其中"},
	{"its new delay is over", "新延时已过"},
	{"its timer waits", "定时器在等"},
	{"the new timer waits", "新定时器在等"},
	{"the old timer has fired", "旧定时器已触发"},
	{"the tag is there already", "标签早已有了"},
	{"a send under a key waits", "有一条带 key 的消息在等"},
	{"it has fired twice", "已触发两次"},
	{"it has fired", "已触发"},
	{"it is parked", "已搁置"},
	{"they wait", "都在等"},
	{"it waits", "在等"},
	{"before it", "未到"},
	{"past it", "已过"},
	{"as they were", "不变"},
	{"nothing yet", "暂无变化"},
	{"nobody is in it", "没有人在其中"},
	{" taken back", " 收回"},
	{" set for ", " 定在 "},
	{" is over", " 已了结"},
	{"any", "任意"},
	{", then ", ",随后 "},
	{"left: ", "离开于 "},
	{", tags child left", ",标签 child left"},
	{", tags bought still here", ",标签 bought still here"},
	{", tags ", ",标签 "},
	{" fired", " 触发"},
	{" missed", " 错过"},
	{", heard later", ",之后收到 later"},
	{" moved, overdue", " 改期，已逾期"},
	{" parked, overdue", " 重新设定（曾搁置），已逾期"},
	{" new, overdue", " 新设，已逾期"},
	{" moved", " 改期"},
	{" dropped", " 取消"},
	{" over", " 已了结"},
	{" parked", " 搁置"},
	{" new", " 新设"},
	{" kept", " 不变"},
	{"restarts", "重来"},
	{"moves", "迁移"},
	{"stays", "留下"},
	{"maps", "映射"},
	{"ends", "结束"},
	{"version ", "版本 "},
}

// latinWords are those that stand in the Chinese table as they are: names of timers, tags and settings, and the choices.
var latinWords = regexp.MustCompile(`^(late|run|skip|next|at|every|call|key|first|nudge|nudged|rung|long|child|left|new|later|bought|still|here|move|keep|restart|end|map|after|lt|gt|of|in|[a-z])$`)

var placeOfFan = regexp.MustCompile(`in ([a-z]) of (\d)`)

// translated gives the table in Chinese, and fails where a word of it has no translation.
func translated(t *testing.T, table string) string {
	t.Helper()
	out := placeOfFan.ReplaceAllString(table, "版本 $2 的 $1")
	out = regexp.MustCompile(`leaves: ended by publication (\d)`).ReplaceAllString(out, "离开：被第 $1 次发布结束")
	longest := slices.SortedStableFunc(slices.Values(editWords), func(a, b editWord) int { return len(b.en) - len(a.en) })
	for _, w := range longest {
		out = strings.ReplaceAll(out, w.en, w.zh)
	}
	out = strings.ReplaceAll(out, "标签 新设", "标签 new") // a tag, not the fate of a timer
	for _, word := range regexp.MustCompile(`[A-Za-z]{2,}`).FindAllString(out, -1) {
		if !latinWords.MatchString(word) {
			t.Errorf("testdata/edits.md has the word %q, for which editWords has no Chinese", word)
		}
	}
	return out
}
