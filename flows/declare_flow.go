package flows

import lua "github.com/yuin/gopher-lua"

// listen reads rules that hear an event without taking it: the same shape as on.
func (d *declarer) listen(at []any, v lua.LValue) map[string]*matcher { return d.on(at, v) }

// exit reads what ends an enrollment wherever it is.
func (d *declarer) exit(path string, v lua.LValue) []*matcher {
	d.wrong(path, "is not built yet")
	return nil
}

// window reads one of from, to and closes.
func (d *declarer) window(w *window, field, path string, v lua.LValue) {
	d.wrong(path, "is not built yet")
}

// limit reads limit = {all = 100, day = 20}.
func (d *declarer) limit(path string, v lua.LValue) limit {
	d.wrong(path, "is not built yet")
	return limit{}
}
