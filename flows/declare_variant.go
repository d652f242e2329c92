package flows

import lua "github.com/yuin/gopher-lua"

// variants reads variants = {price = {a = 50, b = 50, salt = "…"}}.
func (d *declarer) variants(path string, v lua.LValue) []experiment {
	d.wrong(path, "is not built yet")
	return nil
}

// holdout reads holdout = {share = 10, state = "control"}.
func (d *declarer) holdout(path string, v lua.LValue) *holdout {
	d.wrong(path, "is not built yet")
	return nil
}
