"""`python -m monitor`.

Effects: those of the command that is run.
"""

from monitor.cli.main import run_main

run_main()
