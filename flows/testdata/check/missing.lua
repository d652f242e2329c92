return flow { title = "no name, no first, no states" }
