-- stopped: budget runtime
for i = 1, 0/0 do end
error('nan ended')
