"""An audit tells classifiers apart of which it is known what they read."""

import made_onnx
import numpy as np
import pytest
import torch

from causaray.errors import BadInput
from causaray.evaluation.audit.audit import run_audit
from causaray.evaluation.audit.onnx_model import onnx_classifier

FINDING = "Pleural Effusion"
SIZE = 64


class Opacifier:
    """An editor that makes the lower lungs brighter for the finding and darker against it, and changes nothing else."""

    name, names, size, digest = "opacifier", ("No Finding", FINDING), SIZE, "0" * 64

    def edit(self, images, request):
        (asked,) = request.findings
        made = images.clone()
        shift = 0.3 * request.strength / 0.7 * (1 if asked.state == "present" else -1)
        made[..., SIZE // 2 : -SIZE // 8, SIZE // 8 : -SIZE // 8] += shift
        return type("Edit", (), {"counterfactual": made.clamp(0, 1)})


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return 0.5 + 0.05 * torch.rand(6, 1, SIZE, SIZE, generator=generator)


def audited(data, images, **options):
    with onnx_classifier(data, "model", {}) as classifier:
        made = run_audit(classifier, Opacifier(), images, np.arange(len(images)), **options)
    return made, made.report["findings"][FINDING]


def value(found, perturbation, key):
    return found["perturbations"][perturbation][key]["value"]


def test_who_reads_the_corner_answers_to_the_letter_and_not_to_the_disease(images):
    _, found = audited(made_onnx.marker_reader(), images)
    assert value(found, "marker_left", "flipped") == value(found, "marker_moved", "flipped") == 1
    assert value(found, "disease", "flipped") == value(found, "marker_right", "flipped") == 0
    assert value(found, "disease", "size") < 1e-6
    assert found["ratio"]["marker_moved"] is None, "there is no effect of the disease to divide by"
    assert found["scls"]["marker_left"]["scls_d"]["value"] == found["scls"]["marker_left"]["crossed"]["value"] == 1
    assert found["scls"]["marker_right"] == {**found["scls"]["marker_right"], "scls_d": None}, "nothing crossed"


def test_who_reads_the_lung_base_answers_to_the_disease_and_not_to_the_letter(images):
    _, found = audited(made_onnx.base_reader(), images)
    assert value(found, "disease", "flipped") == 1 and value(found, "disease", "change") > 0.9
    assert value(found, "added", "change") >= 0 > value(found, "removed", "change")
    assert value(found, "marker_moved", "size") == value(found, "marker_left", "flipped") == 0
    assert found["ratio"]["marker_moved"]["value"] == 0
    assert {one["scls_d"]["value"] for one in found["scls"].values()} == {0}
    assert found["ratio"]["device"]["value"] < 0.3
    assert value(found, "device", "control_flipped") <= 1


def test_who_says_always_the_same_is_moved_by_nothing(images):
    _, found = audited(made_onnx.constant(), images)
    figures = found["perturbations"].values()
    assert all(one["size"]["value"] == one["flipped"]["value"] == 0 for one in figures)
    assert set(found["ratio"].values()) == {None}


def test_the_null_edit_moves_nothing_and_has_no_control(images):
    _, found = audited(made_onnx.base_reader(), images)
    null = found["perturbations"]["null"]
    assert null["size"] == {**null["size"], "value": 0, "low": 0, "high": 0}
    assert null["grey_levels"] == 0 and "control_size" not in null


def test_a_seed_gives_the_same_audit_and_the_worst_cases_come_first(images):
    (one, _), (two, _) = (audited(made_onnx.base_reader(), images, seed=5) for _ in range(2))
    assert one.report == two.report
    first, second = one.worst[FINDING][:2]
    assert abs(first.said_after - first.said_before) >= abs(second.said_after - second.said_before)
    assert np.array_equal(first.after, two.worst[FINDING][0].after)


def test_progress_is_told_and_can_end_the_audit(images):
    steps = []
    audited(made_onnx.constant(), images, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(6, 18), (12, 18), (18, 18)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audited(made_onnx.constant(), images, progress=stop)


@pytest.mark.parametrize(
    ("findings", "said"), [(["Edema"], "Edema cannot be audited; model and editor both know Pleural Effusion")]
)
def test_a_finding_that_one_of_them_does_not_know(images, findings, said):
    with pytest.raises(BadInput, match=said):
        audited(made_onnx.constant(), images, findings=findings)


def test_one_image_is_no_audit(images):
    with pytest.raises(BadInput, match="at least 2 images"):
        audited(made_onnx.constant(), images[:1])
