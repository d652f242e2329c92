-- stopped: runtime
for _, name in ipairs { "(charge)", "(set)", "(table)", "(concat)", "(length)", "string.dump", "table.insert" } do assert(not pcall(require, name)) end
error("none of them")
