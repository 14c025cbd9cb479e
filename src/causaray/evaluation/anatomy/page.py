"""The measures of `anatomy_reading` as a page to read."""

from collections.abc import Mapping
from typing import Any

from causaray.evaluation.report import span, table


def page(found: Mapping[str, Any]) -> str:
    """As Markdown, the command at the top."""
    about = found["about"]
    return f"""# Anatomy read off films

Made by `{about["command"]}`. Causaray {about["version"]}, weights {about["weights"]} {about["digest"][:16]}, seed {about["seed"]}.

No mask and no label was trained on. A film at {1000 * found["seconds_a_film"]:.0f} ms on two cores, both views of it.

## Lungs against people's outlines: Dice coefficient of both lungs together

{table(["masks", "median", "10th percentile", "90th percentile", "mean"], ((name, _three(one["median"]), _three(one["percentile_10"]), _three(one["percentile_90"]), span(one["mean"])) for name, one in found["dice"].items()))}
Each by its own convention: without the lung behind the heart, or with it.

## Cardiothoracic ratio

Mean absolute error on phantoms never trained on, altered as in training: {span(found["phantom_ratio_error"])}.

{table(["films labelled", "Cardiomegaly", "No Finding", "AUROC of the ratio alone"], ((f"{name}, {view}", str(one["large"]), str(one["none"]), span(one["auroc"])) for name, views in found["large_hearts"].items() for view, one in views.items()))}
{table(["films read as normal", "ratio below 0.55", "median ratio", "can be read"], ((name, span(one["below"]), _three(one["median"]), span(one["readable"])) for name, one in found["normal_hearts"].items()))}
## What is said to be unreadable

A film is called unreadable when two views of it, or lungs and coordinates, disagree by more than {about["limit"]:.3f}.

{table(["films of split test", "share called unreadable"], ((f"{cohort}, {name}", span(one)) for cohort, kinds in found["unreadable"].items() for name, one in kinds.items()))}"""  # noqa: E501


def _three(value: float) -> str:
    return f"{value:.3f}"
