package flows

import (
	"context"
	"maps"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
)

// chunk is a flow's script in a Lua state of its own.
type chunk struct {
	state *sandbox.State
	root  *lua.LTable // what the script gave to flow or drip
	drip  bool
}

// openChunk starts a state in which flow and drip can be called. The caller closes it.
func openChunk(ctx context.Context, host *plugins.Host, r plugins.Run) (*chunk, error) {
	c := &chunk{}
	root := func(drip bool) sandbox.Module {
		return func(*sandbox.State, sandbox.Scope) lua.LValue {
			return frozen(func(L *lua.LState) int {
				c.root, c.drip = L.CheckTable(1), drip
				L.Push(c.root)
				return 1
			})
		}
	}
	modules := map[string]sandbox.Module{"flow": root(false), "drip": root(true)}
	maps.Copy(modules, r.Modules)
	r.Modules = modules
	var err error
	c.state, err = host.State(ctx, r)
	return c, err
}

// run runs the script from its top.
func (c *chunk) run(program *sandbox.Program) error {
	v, err := c.state.Run(program)
	if err != nil {
		return err
	}
	if c.root == nil || v != c.root {
		return &sandbox.Error{File: program.File(), Kind: sandbox.KindRuntime, Msg: "the script returns no flow: end it with return flow { … }"}
	}
	return nil
}
