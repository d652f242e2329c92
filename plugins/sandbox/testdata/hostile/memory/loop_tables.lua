-- stopped: memory
local keep = nil
while true do
  keep = { keep, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, { a = {} }, { b = {} }, { c = {} }, { d = {} } }
end
