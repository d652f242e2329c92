-- stopped: runtime
for _, name in ipairs { "(charge)", "(set)", "(table)", "(concat)", "(length)", "string.dump", "table.insert" } do assert(not pcall(require, name), "ESCAPED") end
error("none of them")
