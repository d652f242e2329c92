return drip { steps = { { send = "A" } }, late = "skip", exit = { unsubscribe = true, tag = { x = "gone" } } }
