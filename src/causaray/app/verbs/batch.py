"""causaray batch edit, classify, draw, augment, evaluate: the same with every study of a cohort, in shards."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causaray.arguments import Device, Executor, Out, Seed, ShardOf, Strength, ToEach, Weights
from causaray.devices import AUTO
from causaray.weightfiles import JUDGE

if TYPE_CHECKING:
    from causaray.batch.work import Done, Work

Prepared = Annotated[str | Path, Path, typer.Argument(help="Folder written by `prepare`.")]
Split = Annotated[str | None, typer.Option(help="One split alone: train, val or test.")]
Batch = Annotated[int, typer.Option(min=1, help="Films that a net is shown at a time.")]
ShardSize = Annotated[int, typer.Option(min=1, help="Studies a shard.")]
Jobs = Annotated[int, typer.Option(min=1, help="Shards made at a time.")]
Progress = Callable[[int, int], object]


def batch_edit(
    cohort: Prepared,
    prompt: Annotated[str, typer.Option(help='What to show, such as "moderate left pleural effusion".')],
    out: Out,
    *,
    weights: Weights = "cxr-128",
    seed: Seed = 0,
    strength: Strength = 0.7,
    split: Split = None,
    batch: Batch = 16,
    device: Device = AUTO,
    shard_size: ShardSize = 1024,
    shard: ShardOf = None,
    jobs: Jobs = 1,
    executor: Executor = "processes",
    progress: Progress | None = None,
) -> "Done":
    """Edit every frontal film of a prepared cohort: `out` is a cohort of the same studies as they would be.

    The noise of a study follows from its id and the seed, so what is made of it does not depend on which others are
    edited, in which shard, or by whom. Go on with what is there by calling it again. As `causaray.batch.work.run`
    otherwise, and so is what raises BadInput; also for findings that the weights do not know.
    """
    from causaray.batch.edit import EditWork

    work = EditWork.of(prompt, weights, seed, strength, split, batch, device)
    return _run(work, cohort, out, shard_size, shard, jobs, executor, progress)


def batch_classify(
    cohort: Prepared,
    out: Out,
    *,
    weights: Weights = JUDGE,
    split: Split = None,
    batch: Batch = 16,
    shard_size: ShardSize = 1024,
    shard: ShardOf = None,
    jobs: Jobs = 1,
    executor: Executor = "processes",
    progress: Progress | None = None,
) -> "Done":
    """Write how probable each finding is on every frontal film of a prepared cohort, a row a study, as Parquet.

    weights: a judge, or a classifier that `train` has written. As `batch_edit` otherwise.
    """
    from causaray.batch.classify import ClassifyWork

    return _run(ClassifyWork.of(weights, split, batch), cohort, out, shard_size, shard, jobs, executor, progress)


def batch_draw(
    cohort: Prepared,
    findings: Annotated[
        Sequence[str], list[str], typer.Option(help="What to draw; of several each film is given one.")
    ],
    out: Out,
    *,
    weights: Weights = "anatomy-128",
    seed: Seed = 0,
    split: Split = None,
    batch: Batch = 16,
    shard_size: ShardSize = 1024,
    shard: ShardOf = None,
    jobs: Jobs = 1,
    executor: Executor = "processes",
    progress: Progress | None = None,
) -> "Done":
    """Draw a finding on every frontal film of a prepared cohort: `out` is a cohort of pairs, as `draw` writes it.

    Which of the findings a film is given, and what that leaves open, follows from its id and the seed. As `batch_edit`
    otherwise; also raises BadInput for what cannot be drawn.
    """
    from causaray.batch.draw import DrawWork

    work = DrawWork.of(tuple(findings), weights, seed, split, batch)
    return _run(work, cohort, out, shard_size, shard, jobs, executor, progress)


def batch_augment(
    cohort: Prepared,
    out: Out,
    *,
    weights: Weights = "cxr-128",
    finding: Annotated[
        Sequence[str], list[str], typer.Option(help="Which to balance; may be given several times.")
    ] = (),
    to: ToEach = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    batch: Batch = 16,
    device: Device = AUTO,
    shard_size: ShardSize = 1024,
    shard: ShardOf = None,
    jobs: Jobs = 1,
    executor: Executor = "processes",
    progress: Progress | None = None,
) -> "Done":
    """Make what `augment` makes, in shards: counterfactuals of training patients, to train on beside their films.

    As `batch_edit` otherwise; also raises BadInput for a finding that weights or cohort do not know.
    """
    from causaray.batch.augment import AugmentWork

    work = AugmentWork.of(weights, tuple(finding), to, seed, strength, batch, device)
    return _run(work, cohort, out, shard_size, shard, jobs, executor, progress)


def batch_evaluate(
    cohort: Prepared,
    edited: Annotated[str | Path, Path, typer.Option(help="Folder written by `batch edit` of this cohort.")],
    out: Out,
    *,
    judge: Annotated[str | Path, str, typer.Option(help="Judge: a shipped name, or a weights folder.")] = JUDGE,
    batch: Batch = 16,
    shard_size: ShardSize = 1024,
    shard: ShardOf = None,
    jobs: Jobs = 1,
    executor: Executor = "processes",
    progress: Progress | None = None,
) -> "Done":
    """Measure the edits of `batch edit`: what a judge sees before and after each, a row a study, and means with
    intervals by patient in measures.json.

    As `batch_edit` otherwise; also raises BadInput for a folder of no such edits.
    """
    from causaray.batch.evaluate import EvaluateWork

    return _run(EvaluateWork.of(edited, judge, batch), cohort, out, shard_size, shard, jobs, executor, progress)


def _run(
    work: "Work", cohort: str | Path, out: str | Path, shard_size: int, shard: str | None, jobs: int, executor: str,
    progress: Progress | None,
) -> "Done":  # fmt: skip
    from causaray.batch.work import run

    return run(work, cohort, out, shard_size=shard_size, shard=shard, jobs=jobs, executor=executor, progress=progress)
