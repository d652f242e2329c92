-- stopped: runtime
return require "json\0"
