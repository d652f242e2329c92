package flows

import (
	"fanflow/plugins"
	"fanflow/plugins/reference"
)

// Reference describes all that scripts can write: the language and the standard modules, what a flow declares, and the objects
// that its functions get. The guides, the editor's file and the checks of scripts are made of it.
func Reference() reference.Set {
	set := plugins.Reference()
	set.Classes = append(set.Classes, fanClass)
	set.Classes = append(set.Classes, eventClasses()...)
	return set
}
