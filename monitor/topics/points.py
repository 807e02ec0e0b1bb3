"""Which part of a score each piece of evidence brings, in whole points that add up to the score.

Effects: none.
"""

from collections.abc import Sequence


def share_points(total: int, parts: Sequence[float]) -> list[int]:
    """`total` shared out in whole points in proportion to `parts`, none negative; they add up to it exactly.

    What rounding leaves goes to the parts that lost most by it, of equal ones to the first. Where all parts are
    nothing, each counts alike.
    """
    if len(parts) < 2:
        return [total] * len(parts)
    whole = sum(parts)
    shares = [total * part / whole for part in parts] if whole > 0 else [total / len(parts)] * len(parts)
    points = [int(share) for share in shares]
    by_loss = sorted(range(len(parts)), key=lambda place: (points[place] - shares[place], place))
    for place in by_loss[: total - sum(points)]:
        points[place] += 1
    return points
