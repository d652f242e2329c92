-- stopped: memory
local keep = nil
::again::
keep = { keep, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, { a = {} }, { b = {} }, { c = {} }, { d = {} } }
goto again
