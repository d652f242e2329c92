return flow {
  name = "syntax"
  first = "start",
}
