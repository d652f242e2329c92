-- stopped: syntax
counter = 1
