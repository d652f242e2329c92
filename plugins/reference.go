package plugins

import (
	"slices"
	"strings"

	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/config"
	"fanflow/plugins/std/crypto"
	"fanflow/plugins/std/geo"
	"fanflow/plugins/std/http"
	"fanflow/plugins/std/json"
	"fanflow/plugins/std/kv"
	"fanflow/plugins/std/log"
	"fanflow/plugins/std/text"
	"fanflow/plugins/std/when"
)

// Reference describes what every script can use: the language as it is here, and the standard modules, by their names.
func Reference() reference.Set {
	set := sandbox.Words()
	set.Modules = append(slices.Clone(set.Modules),
		crypto.Library.Words(), geo.Library.Words(), http.Words(), json.Library.Words(), kv.Words(), log.Words(), text.Library.Words(), when.Library.Words())
	set.Classes = append(slices.Clone(set.Classes), http.Classes()...)
	set.Classes = append(set.Classes, pluginClasses()...)
	set.Modules = append(set.Modules, config.Words()...)
	slices.SortStableFunc(set.Modules, func(a, b reference.Module) int { return strings.Compare(a.Name, b.Name) })
	return set
}
