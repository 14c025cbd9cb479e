"""System 1 at work: edit a radiograph, or generate one, through its pathology channel (arXiv 2504.14450, Alg. 2)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from causaray import weightfiles
from causaray.anatomy.coordinates import SHEETS, Coordinates
from causaray.anatomy.reader import AnatomyReader
from causaray.anatomy.requests import FULL_STRENGTH
from causaray.diffusion.sampler import multistep
from causaray.diffusion.schedule import times
from causaray.editors.conditions import asked_labels, check_asked, opposites
from causaray.editors.edit import CoveringEdit, Edit, EditRequest, Shares
from causaray.editors.protocol import check_options
from causaray.editors.residual import carry_over, carry_without
from causaray.editors.saved import load_weights, save_weights
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.nets.autoencoder import CausalAutoencoder, Shape
from causaray.nets.denoiser import MapDenoiser, Standardiser
from causaray.nets.guide import blur, resized
from causaray.nets.request_denoiser import RequestDenoiser
from causaray.systems.causal_disentanglement.cleared_lung import one_sided
from causaray.systems.causal_disentanglement.device_routes import laid, routed, share_of
from causaray.systems.causal_disentanglement.direction_distillation import student_direction
from causaray.systems.causal_disentanglement.film_formation import FLUID, GROWN, LEAST, Draining, Formation, too_large
from causaray.systems.causal_disentanglement.fine_maps import FineMaps
from causaray.systems.causal_disentanglement.hidden_detail import ABOUT, bare
from causaray.systems.causal_disentanglement.lesion_areas import lesion_notes, place_of
from causaray.systems.causal_disentanglement.regions import region
from causaray.systems.causal_disentanglement.request_direction import (
    NOISIEST,
    noised,
    request_direction,
    start_time,
    toward,
)
from causaray.systems.causal_disentanglement.request_rows import (
    asked_row,
    pictured,
    request_columns,
    with_sides,
)
from causaray.systems.causal_disentanglement.stage2_lesion_prior import sampled_lesion
from causaray.systems.causal_disentanglement.texts import LENGTH, asked_text, tokens
from causaray.vocabulary import DEVICE, NORMAL, condition_columns

METHOD = "causal-disentanglement"
AMOUNT = {"mild": 0.6, None: 1.0, "moderate": 1.0, "severe": 1.5}
"""How far the pathology map is moved where labels carry no severity (the public ones do not): it scales the change."""

FADING = 0.5
"""Share of FULL_STRENGTH below which what true groups draw fades: the prior knows nothing fainter than mild, and a
strength near 0 would else change as much as a strength of 0.3."""
FLOOR = 0.05
"""Of a share that is sampled: so little is left of the noise where nothing is."""
AWAY = 2.0
"""Least guidance of an edit that is led away from a negative request, where true groups were learned."""
FAINT, HARDLY = 1 / 255, 0.03
"""Of a change of the grey values, and of cover: what is no more than this is none."""
MUCH = 0.02, 0.08
"""Between these changes of the grey range around a pixel cover begins to hide, and hides as it says."""
FINEST = 1.0
"""Deviation in pixels of the Gaussian that a change is blurred by."""


@dataclass(frozen=True)
class Config:
    """Everything but the numbers: what a weights folder's config.json says."""

    name: str
    names: tuple[str, ...]
    shape: Shape
    denoiser_dim: int
    denoiser_layers: int
    guidance: float = 3.0
    steps: int = 20
    graded: bool = False
    amounts: dict[str, float] = field(default_factory=dict)
    distilled: bool = False
    text_width: int = 0
    reads: str = "labels"
    vocabulary: tuple[str, ...] = ()
    severities: dict[str, float] = field(default_factory=dict)
    """The severity that each word of it means, where true groups were learned."""
    formed: tuple[str, ...] = ()
    """Findings that are formed on the film when they come (`film_formation`), not painted by the decoder of edits."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What the model is conditioned on: the findings, or each side of them when severity was learned, and with true
        groups their place as well."""
        if self.shape.true_groups:
            return request_columns(self.names)
        return condition_columns(self.names, self.graded)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Config":
        known = {k: v for k, v in values.items() if k in cls.__dataclass_fields__}
        lists = {key: tuple(known.get(key, ())) for key in ("names", "vocabulary", "formed")}
        return cls(**{**known, **lists, "shape": Shape(**known["shape"])})


