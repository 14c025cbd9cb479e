"""What is asked of the images of a cohort."""

from causaray.cohorts.phantom.cohort import NAME as PHANTOM
from causaray.cohorts.phantom.model import PLACED, UNSIDED

ADULT = ("Pleural Effusion", "Cardiomegaly", "Atelectasis", "Pneumothorax", "Edema", "Consolidation")
ASKED = {"kermany": ("Pneumonia",), "hannover": ("Pneumonia",), "covid": ("Pneumonia",), "nih": ADULT}
"""What is asked of the cohorts that come with the project; of another cohort, all that editor and judge know."""


def prompts(cohort: str, finding: str) -> tuple[str, str]:
    """The two prompts of a finding. A cohort that knows one disease is asked for health, not for its absence.

    Of phantoms severity, side and place are asked for, too: else the truth is the patient's own, which nobody can know.
    """
    word = finding.lower()
    if cohort == PHANTOM:
        side = "" if finding in UNSIDED else "left "
        place = "middle zone " if finding in PLACED else ""
        return f"moderate {side}{place}{word}", f"no {word}"
    return word, "no finding" if ASKED.get(cohort) == (finding,) else f"no {word}"
