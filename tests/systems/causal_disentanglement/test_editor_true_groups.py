"""The editor of weights that learned from pairs of films without and with a finding."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F
from woken import woken

from causaray.anatomy.coordinates import SHEETS
from causaray.cohorts.phantom import World
from causaray.cohorts.phantom.coordinates import coordinates
from causaray.editors.edit import EditRequest
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import PLACE, Shape
from causaray.nets.codecs import CausalCodec
from causaray.nets.map_refiner import LEAST
from causaray.nets.noise_proposal import NoiseProposal
from causaray.systems.causal_disentanglement.amortised_noise import propose
from causaray.systems.causal_disentanglement.attention_maps import attention_maps
from causaray.systems.causal_disentanglement.device_routes import routed, share_of
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, CoveringEdit, EditorNet
from causaray.systems.causal_disentanglement.lesion_areas import lesion_notes
from causaray.systems.causal_disentanglement.seed_optimisation import Objective, Optimised, ReferenceGuidance, search

NAMES = ("No Finding", "Edema", "Pleural Effusion", "Nodule")
SHAPE = Shape(64, 5, 16, 16, 1, 1, 16, 4, pathology_channels=2, true_groups=True)
CONFIG = Config("tiny", NAMES, SHAPE, 16, 1, steps=3, severities={"mild": 0.3, "moderate": 0.6, "severe": 0.9})


@pytest.fixture(scope="module")
def editor() -> CausalDisentanglementEditor:
    """An untrained editor whose zero-initialised parts are woken up, so that every path has an effect."""
    torch.manual_seed(0)
    net = woken(EditorNet(CONFIG))
    with torch.no_grad():
        net.autoencoder.over.net.leave[-1].weight.normal_(std=0.3)
    return CausalDisentanglementEditor(net, CONFIG)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand((3, 1, 64, 64), generator=torch.Generator().manual_seed(1))


def test_strength_zero_gives_the_images_back_bit_for_bit(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    assert torch.equal(editor.edit(images, EditRequest(parse_prompt("edema"), strength=0)).counterfactual, images)


def test_where_the_pathology_stays_the_film_stays_bit_for_bit(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    identity, z = editor.encode(images)
    edit = editor.moved(images, identity, z, torch.zeros_like(z))
    assert torch.equal(edit.counterfactual, images)
    assert isinstance(edit, CoveringEdit) and not edit.change.any() and not edit.hidden.any()


def test_the_edit_is_the_change_and_what_survives_of_the_film(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    edit = editor.edit(images, EditRequest(parse_prompt("severe edema"), strength=1.0))
    assert isinstance(edit, CoveringEdit)
    made = edit.base + edit.change + (1 - edit.hidden) * (images - edit.base)
    touched = (edit.change != 0) | (edit.hidden != 0)
    assert touched.any()
    torch.testing.assert_close(edit.counterfactual[touched], made.clamp(0, 1)[touched], atol=5e-5, rtol=0)
    assert torch.equal(edit.counterfactual[~touched], images[~touched])


def test_edits_follow_seed_severity_side_and_place(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    def change(prompt: str, **how: float) -> torch.Tensor:
        edit = editor.edit(images, EditRequest(parse_prompt(prompt), **how))  # type: ignore[arg-type]
        assert isinstance(edit, CoveringEdit)
        return edit.change

    assert torch.equal(change("left nodule"), change("left nodule"))
    pairs = [
        ("left nodule", "right nodule"), ("mild left nodule", "severe left nodule"), ("edema", "no edema"),
        ("left upper zone nodule", "left lower zone nodule"), ("edema", "edema and left nodule"),
    ]  # fmt: skip
    for one, other in pairs:
        assert not torch.equal(change(one), change(other)), f"{one} is {other}"
    assert not torch.equal(change("left nodule"), change("left nodule", seed=4))
    seeds = [change("nodule", seed=seed) for seed in (0, 1)]
    sided = [change(f"{side} nodule", seed=seed) for seed in (0, 1) for side in ("left", "right")]
    assert all(any(torch.equal(one, other) for other in sided) for one in seeds), "an open side is one of the two"


def test_a_batch_gives_what_single_edits_give(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    request = parse_prompt("edema and no pleural effusion")
    together = editor.edit(images, EditRequest(request)).counterfactual
    alone = torch.cat([editor.edit(x[None], EditRequest(request)).counterfactual for x in images])
    torch.testing.assert_close(together, alone, atol=5e-5, rtol=0)


def test_a_negative_request_leads_away(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    request = parse_prompt("edema")
    plain = editor.edit(images, EditRequest(request)).counterfactual
    led = editor.edit(images, EditRequest(request, negative=parse_prompt("left pleural effusion"))).counterfactual
    assert not torch.equal(plain, led)


def test_maps_tell_the_share_of_every_finding(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    identity, maps = editor.encode(images)
    assert maps.shape == (3, len(NAMES), 16, 16)
    assert maps.min() >= 0 and maps.max() <= 1
    assert identity.shape == (3, 3 + len(SHEETS), 16, 16)


def test_what_is_to_come_and_to_go_is_in_its_own_map(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    identity, z = editor.encode(images)
    edema, effusion = NAMES.index("Edema"), NAMES.index("Pleural Effusion")

    def moved(prompt: str, strength: float = 0.7) -> torch.Tensor:
        return editor.move(identity, z, parse_prompt(prompt), editor.noise(0, 1), strength)

    coming, going = moved("edema"), moved("no edema")
    others = [i for i in range(len(NAMES)) if i != edema]
    assert coming[:, edema].max() > 0 and coming[:, edema].min() >= 0 and not coming[:, others].any()
    torch.testing.assert_close(z + going, torch.where(torch.arange(len(NAMES)).view(1, -1, 1, 1) == edema, 0.0, z))
    torch.testing.assert_close(moved("no edema", 0.35), going / 2)
    left, right = moved("no left pleural effusion"), moved("no right pleural effusion")
    torch.testing.assert_close(left + right, moved("no pleural effusion"))
    assert (left[:, effusion].abs() * right[:, effusion].abs()).max() == 0
    nothing = moved("no finding")
    torch.testing.assert_close((z + nothing)[:, 1:], torch.zeros_like(z[:, 1:]))


def test_maps_are_as_fine_as_the_nets_and_enlarge_what_is_read_before_any_training(images: torch.Tensor) -> None:
    torch.manual_seed(0)
    net = EditorNet(CONFIG)
    assert net.autoencoder.refiner is not None and len(SHEETS) == PLACE
    plain = CausalDisentanglementEditor(net, CONFIG)
    _, z = plain.encode(images)
    enlarged = F.interpolate(z.cpu(), (64, 64), mode="bilinear", align_corners=False)
    torch.testing.assert_close(plain.segment(images), enlarged.clamp(LEAST, 1 - LEAST), atol=1e-4, rtol=0)


def test_fine_maps_follow_the_move(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    _, z = editor.encode(images)
    fine = editor.fine(images, z)
    assert fine is not None
    net, column = editor.net.autoencoder, NAMES.index("Edema")
    others = [i for i in range(len(NAMES)) if i != column]
    assert torch.equal(fine.after(net, z, torch.zeros_like(z)), fine.maps)
    gone = torch.zeros_like(z)
    gone[:, column] = -z[:, column]
    left = fine.after(net, z, gone)
    assert left[:, column].max() < 1e-5 and torch.equal(left[:, others], fine.maps[:, others])
    coming = torch.zeros_like(z)
    coming[:, column, 8:] = 0.5
    more = fine.after(net, z, coming)
    assert (more[:, column] >= fine.maps[:, column]).all() and (more[:, column] > fine.maps[:, column]).any()
    assert torch.equal(more[:, others], fine.maps[:, others])


def test_devices_lie_along_the_route_of_their_kind(readings: torch.Tensor) -> None:
    noise = torch.randn((1, 1, 32, 32), generator=torch.Generator().manual_seed(0))
    tube, generator, right = (
        share_of(routed(readings, kind, side, noise, 128), 32)
        for kind, side in (("tracheal tube", None), ("pacemaker", None), ("pacemaker", "right"))
    )
    x, height = (readings[:, SHEETS.index(name)][:, None] for name in ("x", "height"))

    def middle(share: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        return (share * of).sum((1, 2, 3)) / share.sum((1, 2, 3))

    assert (middle(tube, x).abs() < 0.08).all() and (middle(tube, height) < -0.5).all(), "in the windpipe"
    assert (middle(generator, x) > 0.1).all() and (middle(right, x) < -0.1).all()
    assert torch.equal(routed(readings, None, None, noise, 64), routed(readings, None, None, noise, 64))
    assert tube.min() >= 0 and tube.max() <= 1


@pytest.fixture(scope="module")
def readings() -> torch.Tensor:
    """The true coordinates (2, 10, 32, 32) of two phantoms."""
    return F.interpolate(coordinates(World(size=128, common=0.0, devices=0.0).sample(2, seed=3)), (32, 32), mode="area")


def test_the_record_tells_how_much_of_each_lung_a_finding_fills() -> None:
    place = torch.zeros(1, len(SHEETS), 8, 8)
    place[:, SHEETS.index("x"), :, 4:], place[:, SHEETS.index("x"), :, :4] = 0.5, -0.5
    place[:, SHEETS.index("left"), :, 6:] = 1.0  # 16 pixels
    place[:, SHEETS.index("right"), :, :4] = 1.0  # 32 pixels
    before, after = torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 8, 8)
    after[:, 1, :4, 6:] = 0.5
    (note,) = lesion_notes(place, before, after, ("Edema", "Nodule"))
    nothing = {"before": 0.0, "after": 0.0}
    assert note == {"lesions": {"Nodule": {"right": nothing, "left": {"before": 0.0, "after": 0.25}}}}


def test_saved_loaded_and_generated(editor: CausalDisentanglementEditor, images: torch.Tensor, tmp_path: Path) -> None:
    editor.save(tmp_path / "w")
    again = CausalDisentanglementEditor.load(tmp_path / "w")
    request = parse_prompt("left pleural effusion")
    assert torch.equal(
        again.edit(images, EditRequest(request)).counterfactual,
        editor.edit(images, EditRequest(request)).counterfactual,
    )
    made = editor.generate(request, 2, seed=1, identity=images[:1])
    assert made.shape == (2, 1, 64, 64) and not torch.equal(made[0], made[1])


def test_attention_and_codec_know_several_pathology_channels(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    maps = attention_maps(editor, images)
    assert maps.acting.shape == maps.acted_on.shape == (3, 1, 4, 4)
    codec = CausalCodec(editor.net.autoencoder)
    assert codec.decode(codec.encode(images)).shape == images.shape


def test_each_image_of_a_batch_has_the_side_of_its_own_seed(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    request, seeds = parse_prompt("nodule"), [0, 1, 4]
    assert len({editor.resolved(request, seed) for seed in seeds}) == 2
    made = editor.edit(images, EditRequest(request, seeds)).counterfactual
    alone = [
        editor.edit(images[i : i + 1], EditRequest(request, seed=seed)).counterfactual for i, seed in enumerate(seeds)
    ]
    torch.testing.assert_close(made, torch.cat(alone), atol=5e-5, rtol=0)


def test_noise_is_optimised_for_the_side_that_the_edit_draws(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    asked: list[str] = []

    def engine(objective: Objective, noise: torch.Tensor) -> Optimised:
        asked.append(objective.request.to_text())
        return search(objective, noise)

    pull = ReferenceGuidance(lambda x: x.flatten(1)[:, ::64], {"Nodule": torch.zeros(64)}, engine, "search")
    editor.edit(images[:2], EditRequest(parse_prompt("nodule"), 1, references=pull))
    assert asked == [editor.resolved(parse_prompt("nodule"), 1).to_text()] and asked[0] != "nodule"


def test_a_proposal_sees_the_maps_of_all_findings(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    net, noise = NoiseProposal(64, 16, 8, 1, maps=len(NAMES)), editor.noise(0, 3)
    objective = Objective(editor, lambda x: x.flatten(1)[:, ::64], torch.ones(64), images, parse_prompt("edema"))
    assert propose(net, objective, noise).shape == noise.shape == (3, 1, 16, 16)
    torch.nn.init.normal_(net.leave.weight)
    assert not torch.allclose(propose(net, objective, noise), propose(net, objective, noise * 2))
