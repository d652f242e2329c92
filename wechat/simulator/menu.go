package simulator

// menuEndpoints are custom menus.
func menuEndpoints() map[string]endpoint {
	return map[string]endpoint{}
}
