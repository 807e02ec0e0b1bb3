"""Workers forked from a process that has loaded them: `python -m tests.distributed.forked SOCKET`.

Effects: child processes.
"""

from tests.acceptance.forks import main
from tests.distributed.launch import run

if __name__ == "__main__":
    main(run)
