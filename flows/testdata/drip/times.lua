return drip {
  name  = "times",
  steps = {
    { send = "A" },
    { send = "no time" },
    { after = "3d", send = "B" },
    { after = "2d", send = "too early" },
    { at = "+1d 10:00", send = "too early, too" },
    { at = "2026-12-24 10:00", send = "a date" },
    { at = "+9d 25:00", send = "no time of the day" },
    { after = "soon", send = "no duration" },
    { after = "20d", at = "+20d 10:00", send = "both" },
    { at = "+21d 10:00", send = "fine" },
    { after = "500h", send = "may be before or after: fine" },
  },
}
