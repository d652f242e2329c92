-- stopped: syntax
function count() end
