package simulator

// statEndpoints is the data cube.
func statEndpoints() map[string]endpoint {
	return map[string]endpoint{}
}
