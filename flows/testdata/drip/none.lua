return drip { name = "none" }
