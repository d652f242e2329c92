-- stopped: budget
return (("a"):rep(20000)):find("[^b]*[^b]*[^b]*b")
