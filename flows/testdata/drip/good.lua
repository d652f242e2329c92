return drip { name = "good", triggers = { subscribe = true }, steps = { { after = "1d", send = "A" } } }
