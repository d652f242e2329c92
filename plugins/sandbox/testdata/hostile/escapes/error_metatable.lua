-- stopped: runtime
error(setmetatable({ message = "mine" }, { __metatable = false, __concat = error, __eq = error }))
