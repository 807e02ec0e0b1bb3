"""What hostile feeds write where words are expected: each would do something in a page that took it for markup."""

PAYLOADS = (
    '<script>alert("x")</script>',
    "<svg/onload=alert(1)>",
    "<body/onload=alert(2)>",
    "<iframe/src=javascript:alert(3)>",
    "<svg onload=alert(4)",
    "<x onclick=alert(5)>press",
    '"><img src=x onerror=alert(6)>',
    "' autofocus onfocus=alert(7) x='",
    "<a href=javascript:alert(8)>here</a>",
    "{{ 7 * 7 }}{% raw %}${9}</textarea></title></style><script>alert(9)</script>",
    "\u202egnp.exe\u202c&lt;script&gt;alert(10)&lt;/script&gt;<!--",
)
"""As text they are harmless, and readable."""
