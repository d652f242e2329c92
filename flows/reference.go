package flows

import (
	"slices"

	"fanflow/plugins"
	"fanflow/plugins/reference"
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
	return set
}
