"""After stage 1 with true groups: the maps of findings alone, then the decoder of edits alone."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.editors.residual import carry_kept
from causaray.nets.autoencoder import CausalAutoencoder, WideEncoder
from causaray.nets.film_decoder import FilmDecoder
from causaray.nets.guide import resized
from causaray.systems.causal_disentanglement.editor import EditorNet
from causaray.systems.causal_disentanglement.stage1_drawn_groups import (
    Groups,
    changes,
    chosen,
    evened,
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
from causaray.training.recipe import Edits, Maps, Recipe
from causaray.training.source import Source
from causaray.training.updates import adamw, update

CLIP = 1.0
COARSE = 0.25
"""Share of the batches whose films are made coarse."""


def train_maps(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, stage: Maps, out: Path) -> None:
    """The net of the maps alone, by equations (5) and (6); its average stays in `net`."""
    encoder = net.autoencoder.encoder
    assert isinstance(encoder, WideEncoder)
    maps = encoder.pathology
    net.requires_grad_(False)
    maps.requires_grad_(True)
    optimiser = adamw(maps, stage.lr, decay=0.01)
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


def train_edits(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, stage: Edits, out: Path) -> None:
    """The decoder of edits R alone, by equations (2) and (3), the encoder frozen; its average stays in `net`.

    On the films as they were drawn, which may be finer than all else sees them; of those some are made as coarse, so
    that R knows films of few pixels, too.
    """
    autoencoder = net.autoencoder.eval()
    decoder = autoencoder.over
    assert isinstance(decoder, FilmDecoder)
    net.requires_grad_(False)
    decoder.requires_grad_(True)
    optimiser = adamw(decoder, stage.lr, decay=0.0)
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
            z_id, z_n, target = _asked(autoencoder, resized(here, plan.size), groups, adding, stage)
            before, after = (autoencoder.render(z_id, z, here) for z in (z_n, target))
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


@torch.no_grad()
def _asked(
    autoencoder: CausalAutoencoder, here: Tensor, groups: Groups, adding: Tensor, stage: Edits
) -> tuple[Tensor, Tensor, Tensor]:
    """z_id, and z_n before and after, of films `here`, to which the finding is added (P,) or from which it goes.

    Of a share of the films that have the finding the map is the true one, not the one that is read: of `told` where it
    stays, of `told_going` where it goes, as edits only know what is read then.
    """
    identity, pathology = autoencoder.encode(here)
    maps = pathology.sample()
    share = F.adaptive_avg_pool2d(groups.share, maps.shape[-1])
    told = torch.where(adding, stage.told, stage.told_going)
    true = torch.rand(len(here), device=here.device) < told
    ill = chosen(true, with_share(maps, share, groups.shown), maps)
    first = chosen(adding, maps, ill)
    second = chosen(adding, with_share(maps, share, groups.shown), without(maps, groups.shown))
    return identity.mean, first, second
