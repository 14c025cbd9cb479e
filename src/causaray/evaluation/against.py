"""Two editors on the same images: how far apart their figures are."""

from collections.abc import Mapping
from typing import Any

from causaray.evaluation.statistics.bootstrap import Drawn, difference


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """one - other for every figure that both hold under the same keys, with the interval of the difference.

    The patients of each draw are the same for both, so what makes one image harder than another cancels. Figures that
    do not rest on the same rows are left out, and so are groups that hold no figure.
    """
    found: dict[str, Any] = {}
    for key, value in one.items():
        beside = other.get(key)
        if isinstance(value, Drawn) and isinstance(beside, Drawn):
            found[key] = difference(value, beside)
        elif isinstance(value, Mapping) and isinstance(beside, Mapping):
            found[key] = differences(value, beside)
    return {key: value for key, value in found.items() if value}
