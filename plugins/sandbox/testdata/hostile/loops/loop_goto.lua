-- stopped: budget
::again::
goto again
