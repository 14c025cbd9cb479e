import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from web_server import until

from causaray import edit, parse_prompt, read_scan
from causaray.app.web.orders import MOST_VARIANTS, Order
from causaray.app.web.service import Service, Unavailable
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.worker import Busy, Cancelled

REQUEST = parse_prompt("mild left pleural effusion")


def test_an_edit_is_that_of_the_command_line(service, dicom, editor_folder):
    (made,) = service.edit(Order(dicom.read_bytes(), REQUEST, seeds=(3,), strength=0.4)).result(60)
    (there,) = edit(dicom, REQUEST, seed=3, strength=0.4, weights=editor_folder)
    assert made.record() == there.record() and made.encoded("dicom") == there.encoded("dicom")
    np.testing.assert_array_equal(made.counterfactual.pixels, there.counterfactual.pixels)


def test_a_scan_is_edited_as_its_file_is(service, png):
    (one,) = service.edit(Order(png.read_bytes(), REQUEST)).result(60)
    (two,) = service.edit(Order(read_scan(png), REQUEST)).result(60)
    np.testing.assert_array_equal(one.counterfactual.pixels, two.counterfactual.pixels)


def test_seeds_and_severities_in_one_order(service, png):
    order, told = Order(png.read_bytes(), REQUEST, seeds=(5, 6), severities=("mild", "severe")), []
    made = service.edit(order, lambda *progress: told.append(progress)).result(60)
    assert [(one.request.to_text().split()[0], one.seed) for one in made] == [
        ("mild", 5), ("mild", 6), ("severe", 5), ("severe", 6),
    ]  # fmt: skip
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]
    alone = service.edit(Order(png.read_bytes(), made[3].request, seeds=(6,))).result(60)
    np.testing.assert_array_equal(made[3].counterfactual.pixels, alone[0].counterfactual.pixels)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"strength": 1.1}, "strength 1.1"),
        ({"strength": float("nan")}, "strength nan"),
        ({"seeds": (-1,)}, "seed -1"),
        ({"seeds": (2**63,)}, "seed 9223372036854775808"),
        ({"seeds": ()}, "0 edits"),
        ({"seeds": tuple(range(MOST_VARIANTS + 1))}, f"{MOST_VARIANTS + 1} edits"),
        ({"severities": ("awful",)}, '"awful"'),
        ({"severities": ("mild",), "request": parse_prompt("no pneumonia")}, "no severity to vary"),
    ],
)
def test_orders_that_cannot_be(wrong, said):
    with pytest.raises(BadInput, match=said):
        Order(**{"image": b"", "request": REQUEST, **wrong})


def test_a_severity_leaves_what_is_absent_as_it_is():
    request = parse_prompt("severe left effusion, no pneumonia")
    ((graded, _),) = Order(b"", request, severities=("mild",)).variants()
    assert graded.to_text() == "mild left pleural effusion, no pneumonia"


@pytest.mark.parametrize("prompt", ["", "pneunonia", "x" * 501, "hernia"])
def test_prompts_that_are_not_understood(service, prompt):
    with pytest.raises(BadInput):
        service.understood(prompt)


def test_unknown_findings_are_refused_before_they_wait(service):
    with pytest.raises(BadInput, match="not trained on Hernia"):
        service.edit(Order(b"", parse_prompt("hernia")))


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_an_image_that_is_none(service, content):
    with pytest.raises(BadInput, match="The image"):
        service.edit(Order(content, REQUEST)).result(60)


def test_users_do_not_mix(service, png, monkeypatch):
    monkeypatch.setattr(service._worker, "places", 100)
    expected = {seed: service.edit(Order(png.read_bytes(), REQUEST, (seed,))).result(60)[0] for seed in range(6)}

    def one(seed: int):
        (made,) = service.edit(Order(png.read_bytes(), REQUEST, (seed,))).result(60)
        return seed, made

    with ThreadPoolExecutor(6) as users:
        for seed, made in users.map(one, [*range(6)] * 3):
            assert made.seed == seed
            np.testing.assert_array_equal(made.counterfactual.pixels, expected[seed].counterfactual.pixels)


def test_a_full_queue(service, blocked, png):
    release = blocked(service)
    jobs = [service.edit(Order(png.read_bytes(), REQUEST)) for _ in range(service.places)]
    assert service.full and service.waiting == 2
    with pytest.raises(Busy):
        service.edit(Order(png.read_bytes(), REQUEST))
    release()
    assert all(len(job.result(60)) == 1 for job in jobs)


def test_an_edit_is_cancelled_between_the_calls_of_its_denoiser(service, png):
    calls, net = [], service._opening.result().editor.net.denoiser
    order = Order(png.read_bytes(), REQUEST, seeds=tuple(range(MOST_VARIANTS)))
    known, job = threading.Event(), []

    def cancel(*_):
        calls.append(1)
        assert known.wait(30)
        job[0].cancel()

    hook = net.register_forward_hook(cancel)
    job.append(service.edit(order))
    known.set()
    with pytest.raises(Cancelled):
        job[0].result(60)
    hook.remove()
    assert calls == [1]
    assert not net._forward_pre_hooks
    assert len(service.edit(Order(png.read_bytes(), REQUEST)).result(60)) == 1


def test_other_work_waits_in_the_same_queue(service):
    assert service.run(lambda pipeline, job: pipeline.editor.names).result(60) == service.names


def test_before_it_has_begun_work_waits(editor_folder, judge, png):
    service = Service(editor_folder, places=2)
    job = service.edit(Order(png.read_bytes(), REQUEST))
    assert service.state == "loading" and not job.future.done()
    service.start()
    assert len(job.result(60)) == 1 and service.state == "ready"
    service.close()


def test_weights_that_cannot_be_loaded(editor_folder, tmp_path, png, caplog):
    folder = tmp_path / "spoiled"
    folder.mkdir()
    (folder / "config.json").write_bytes((editor_folder / "config.json").read_bytes())
    (folder / "model.safetensors").write_bytes(b"spoiled")
    service = Service(folder)
    service.start()
    until(lambda: service.state != "loading")
    assert service.state == "failed" and "cannot be loaded" in caplog.text
    with pytest.raises(Unavailable, match="cannot be loaded"):
        service.edit(Order(png.read_bytes(), REQUEST)).result(60)
    service.close()


def test_nothing_of_the_patient_comes_with_an_edit(service, dicom):
    (made,) = service.edit(Order(dicom.read_bytes(), REQUEST)).result(60)
    assert made.factual.patient is None and made.factual.source is None
    assert "Doe" not in str(made.factual.header) and "MRN-77" not in str(made.factual.header)
    assert isinstance(made.request, Findings) and b"Doe" not in made.encoded("dicom", keep_identity=True)
