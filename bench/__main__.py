"""`python -m bench [NAME ...]` runs the benches named, or all that can run here in a few minutes.

Exit codes: 0 all kept their limits, 1 one did not, 2 a bench that was named does not exist or lacks what it needs.

Effects: those of the benches.
"""

import sys
from collections.abc import Callable

from bench import (
    delivery,
    feedback,
    freshness,
    idle,
    ingest,
    lag,
    latency,
    matching,
    plan,
    reload,
    scale,
    search,
    settled,
    silence,
    soak,
    starts,
    stories,
    syncs,
    years,
)

BENCHES: dict[str, Callable[[], int]] = {
    "ingest": ingest.run,
    "syncs": syncs.run,
    "latency": latency.run,
    "lag": lag.run,
    "idle": idle.run,
    "stories": stories.run,
    "matching": matching.run,
    "search": search.run,
    "plan": plan.run,
    "reload": reload.run,
    "silence": silence.run,
    "feedback": feedback.run,
    "freshness": freshness.run,
    "delivery": delivery.run,
    "scale": lambda: scale.run(["--quick"]),
    "settled": settled.run,
    "years": years.run,
    "soak": soak.run,
    "starts": starts.run,
}
BY_NAME_ONLY = {
    "settled": "takes five minutes",
    "scale": "takes five minutes",
    "years": "takes ten minutes and four gigabytes",
    "soak": "takes ten minutes",
}
"""Why a bench is passed over where none was named."""
CANNOT_RUN = 2
"""What a bench returns, having said why, where the corpus is not at hand."""


def main(names: list[str]) -> int:
    """Run each; where none was named, one that cannot run here says so and is passed over."""
    if names[:1] == ["soak"]:  # these two have options
        return soak.run(names[1:])
    if names[:1] == ["scale"]:
        return scale.run(names[1:])
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no such bench: {', '.join(unknown)}. There are: {', '.join(BENCHES)}.", file=sys.stderr)
        return CANNOT_RUN
    codes = []
    for name in names or BENCHES:
        print(f"== {name}", flush=True)
        if not names and name in BY_NAME_ONLY:
            print(f"{BY_NAME_ONLY[name]}: run it by its name, python -m bench {name}")
            continue
        codes.append(BENCHES[name]())
    return max([code for code in codes if names or code != CANNOT_RUN], default=CANNOT_RUN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
