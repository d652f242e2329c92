-- stopped: syntax
break
