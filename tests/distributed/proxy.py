"""The wire between a worker and PostgreSQL, in the test's hand: it can go dead, come back, or be cut.

Dead is what a partition looks like from both ends: nothing arrives, and nobody is told. What was on its way arrives
when the wire comes back.

Effects: network (loopback), threads.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PIECE_BYTES = 65_536


class Wire:
    """A listening port whose connections are carried on to another one."""

    def __init__(self, target: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._target = target
        self._listener = socket.create_server((host, 0), backlog=64)
        self._is_up = threading.Event()
        self._is_up.set()
        self._is_over = False
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self.port = int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def die(self) -> None:
        """Carry nothing from now on, and say so to nobody; who connects waits."""
        self._is_up.clear()

    def heal(self) -> None:
        """Carry again, beginning with what waits."""
        self._is_up.set()

    def cut(self) -> int:
        """Reset every connection; new ones are carried. Returns how many ends there were."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                end.shutdown(socket.SHUT_RDWR)
        return len(ends)

    def end(self) -> None:
        """Close the port and every connection."""
        self._is_over = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.heal()
        self.cut()
        self._accepting.join()

    def _accept(self) -> None:
        while not self._is_over:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        self._is_up.wait()
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._ends |= {near, far}
        back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
        back.start()
        self._carry(near, far)
        back.join()
        with self._lock:
            self._ends -= {near, far}
        near.close()
        far.close()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                self._is_up.wait()  # also the end of a connection is not carried over a dead wire
                target.sendall(piece)
        self._is_up.wait()
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def a_wire(target: tuple[str, int], *, host: str = "127.0.0.1") -> Iterator[Wire]:
    """A wire to this port until the block ends."""
    wire = Wire(target, host)
    try:
        yield wire
    finally:
        wire.end()
