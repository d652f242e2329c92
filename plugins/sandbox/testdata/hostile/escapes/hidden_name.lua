-- stopped: syntax
(charge)(-1e9)
(set)(string, 1, 2)
x = 1
