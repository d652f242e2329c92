-- stopped: runtime
error(("\n"):rep(2000) .. "x")
