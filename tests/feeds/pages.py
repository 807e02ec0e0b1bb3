"""Pages of our own writing, as news sites build them."""

import json

BODY = "\n".join(
    f"Paragraph {number}: the harbour council of Bellmoor met for hours and said that the ferries would stay in port "
    f"until the storm has passed, while families waited at pier {number} for news of those who had left before it."
    for number in range(1, 6)
)
"""An article in five paragraphs."""


def article_page(body: str = BODY, *, head: str = "", title: str = "Ferries stay in port") -> str:
    """An article as HTML, with a menu before and a footer behind it."""
    paragraphs = "".join(f"<p>{line}</p>" for line in body.split("\n") if line)
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head><body>"
        '<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>'
        f"<main><article><h1>{title}</h1>{paragraphs}</article></main>"
        "<footer><p>Copyright of the Bellmoor Courier. All rights reserved.</p></footer></body></html>"
    )


def record_page(record: object, *, body: str = "Short. Subscribe to read on.") -> str:
    """The same with a record for machines."""
    block = json.dumps(record).replace("</", "<\\/")
    return article_page(body, head=f'<script type="application/ld+json">{block}</script>')
