-- stopped: syntax
goto inside
do ::inside:: end