def autoencoder_of(config: Config) -> CausalAutoencoder:
    """The autoencoder of weights, untrained."""
    return CausalAutoencoder(config.shape, len(config.names if config.shape.true_groups else config.columns))


class EditorNet(nn.Module):
    """The trained parts of system 1 in one module, so that one file holds them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        n, size = len(config.columns), config.shape.pathology_size
        if config.shape.true_groups:
            self._for_true_groups(config)
            return
        self.autoencoder = autoencoder_of(config)
        self.denoiser: Any  # a MapDenoiser, or a RequestDenoiser with true groups
        denoiser = partial(MapDenoiser, n, size, config.denoiser_dim, config.denoiser_layers, text=config.text_width)
        if config.vocabulary:
            denoiser = partial(denoiser, words=len(config.vocabulary) + 2, length=LENGTH)
        self.denoiser, self.student = denoiser(), denoiser() if config.distilled else None
        self.pathology_scale = Standardiser()

    def _for_true_groups(self, config: Config) -> None:
        """The denoiser is one of shares, and sees the patient: identity, coordinates, and the maps of all findings."""
        patient = config.shape.identity_channels + len(SHEETS)
        self.autoencoder = autoencoder_of(config)
        self.denoiser = RequestDenoiser(len(config.columns), patient + len(config.names), config.denoiser_dim)
        self.student = None
        self.pathology_scale = Standardiser()  # the shares stay as they are
        self.patient_scale, self.lesion_scale = Standardiser(patient), Standardiser()


def kept(images: Tensor, reconstruction: Tensor, before: tuple[Tensor, ...], after: tuple[Tensor, ...]) -> CoveringEdit:
    """The edit of images (B, 1, S, S) over which layers and covers were `before` and are `after`: as
    `residual.carry_kept`, but that what gets darker keeps its ribs (`hidden_detail.bare`).

    What is fainter than a grey level, and cover of as little, is left out, so that the film stays as it is elsewhere;
    and fine detail is hidden only where the film changes much: what moves a little keeps its own.
    """
    (then, covered), (now, covers) = before, after
    change = shrunk(now - then, FAINT)
    low, high = MUCH
    much = ((blur(change.abs(), ABOUT * images.shape[-1]) - low) / (high - low)).clamp(0, 1)
    hidden = much * shrunk((covers - covered).abs(), HARDLY)
    base = bare(images, change)
    return CoveringEdit(reconstruction, carry_without(images, change, hidden, base).clamp(0, 1), change, hidden, base)


def with_formed(edit: CoveringEdit, formations: Sequence[Formation]) -> CoveringEdit:
    """A painted edit, with what each film forms (`film_formation.Formation`)."""
    painted = edit.counterfactual
    made = torch.cat([one.on(film) for one, film in zip(formations, painted.split(1), strict=True)])
    reached = (made - painted).abs() > FAINT
    return replace(edit, counterfactual=made.where(reached, painted), formed=formations)


def assembled(parts: Sequence[tuple[list[int], Edit]]) -> Edit:
    """One edit of the edits of some rows each."""
    order = torch.tensor([row for rows, _ in parts for row in rows]).argsort()
    edits = [edit for _, edit in parts]
    told = [edit.shares for edit in edits if edit.shares is not None]

    def whole(several: Sequence[Any], name: str) -> Tensor:
        return torch.cat([getattr(one, name) for one in several])[order]

    def each(name: str) -> list[Any]:
        listed = [one for edit in edits for one in getattr(edit, name)]
        return [listed[i] for i in order] if listed else []

    lists: dict[str, Any] = {name: each(name) for name in ("notes", "formed") if hasattr(edits[0], name)}
    sheets: dict[str, Any] = {
        one.name: whole(edits, one.name) for one in fields(edits[0]) if one.name not in ("shares", *lists)
    }
    shares = Shares(told[0].names, whole(told, "before"), whole(told, "after")) if told else None
    return type(edits[0])(**sheets, **lists, shares=shares)


def _each(chests: Sequence[Coordinates], lost: Mapping[str, Tensor], name: str) -> Sequence[tuple[Coordinates, Tensor]]:
    """The chest of each film and what is lost there of a finding (1, 1, S, S); empty where it is not to go."""
    return list(zip(chests, lost[name].split(1), strict=True)) if name in lost else []


def shrunk(x: Tensor, by: float) -> Tensor:
    """x nearer to 0 by so much, and 0 where it is less."""
    return x.sign() * (x.abs() - by).clamp(min=0)


def coordinates(reader: AnatomyReader, images: Tensor, side: int) -> Tensor:
    """The coordinates of the chests of images (B, 1, S, S) in [0, 1], (B, 10, side, side) in the order of SHEETS."""
    return area(reader.read(images.cpu()).place.sheets(), side)


def area(sheets: Tensor, side: int) -> Tensor:
    """Sheets (B, n, h, w) made smaller, (B, n, side, side)."""
    return nn.functional.interpolate(sheets, (side, side), mode="area")


def patient_maps(net: EditorNet, identity: Tensor, z: Tensor) -> Tensor:
    """What the prior sees of patients: identity channels and coordinates, standardised, and the maps of findings z."""
    return torch.cat([net.patient_scale(identity), z], 1)


def on_side(identity: Tensor, side: str | None) -> Tensor:
    """1 on a side of patients, else 0, by the coordinates behind the identity channels: (B, 1, p, p); 1 for no side."""
    left = place_of(identity).left_half
    return torch.ones_like(left) if side in (None, "bilateral") else left if side == "left" else 1 - left


@dataclass(frozen=True)
class Before:
    """What weights make of films before an edit: images, or layer and cover over them; and their fine maps."""

    made: tuple[Tensor, ...]
    fine: FineMaps | None


class CausalDisentanglementEditor:
    """A trained causal-disentanglement editor on the CPU or a GPU."""

    method = METHOD
    takes = frozenset({"guidance", "steps", "noise", "negative", "references", "mask"})
    adds_only = False

    def __init__(self, net: EditorNet, config: Config, digest: str = "unsaved", device: str = "cpu") -> None:
        net = net.eval().requires_grad_(False).to(device)
        self.net: EditorNet = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.config, self.digest = config, digest
        self.device = torch.device(device)
        self.anatomy = AnatomyReader.load() if config.shape.true_groups else None
        if config.shape.true_groups:
            self.takes = self.takes | {"support_device"}
        self.name = self.weights = config.name
        self.names, self.size = config.names, config.shape.size
        self.finest = config.shape.size * config.shape.fine

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "CausalDisentanglementEditor":
        """Read a weights folder (config.json, model.safetensors). Raises BadInput when it is not one of this method."""
        net, config = load_weights(Path(folder), METHOD, lambda config: EditorNet(Config.from_dict(config)))
        return cls(net, Config.from_dict(config), weightfiles.digest(folder), device)

    def save(self, folder: Path, half: bool = False, **about: Any) -> None:
        """Write the weights, in half precision if asked, and in config.json whatever `about` says of the training."""
        save_weights(self.net, {"method": METHOD, **asdict(self.config), **about}, folder, half)

    @property
    def denoiser(self) -> nn.Module:
        """What is called again and again in an edit, unless the weights hold a student of it."""
        return self.net.denoiser

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """D(T(E(x))) for images (B, 1, S, S) in [0, 1]."""
        return resized(self._decode(*self._encode(images)), images.shape[-1])

    @torch.no_grad()
    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What these patients would look like under a request.

        The patient's own pathology maps are moved by what the request changes (`move`). What the decoder leaves out of
        the images is carried over: strength 0 gives them back, bit for bit. Where neither guidance nor steps are given
        and the weights hold a student of the denoisings, it takes their place with one call.

        images: (B, 1, S, S) in [0, 1], S the `size` or what is `finest`; rows do not depend on one another. Raises
        BadInput for an empty or unknown request (or `negative`), for a strength outside [0, 1], and for options that
        are not of this editor.
        """
        check_options(self, request)
        check_asked(request.findings, request.strength, self.names, self.name)
        if request.negative is not None:
            check_asked(request.negative, request.strength, self.names, self.name)
        if request.strength == 0:
            return Edit(self.reconstruct(images), images.clone())
        if isinstance(request.seed, int):
            asked, noise = self.resolved(request.findings, request.seed), self.noise(request.seed, 1)
            return self._edited(images, request, asked, noise)
        seeds, parts = request.seeds(len(images)), list[tuple[list[int], Edit]]()
        each = [self.resolved(request.findings, seed) for seed in seeds]
        for one in dict.fromkeys(each):  # a seed may settle the side of a finding
            rows = [i for i, other in enumerate(each) if other == one]
            noise = torch.cat([self.noise(seeds[i], 1) for i in rows])
            parts.append((rows, self._edited(images[rows], request, one, noise)))
        return assembled(parts)

    def _edited(self, images: Tensor, request: EditRequest, asked: Findings, noise: Tensor) -> Edit:
        """The edit of images under what a request asks for, from noise (1 or B, 1, p, p)."""
        pull, found = request.references, None
        if request.noise is not None:
            noise = request.noise
        elif pull is not None:
            with torch.enable_grad():
                found = pull.noise(self, images, asked, noise, request.strength, request.negative)
            noise = noise if found is None else found.noise
        identity, z = self.encode(images)
        how = request.strength, request.guidance, request.steps, request.negative
        move = self.move(identity, z, asked, noise, *how)
        before = self.before(identity, z, images)
        metal = self._metal(before.fine, asked, noise, request.support_device)
        edit = self.moved(images, identity, z, move, before, metal, self._leaving(asked, request.strength))
        if request.mask is not None:
            edit = replace(edit, counterfactual=request.confined(edit.counterfactual, images))
        notes: list[dict[str, Any]] = [{} for _ in images]
        if before.fine is not None and edit.shares is not None:
            notes = lesion_notes(before.fine.place, edit.shares.before, edit.shares.after, self.names)
        if pull is not None and found is not None:
            notes = [one | other for one, other in zip(notes, pull.notes(found), strict=True)]
        return replace(edit, notes=notes)

    def resolved(self, request: Findings, seed: int) -> Findings:
        """The request with what it leaves open and the weights need drawn by lot from the seed: with true groups, the
        side of a finding."""
        return with_sides(request, seed) if self.config.shape.true_groups else request

    def move(
        self,
        identity: Tensor,
        z: Tensor,
        request: Findings,
        noise: Tensor,
        strength: float = 0.7,
        guidance: float | None = None,
        steps: int | None = None,
        negative: Findings | None = None,
    ) -> Tensor:
        """How far and where to a request moves standardised pathology maps z (B, k, p, p): differentiable in `noise`.

        identity: (B, n-k, S/4, S/4). Findings that share severity and place are asked for together, groups of them in
        turn, from the same noise. With true groups devices to come move nothing: they are laid on the film.
        """
        if self.config.shape.true_groups:
            return self._changed(identity, z, request, noise, strength, guidance, steps, negative)
        groups = self._groups(request)
        moves = [
            amount * mask * self.direction(z, findings, noise, strength, guidance, steps, negative)
            for findings, mask, amount in groups
        ]
        return torch.stack(moves).sum(0)

    def _changed(
        self, identity: Tensor, z: Tensor, request: Findings, noise: Tensor, strength: float, guidance: float | None,
        steps: int | None, negative: Findings | None,
    ) -> Tensor:  # fmt: skip
        """What the findings of a request change in the maps, one after the other by name, each on the others' work."""
        scale, start = strength / FULL_STRENGTH, z
        away = None if negative is None else asked_row(negative, self.names, self.config.severities).to(self.device)
        scales = guidance or (self.config.guidance if away is None else max(self.config.guidance, AWAY))
        for finding in sorted(request, key=lambda one: one.name):
            if finding.state == "uncertain":
                continue
            maps = torch.zeros(z.shape[1], dtype=torch.bool, device=z.device)
            maps[pictured(self.names, finding.name)] = True
            where = maps.view(1, -1, 1, 1)
            if finding.state == "absent" or finding.name == NORMAL:
                z = torch.where(where, z * (1 - min(1.0, scale) * on_side(identity, finding.side)), z)
                continue
            if finding.name == DEVICE:  # it is laid on the film (`_metal`): maps are too coarse for a line
                continue
            asked = asked_row([finding], self.names, self.config.severities, scale).to(self.device)
            patient = patient_maps(self.net, identity, z)
            made = sampled_lesion(self.net.denoiser, noise, patient, asked, scales, steps or self.config.steps, away)
            made = ((self.net.lesion_scale.inverse(made) - FLOOR) / (1 - FLOOR)).clamp(0, 1) * min(1.0, scale / FADING)
            z = torch.where(where, z.maximum(made), z)
        return z - start

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Identity channels (B, n-k, S/4, S/4) and the standardised pathology maps (B, k, p, p) of images.

        With true groups the coordinates of the chest follow the identity channels, and the maps are the share of each
        finding of `names` in [0, 1], as they are.
        """
        identity, pathology = self._encode(images)
        if self.anatomy is not None:
            place = coordinates(self.anatomy, resized(images, self.size), identity.shape[-1])
            identity = torch.cat([identity, place.to(self.device)], 1)
        return identity, self.net.pathology_scale(pathology)

    def composed(self, identity: Tensor, z: Tensor) -> Tensor:
        """D(T(z)): images (B, 1, S, S) of identity channels and standardised pathology maps."""
        return self._decode(self._own(identity), self.net.pathology_scale.inverse(z))

    def fine(self, images: Tensor, z: Tensor) -> FineMaps | None:
        """What is known to the pixel of images (B, 1, S, S) with maps z; None where no true groups were learned."""
        if self.anatomy is None:
            return None
        films, place = resized(images, self.finest), self.anatomy.read(images.cpu()).place.sheets()
        return FineMaps.read(self.net.autoencoder, films.to(self.device), place.to(self.device), z)

    def before(self, identity: Tensor, z: Tensor, images: Tensor) -> Before:
        """What is made of images before an edit: D(T(z)) as `composed`; with true groups layer and cover over them."""
        fine = self.fine(images, z)
        return Before(self._made(identity, z, images, fine), fine)

    def _made(
        self, identity: Tensor, z: Tensor, images: Tensor, fine: FineMaps | None, maps: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        if fine is None:
            return (self.composed(identity, z),)
        maps = fine.maps if maps is None else maps
        layer, cover = self.net.autoencoder.render(self._own(identity), z, fine.films, fine.place, maps)
        return resized(layer, images.shape[-1]).cpu(), resized(cover, images.shape[-1]).cpu()

    def _metal(self, fine: FineMaps | None, request: Findings, noise: Tensor, device: str | None) -> Tensor | None:
        """The attenuation (B, 1, fS, fS) of the device that a request asks for; None where it asks for none."""
        asked = [one for one in request if one.name == DEVICE and one.state == "present"]
        if fine is None or not asked:
            return None
        return routed(fine.place, device, asked[0].side, noise, self.finest)

    def moved(
        self, images: Tensor, identity: Tensor, z: Tensor, move: Tensor, before: Before | None = None,
        metal: Tensor | None = None, leaving: Mapping[str, float] | None = None,
    ) -> Edit:  # fmt: skip
        """The images with their standardised pathology maps z moved by `move`, the residual carried over.

        before: of z, for those who already have it. With true groups the decoder tells how much of the residual
        survives (`carry_kept`), and the edit where the findings are. Else the change is blurred by FINEST pixels: a map
        so coarse knows nothing finer, and far moves make the decoder's pixel grid show. metal: the attenuation of a
        device that is laid on the film as it is; the decoder is not told of it. leaving: by finding that is
        not painted away, how much of it is to go, 0 to 1.
        """
        before, images = self.before(identity, z, images) if before is None else before, images.cpu()
        if before.fine is None:
            (now,) = self._made(identity, z + move, images, None)
            return Edit(before.made[0], carry_over(images, blur(now - before.made[0], FINEST)).clamp(0, 1))
        maps = before.fine.after(self.net.autoencoder, z, move)
        came, leaving = self._coming(before.fine.maps, maps), leaving or {}
        chests = [Coordinates.of(place) for place in before.fine.place.cpu().split(1)]
        lost = {
            name: ((before.fine.maps - maps)[:, [self.names.index(name)]].clamp(min=0) / amount).cpu()
            for name, amount in leaving.items()
        }
        smaller = [leaving[GROWN] * too_large(*one) for one in _each(chests, lost, GROWN)] or [0.0] * len(images)
        drained = [one_sided(*one) for one in _each(chests, lost, FLUID)] or [None] * len(images)
        kept_out = self._columns([*came, *(name for name in leaving if name == GROWN)], len(images))
        sided = torch.tensor([[side is not None] for side in drained])
        kept_out |= self._columns([FLUID] if FLUID in leaving else [], len(images)) & sided
        kept_out = kept_out[:, :, None, None].to(move.device)
        painted, painted_move = torch.where(kept_out, before.fine.maps, maps), torch.where(kept_out, 0.0, move)
        now, covers = before.made
        if painted_move.any():
            now, covers = self._made(identity, z + painted_move, images, before.fine, painted)
        reconstruction = resized(self.composed(identity, z), images.shape[-1])
        light = images
        if sided.any():  # how bright R makes a lung that fluid leaves
            all_painted = self._made(identity, z + move, images, before.fine, maps)
            light = kept(images, reconstruction, before.made, all_painted).counterfactual
        maps = maps.cpu()
        if metal is not None:
            now, column = now + laid(images, metal), self.names.index(DEVICE)
            maps[:, [column]] = maps[:, [column]].maximum(share_of(metal, maps.shape[-1]))
        edit = kept(images, reconstruction, before.made, (now, covers))
        draining = [
            None if side is None else Draining(share, side, film, leaving[FLUID])
            for side, share, film in zip(drained, lost.get(FLUID, light).split(1), light.split(1), strict=True)
        ]
        formations = [
            Formation(chest, {name: share[i : i + 1] for name, share in came.items()}, smaller[i], draining[i])
            for i, chest in enumerate(chests)
        ]
        edit = with_formed(edit, formations)
        return replace(edit, shares=Shares(self.names, before.fine.maps.cpu(), maps))

    def _coming(self, before: Tensor, after: Tensor) -> dict[str, Tensor]:
        """By how much (B, 1, S, S) the fine maps of findings grow that are formed, not painted.

        None while gradients are taken: those go through what is painted.
        """
        names = () if torch.is_grad_enabled() else self.config.formed
        growth = {name: (after - before)[:, [self.names.index(name)]].clamp(min=0).cpu() for name in names}
        return {name: sheet for name, sheet in growth.items() if sheet.max() > LEAST}

    def _leaving(self, request: Findings, strength: float) -> dict[str, float]:
        """How much, 0 to 1, a request takes away of each finding that is taken off the film, not painted away."""
        gone = {one.name for one in request if one.state == "absent"}
        all_gone = any(one.name == NORMAL and one.state == "present" for one in request)
        names = [name for name in (GROWN, FLUID) if name in self.config.formed and (all_gone or name in gone)]
        return dict.fromkeys(names, min(1.0, strength / FULL_STRENGTH))

    def _columns(self, names: Sequence[str], rows: int) -> Tensor:
        """(rows, m): True in the columns of some findings."""
        columns = torch.zeros(rows, len(self.names), dtype=torch.bool)
        columns[:, [self.names.index(name) for name in names]] = True
        return columns

    def direction(
        self,
        z: Tensor,
        findings: Sequence[Finding],
        noise: Tensor,
        strength: float,
        guidance: float | None = None,
        steps: int | None = None,
        negative: Findings | None = None,
    ) -> Tensor:
        """How findings, asked for together, move standardised pathology maps z (B, 1, p, p): `request_direction`.

        noise: (1 or B, 1, p, p). By the student of the denoisings where there is one and neither guidance, steps nor
        `negative` are given.
        """
        asked = self._asked(findings)
        if self.net.student is not None and guidance is None and steps is None and negative is None:
            start, asked = start_time(strength), asked.expand(len(z), -1)
            times = torch.full((len(z),), start, device=z.device)
            return student_direction(self.net.student, noised(z, noise, start), times, asked)
        return request_direction(
            self.net.denoiser, z, asked, noise, strength=strength,
            away=self._asked(opposites(findings) if negative is None else list(negative)),
            guidance=self.config.guidance if guidance is None else guidance, steps=steps or self.config.steps,
        )  # fmt: skip

    @torch.no_grad()
    def channels(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Means of the identity and of the pathology channels of images (B, 1, S, S)."""
        identity, pathology = self._encode(images)
        return identity.cpu(), pathology.cpu()

    @property
    def segments(self) -> bool:
        """Whether the pathology maps are the share of each finding, as with true groups."""
        return self.config.shape.true_groups

    @torch.no_grad()
    def segment(self, images: Tensor) -> Tensor:
        """How much of each place each of `names` takes in images (B, 1, S, S): (B, n, p, p) in [0, 1], fine where true
        groups were learned."""
        z = self.net.pathology_scale(self._encode(images)[1])
        fine = self.fine(images, z)
        return (z if fine is None else fine.maps).cpu()

    def attention(self, images: Tensor) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        """Pictures of what the interaction transformer looks at, see `attention_pictures`."""
        from causaray.systems.causal_disentanglement.attention_pictures import attention_pictures

        return attention_pictures(self, images)

    @torch.no_grad()
    def generate(self, request: Findings, n: int, *, seed: int = 0, identity: Tensor | None = None) -> Tensor:
        """n images (n, 1, S, S) with `request` and the identity channels of `identity` (1 or n, 1, S, S).

        Raises BadInput for an empty or unknown request, and where no identity is given.
        """
        check_asked(request, 1.0, self.names, self.name)
        if identity is None:
            raise BadInput(f"{self.name} makes images of an anatomy; name images of one by --identity.")
        if self.config.shape.true_groups:
            return self._generated(request, n, seed, identity)
        channels, _ = self._encode(identity)
        channels = channels.expand(n, -1, -1, -1)
        asked, away = self._asked(list(request)), self._asked(opposites(request))
        denoise = toward(self.net.denoiser, asked, away, self.config.guidance)
        z = multistep(denoise, self.noise(seed, n), times(NOISIEST, self.config.steps))
        return self._decode(channels, self.net.pathology_scale.inverse(z))

    def _generated(self, request: Findings, n: int, seed: int, identity: Tensor) -> Tensor:
        """All findings of the films are taken away, then the request is added, each from noise of its own."""
        films = identity.expand(n, -1, -1, -1)
        channels, start = (part.expand(n, -1, -1, -1) for part in self.encode(identity))
        noise, normal, asked = self.noise(seed, n), Findings([Finding(NORMAL)]), self.resolved(request, seed)
        before = self.before(channels, start, films)
        z = start + self.move(channels, start, normal, noise, FULL_STRENGTH)
        z = z + self.move(channels, z, asked, noise, FULL_STRENGTH)
        metal = self._metal(before.fine, asked, noise, None)
        return self.moved(films, channels, start, z - start, before, metal).counterfactual

    def _encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        identity, pathology = self.net.autoencoder.encode(resized(images, self.size).to(self.device))
        return identity.mean, pathology.mean

    def _own(self, identity: Tensor) -> Tensor:
        """The identity channels without the coordinates that may follow them."""
        return identity[:, : self.config.shape.identity_channels]

    def _decode(self, identity: Tensor, pathology: Tensor) -> Tensor:
        return self.net.autoencoder.decode(identity, pathology).clamp(0, 1).cpu()

    def noise(self, seed: int, n: int) -> Tensor:
        """The noise that a seed stands for, of the one map that is denoised: (n, 1, p, p)."""
        size = self.config.shape.pathology_size
        return torch.randn((n, 1, size, size), generator=torch.Generator().manual_seed(seed)).to(self.device)

    def _asked(self, findings: Sequence[Finding]) -> Tensor:
        if self.config.vocabulary:
            text = asked_text(findings, refined=self.config.reads == "refined")
            return tokens([text], self.config.vocabulary).to(self.device)
        return asked_labels(findings, self.names, self.config.graded).to(self.device)

    def _groups(self, request: Findings) -> list[tuple[list[Finding], Tensor, float]]:
        """Findings that share severity and place are asked for together; others in turn."""
        groups: dict[tuple[Any, ...], list[Finding]] = defaultdict(list)
        for finding in request:
            if finding.state != "uncertain":
                amount = self.config.amounts.get(finding.name)
                groups[(finding.severity, finding.side, finding.location, amount)].append(finding)
        return [(group, *self._place(group[0])) for group in groups.values()]

    def _place(self, finding: Finding) -> tuple[Tensor, float]:
        """Where the map may move and how far: by convention, unless the model has learned severity and side."""
        side, amount = (None, 1.0) if self.config.graded else (finding.side, AMOUNT[finding.severity])
        mask = region(replace(finding, side=side), self.config.shape.pathology_size)
        return mask.to(self.device), amount * self.config.amounts.get(finding.name, 1.0)
