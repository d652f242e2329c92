-- stopped: budget runtime
for i = 1, 10, 0 do end
error('a step of 0 ended')
