"""What changed between two images of one patient, as a report would say it."""

import numpy as np

from causaray.cohorts.phantom.phrases import CHANGES, NO_CHANGE
from causaray.cohorts.phantom.wording import chooser, fill
from causaray.findings import Findings
from causaray.progression import Change, changed


def changes(before: Findings, after: Findings, rng: np.random.Generator | None = None) -> str:
    """`changed` as sentences: "New moderate left pleural effusion. Pulmonary edema has resolved."

    The same words every time without `rng`, one of several paraphrases with it; "No change." when there is nothing to
    tell.
    """
    choose = chooser(rng)
    return " ".join(told(change, rng) for change in changed(before, after)) or choose(NO_CHANGE)


def told(change: Change, rng: np.random.Generator | None = None) -> str:
    """One change as a sentence."""
    choose = chooser(rng)
    finding = change.after or change.before
    assert finding is not None
    return fill(choose(CHANGES[change.kind]), finding, choose, change.before)
