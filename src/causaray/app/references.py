"""Reference images of a rare finding, toward which an edit is pulled: checked, and made a centroid."""

from collections.abc import Sequence

import numpy as np

from causaray import weightfiles
from causaray.app.editing import as_tensor
from causaray.classifiers.encoders import References, engine_named
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.scan import Scan
from causaray.systems.causal_disentanglement.seed_optimisation import ReferenceGuidance, centroid

ENCODER = "encoder-128"


def pull_toward(
    references: Sequence[Scan], scans: Sequence[Scan], request: Findings, engine: str, encoder: str = ENCODER
) -> ReferenceGuidance:
    """The pull toward a few references of the one finding that `request` wants present.

    references, scans (the images under edit): square, of one size. Without references those that come with the encoder
    are taken. Raises BadInput for an unknown engine, a request that does not want exactly one finding present,
    references of the patient under edit, references that do not look like the finding, and a finding of which none
    come along when none are given.
    """
    space = References.load(weightfiles.find(encoder))
    name, run = _wanted(request), engine_named(engine)
    if not references:
        return ReferenceGuidance(space, {name: space.centroid(name)}, run, engine, space.name, space.counts.get(name))
    for shown in references:
        if any(_same(shown, scan) for scan in scans):
            raise BadInput(f"{shown.source} is an image of the patient under edit; references must be of others.")
    images = as_tensor(references)
    if space.unlike(images, name):
        raise BadInput(
            f"These {len(references)} references look less like {name.lower()} than an average radiograph does; "
            "name images that show it."
        )
    return ReferenceGuidance(space, {name: centroid(space, images)}, run, engine, space.name, len(references))


def _wanted(request: Findings) -> str:
    present = [f.name for f in request if f.state == "present"]
    if len(present) != 1:
        raise BadInput("References are of one finding; name exactly one that is to be present in the request.")
    return present[0]


def _same(reference: Scan, scan: Scan) -> bool:
    patients = [getattr(one.header, "PatientID", None) for one in (reference, scan)]
    return (bool(patients[0]) and patients[0] == patients[1]) or np.array_equal(reference.pixels, scan.pixels)
