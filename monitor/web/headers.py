"""What every answer says of itself, so that nothing a feed wrote can do anything in a browser.

Effects: none.
"""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_HEADERS = _ALWAYS | {
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
}
"""Of a page: scripts and styles are files of our own, and none stands in the page. Where it leads outside, nothing is
said of it; its own forms say where they come from, which is how those of pages elsewhere are told apart."""
LEAVE_HEADERS = _ALWAYS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex",
}
"""Of the page behind a link to leave: it stands alone, and carries its few styles itself."""
API_HEADERS = _ALWAYS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
"""Of an answer for programs."""
PREVIEW_HEADERS = {
    "Content-Security-Policy": PAGE_HEADERS["Content-Security-Policy"] + "; frame-src 'self'",
}
"""Beside those of a page: it shows a mail in a frame."""
MAIL_HEADERS = _ALWAYS | {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""Of a mail as it would be sent: it carries its styles itself, and runs, loads and sends nothing."""
