-- stopped: syntax
goto nowhere
