"""Identity, as metrics.json holds it."""

from typing import Any

from causaray.evaluation.context import Context
from causaray.evaluation.identity import identity


def measure(context: Context) -> dict[str, Any]:
    """Whether edited images are still their patients', sharp and with all images blurred alike."""
    return {
        **identity(*context.features(), context.patients, context.seed),
        "low_passed": identity(*context.features("low_passed"), context.patients, context.seed),
    }
