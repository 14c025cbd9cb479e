"""After stage 1 with true groups: the maps of findings alone, what makes them finer, and the decoder of edits alone."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.anatomy.reader import AnatomyReader
from causaray.editors.residual import carry_kept
from causaray.nets.autoencoder import CausalAutoencoder, WideEncoder
from causaray.nets.film_decoder import FilmDecoder
from causaray.nets.guide import blur, resized
from causaray.nets.map_refiner import MapRefiner
from causaray.systems.causal_disentanglement.editor import EditorNet
from causaray.systems.causal_disentanglement.fine_maps import FineMaps
from causaray.systems.causal_disentanglement.stage1_drawn_groups import (
    Groups,
    changes,
    chosen,
    evened,
    fine_shares,
    gradient_loss,
    smooth,
    told_shares,
    weakly_told,
    with_share,
    without,
)
from causaray.systems.causal_disentanglement.training.pairs import Pairs
from causaray.systems.causal_disentanglement.training.true_groups import group_batches
from causaray.training.loop import Task, run
from causaray.training.recipe import Edits, Maps, Recipe, Refinement
from causaray.training.source import Source
from causaray.training.updates import adamw, update

CLIP = 1.0
COARSE = 0.25
"""Share of the batches whose films are made coarse."""
SOFTENED, ROUGH, FAINT = 0.8, 0.12, 0.02
"""Of a share that is guessed: pixels of blur, deviation of its amount and noise, and what is as good as nothing."""


def alone(net: EditorNet, part: nn.Module, lr: float, decay: float) -> torch.optim.Optimizer:
    """An optimiser of one part of a net; all else of it is frozen."""
    net.requires_grad_(False)
    part.requires_grad_(True)
    return adamw(part, lr, decay=decay)


def train_maps(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, stage: Maps, out: Path) -> None:
    """The net of the maps alone, by equations (5) and (6); its average stays in `net`."""
    encoder = net.autoencoder.encoder
    assert isinstance(encoder, WideEncoder)
    maps = encoder.pathology
    optimiser = alone(net, maps, stage.lr, decay=0.01)
    of_pairs = group_batches(pairs, stage.batch, plan.seed + 2, plan.augment, source.device, plan.size)
    of_films = source.batches(stage.films, plan.seed + 3)

    def step(i: int) -> dict[str, float]:
        maps.train()
        groups, _ = of_pairs(i)
        real = of_films(i)
        images = torch.cat([groups.films, groups.drawn, real.images])
        with source.precision():
            told = encoder.shares(images)
        healthy, ill, films = told.split([len(groups.films), len(groups.drawn), len(real.images)])
        share = F.adaptive_avg_pool2d(groups.share, told.shape[-1])
        losses = {
            "share": told_shares(healthy, ill, share, groups.shown),
            "weak": stage.weak * weakly_told(films[:, 1:], real.labels[:, 1:]),  # No Finding, the first, has no map
        }
        update(torch.stack(list(losses.values())).sum(), optimiser, CLIP)
        return {name: float(value.detach()) for name, value in losses.items()}

    maps.load_state_dict(run(Task({"maps": maps}, {"maps": optimiser}, step, "maps"), stage.steps, out, "maps"))
    net.requires_grad_(True).eval()


def train_refiner(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, stage: Refinement, out: Path) -> None:
    """Q alone, by equation (7), on films as fine as they were drawn; its average stays in `net`.

    Half of the films show the finding, and Q is told the maps that are read of them; to the other half it comes, and Q
    is told the true share as roughly as the prior guesses it.
    """
    autoencoder = net.autoencoder.eval()
    refiner, reader = autoencoder.refiner, AnatomyReader.load()
    assert isinstance(refiner, MapRefiner)
    optimiser = alone(net, refiner, stage.lr, decay=0.01)
    of_pairs = group_batches(pairs, stage.batch, plan.seed + 4, plan.augment, source.device)

    def step(i: int) -> dict[str, float]:
        refiner.train()
        groups, _ = of_pairs(i)
        films, coming = torch.cat([groups.drawn, groups.films]), groups.shown.nan_to_num()
        with source.precision():
            _, maps = _read(autoencoder, films, plan.size)
            kept = None if groups.places is None else torch.cat([groups.places[:, 1], groups.places[:, 0]])
            place = _place(reader, films, kept)
            read, before = maps.chunk(2)
            told = torch.cat([read, with_share(before, guessed(groups.share, maps.shape[-1]), groups.shown)])
            made = autoencoder.refine(films, place, told, torch.cat([torch.zeros_like(coming), coming]))
        share = resized(groups.share, made.shape[-1])
        losses = {
            f"fine_{name}": fine_shares(one, share, groups.shown)
            for name, one in zip(("read", "coming"), made.chunk(2), strict=True)
        }
        update(torch.stack(list(losses.values())).sum(), optimiser, CLIP)
        return {name: float(value.detach()) for name, value in losses.items()}

    task = Task({"refiner": refiner}, {"refiner": optimiser}, step, "refiner")
    refiner.load_state_dict(run(task, stage.steps, out, "refiner"))
    net.requires_grad_(True).eval()


def guessed(share: Tensor, side: int) -> Tensor:
    """A true share (P, 1, S, S) as coarse and as rough as the prior guesses it: (P, 1, side, side).

    Its edges are softened by up to SOFTENED pixels, its amount is off by a tenth or so, and there is a little noise.
    """
    coarse = F.adaptive_avg_pool2d(share, side)
    softer = torch.rand((len(share), 1, 1, 1), device=share.device)
    coarse = softer * blur(coarse, SOFTENED) + (1 - softer) * coarse
    amount = 1 + ROUGH * torch.randn_like(softer)
    noise = blur(torch.randn_like(coarse), SOFTENED) * (coarse > FAINT)
    return (amount * coarse + ROUGH * noise * coarse.sqrt()).clamp(0, 1)


@torch.no_grad()
def _read(autoencoder: CausalAutoencoder, films: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """z_id and the maps (B, m, p, p) of films (B, 1, S, S)."""
    identity, maps = autoencoder.encode(resized(films, size))
    return identity.mean, maps.sample()


def _place(reader: AnatomyReader, films: Tensor, kept: Tensor | None) -> Tensor:
    """The coordinates (B, 10, h, w) of the chests of films (B, 1, S, S): those that are kept, else as they are read."""
    return (reader.read(films.cpu()).place.sheets() if kept is None else kept).to(films.device)


def train_edits(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, stage: Edits, out: Path) -> None:
    """The decoder of edits R alone, by equations (2) and (3), all else frozen; its average stays in `net`.

    On the films as they were drawn, which may be finer than all else sees them; of those some are made as coarse, so
    that R knows films of few pixels, too.
    """
    autoencoder = net.autoencoder.eval()
    decoder, reader = autoencoder.over, AnatomyReader.load()
    assert isinstance(decoder, FilmDecoder)
    optimiser = alone(net, decoder, stage.lr, decay=0.0)
    of_pairs = group_batches(pairs, stage.batch, plan.seed, plan.augment, source.device)

    def step(i: int) -> dict[str, float]:
        decoder.train()
        groups, _ = of_pairs(i)
        films, drawn = groups.films, groups.drawn
        if plan.latent.fine > 1 and torch.rand(()) < COARSE:
            films, drawn = (resized(resized(one, plan.size), one.shape[-1]) for one in (films, drawn))
        adding = torch.rand(len(films), device=source.device) < 0.5
        here = chosen(adding, films, drawn)
        there = chosen(adding, drawn, films)
        weight = evened(changes(films, drawn), here, there)
        with source.precision():
            identity, place, coarse, fine = _asked(autoencoder, reader, here, groups, adding, stage, plan.size)
            before, after = (
                autoencoder.render(identity, z, here, place, maps) for z, maps in zip(coarse, fine, strict=True)
            )
            edited = carry_kept(here, before, after)
        losses = {
            "edit": (weight * smooth(edited - there)).mean(),
            "gradient": 2 * plan.latent.fine * gradient_loss(edited, there, weight),
        }
        update(torch.stack(list(losses.values())).sum(), optimiser, CLIP)
        return {name: float(value.detach()) for name, value in losses.items()}

    task = Task({"decoder": decoder}, {"decoder": optimiser}, step, "decoder")
    decoder.load_state_dict(run(task, stage.steps, out, "edits"))
    net.requires_grad_(True).eval()


Couple = tuple[Tensor, Tensor]
"""Maps before and after."""


@torch.no_grad()
def _asked(
    autoencoder: CausalAutoencoder, reader: AnatomyReader, here: Tensor, groups: Groups, adding: Tensor, stage: Edits,
    size: int,
) -> tuple[Tensor, Tensor, Couple, Couple]:  # fmt: skip
    """Of films `here`, to which the finding is added (P,) or from which it goes: z_id, coordinates, and z_n and Q
    before and after.

    Some of the films are told the true maps, not those that are read or made fine: `told` of those to which the finding
    comes, and `told_going` of those from which it goes, as edits only know what is read then.
    """
    identity, z = _read(autoencoder, here, size)
    kept = None if groups.places is None else chosen(adding, *groups.places.unbind(1))
    place = _place(reader, here, kept)
    rough = guessed(groups.share, z.shape[-1])
    coming = groups.shown.nan_to_num() * adding[:, None]
    true = torch.rand(len(here), device=here.device) < torch.where(adding, stage.told, stage.told_going)
    share = chosen(true, F.adaptive_avg_pool2d(groups.share, z.shape[-1]), rough)
    ill = with_share(z, share, groups.shown)
    first, second = chosen(true & ~adding, ill, z), chosen(adding, ill, without(z, groups.shown))
    read = FineMaps.read(autoencoder, here, place, z)
    fine_ill = with_share(read.maps, resized(groups.share, read.maps.shape[-1]), groups.shown)
    made = chosen(true, fine_ill, autoencoder.refine(here, place, second, coming).maximum(read.maps))
    fine_first = chosen(true & ~adding, fine_ill, read.maps)
    came = torch.where((coming == 1)[:, :, None, None], made, read.maps)
    fine_second = chosen(adding, came, without(read.maps, groups.shown))
    return identity, place, (first, second), (fine_first, fine_second)
