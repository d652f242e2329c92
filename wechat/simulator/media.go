package simulator

// mediaEndpoints are temporary media and material.
func mediaEndpoints() map[string]endpoint {
	return map[string]endpoint{}
}
