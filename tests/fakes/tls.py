"""Both ends of TLS on loopback, from a certificate of our own that is worth nothing anywhere else."""

import ssl
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "tls"


def server_tls() -> ssl.SSLContext:
    """What a server on 127.0.0.1 shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "loopback.pem", FOLDER / "loopback.key")
    return context


def client_tls() -> ssl.SSLContext:
    """A client that trusts that server and nobody else."""
    return ssl.create_default_context(cafile=str(FOLDER / "loopback.pem"))
