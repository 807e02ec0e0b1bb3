"""The page's own files: one style sheet and the little scripts, each named by its content.

Effects: reads files, once.
"""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Statics:
    """All files of the folder `static`, read once: nothing else can be asked for."""

    def __init__(self) -> None:
        folder = Path(__file__).parent / "static"
        self._files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in TYPES}
        self._marks = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in self._files.items()}

    def address(self, name: str) -> str:
        """Where a file is; another content has another address, so that a browser may keep it for ever."""
        return f"/static/{name}?v={self._marks[name]}"

    def answer(self, request: Request) -> Response:
        """One file."""
        name = request.path_params["name"]
        body = self._files.get(name)
        if body is None:
            return PlainTextResponse("Not Found", status_code=404)
        is_exact = request.query_params.get("v") == self._marks[name]
        headers = {
            "Cache-Control": "max-age=31536000, immutable" if is_exact else "no-cache",
        }
        return Response(body, headers=headers, media_type=TYPES[Path(name).suffix])
