package flows

import (
	"slices"

	"fanflow/plugins"
	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// Reference describes all that scripts can write: the language and the standard modules, what a flow declares, and the objects
// that its functions get. The guides, the editor's file and the checks of scripts are made of it.
func Reference() reference.Set {
	set := plugins.Reference()
	set.Globals = append(slices.Clone(set.Globals),
		reference.Fn("flow(declaration: Flow): Flow", "Declares a flow: the script ends with return flow { … }.", "声明一条流程：脚本以 return flow { … } 结尾。"))
	set.Classes = append(slices.Clone(set.Classes), fanClass)
	set.Classes = append(set.Classes, eventClasses()...)
	set.Classes = append(set.Classes, flowClasses...)
	set.Classes = append(set.Classes, onClass(), triggersClass(), exitClass())
	set.Classes = append(set.Classes, messageClasses()...)
	set.Classes = append(set.Classes, hookClasses()...)
	set.Globals = append(set.Globals, seriesFuncs...)
	set.Classes = append(set.Classes, seriesClasses()...)
	set.Bounds = append(slices.Clone(set.Bounds), bounds()...)
	return set
}

// bounds are the limits of what scripts ask for and say; those of flows stand in their guide.
func bounds() []reference.Bound {
	return []reference.Bound{
		{Doc: "answers from outside of one decision: kv, claims, limits, http", DocZH: "一次决定向外部要的答案：kv、领取、名额、http", Most: sandbox.Count(maxNeeds)},
		{Doc: "what one decision writes, with the data that it read", DocZH: "一次决定写下的内容，连同它读到的数据", Most: sandbox.Size(store.MaxChange)},
		{Doc: "lines of a decision's log", DocZH: "一次决定的日志行数", Most: sandbox.Count(maxLogLines)},
		{Doc: "bytes of a decision's log", DocZH: "一次决定的日志字节数", Most: sandbox.Size(maxLogBytes)},
	}
}
