-- what is no field, and what is none of a drip's
return drip {
  name    = "fields",
  titel   = "a typo",
  states  = {},
  purpose = "fun",
  late    = "soon",
  steps   = {
    { send = "A", reply = "nobody waits for one" },
    { after = "1d" },
    "no table",
    { after = "2d", send = function(fan) end },
    { after = "3d", tag = "x" },
    also = {},
  },
}
