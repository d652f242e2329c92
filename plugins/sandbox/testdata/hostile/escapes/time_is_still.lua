-- stopped: runtime
local a = time.now()
for i = 1, 10000 do end
assert(tostring(time.now()) == tostring(a), "ESCAPED")
os.time()
