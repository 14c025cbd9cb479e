"""`causaray train` of a recipe of method neural-sde: image encoder, then the equation, then how well it holds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.phantom import phantoms
from causaray.cohorts.phantom.progression import TREATMENTS
from causaray.errors import BadInput
from causaray.systems.neural_sde import METHOD
from causaray.systems.neural_sde.fit import calibrate, fit
from causaray.systems.neural_sde.forecaster import LEVEL, Forecaster, ForecasterNet
from causaray.systems.neural_sde.image_encoder import ImageEncoder, train_encoder
from causaray.systems.neural_sde.measures import at_visits, by_patient, covered, later
from causaray.systems.neural_sde.model import NeuralSDE, Shape
from causaray.systems.neural_sde.phantom_trial import FOLLOWED, TrialSettings, columns, make_trial
from causaray.systems.neural_sde.recipe import ForecasterRecipe, SDERun
from causaray.systems.neural_sde.visits import Visits, VisitTable, found_table, read_visits, split_by_patient
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on

LEAST_PATIENTS = 20
HELD = 0.1
"""Share of the patients by whom the spread is chosen, and of those by whom the finished model is measured."""


def train(recipe: str | Path, cohorts: Sequence[Path], out: Path, seed: int | None = None) -> Path:
    """Train on the visits of the recipe, or on a trial of the phantoms of the cohorts; return the folder out/<name>.

    Of prepared cohorts the split train is used. Resumes what `out` holds. Raises BadInput for a table of visits that
    cannot be used, for images that are not in the cohorts, and for fewer than LEAST_PATIENTS.
    """
    plan = load_plan(recipe, ForecasterRecipe, seed)
    learned = _of_table(plan, cohorts) if plan.visits else _of_phantoms(plan, cohorts)
    if len(learned.table.visits) < LEAST_PATIENTS:
        few = len(learned.table.visits)
        raise BadInput(f"{few} patients are too few to learn a forecast of; {LEAST_PATIENTS} are the least.")
    outcome_ranges(learned.table.visits.outcomes)  # refuses what never changes before anything is written
    claim(out, plan)
    forecaster = trained(plan, learned, out)
    forecaster.save(out / plan.name)
    return out / plan.name


class Learned:
    """What is learned from: visits, images (P, 1, S, S) where there are any, and what config.json says of them."""

    def __init__(
        self, table: VisitTable, outcomes: tuple[str, ...], images: Tensor | None, cohorts: list[dict[str, Any]]
    ) -> None:
        self.table, self.outcomes, self.images, self.cohorts = table, outcomes, images, cohorts


def trained(plan: ForecasterRecipe, learned: Learned, out: Path) -> Forecaster:
    """Train encoder and equation.

    Two tenths of the patients are kept apart: by one the spread is chosen, the other says how well the intervals hold.
    """
    visits, encoder = learned.table.visits, None
    ranges = outcome_ranges(visits.outcomes)
    parts = split_by_patient(len(visits), (1 - 2 * HELD, HELD, HELD), plan.seed)
    if plan.encoder is not None and learned.images is not None:
        low, high = torch.tensor(ranges).T
        day0 = (torch.from_numpy(visits.outcomes[:, 0]) - low) / (high - low)
        encoder, read = train_encoder(learned.images[parts[0]], day0[parts[0]], plan.encoder, plan.seed, out)
        features = encoder.features(learned.images)
        features[parts[0]] = read
        visits = replace(visits, features=features)
    shape = shape_of(plan.sde, visits, learned.table, learned.outcomes, ranges)
    kept, tuned, held = (visits.rows(part) for part in parts)
    torch.manual_seed(plan.seed)
    model = fit(NeuralSDE(shape), kept, plan.sde, plan.seed, out, "sde")
    if plan.sde.spread:
        calibrate(model, tuned, plan.seed)
    config = {
        "method": METHOD, "name": plan.name, "names": list(learned.outcomes), "model": vars(shape),
        "encoder": None if encoder is None or plan.encoder is None else _encoder_shape(encoder, plan),
        "phantoms": plan.visits is None, "patients": len(kept), "held": held_figures(model, held, plan.seed),
        "recipe": plan.model_dump(mode="json"), "cohorts": learned.cohorts,
    }  # fmt: skip
    return Forecaster(ForecasterNet(model, encoder).eval(), config)


def shape_of(
    plan: SDERun, visits: Visits, table: VisitTable, outcomes: tuple[str, ...], ranges: tuple[tuple[float, float], ...]
) -> Shape:
    """The shape of a model of these visits."""
    return Shape(
        features=visits.features.shape[1], columns=table.columns, treatments=table.treatments, outcomes=outcomes,
        ranges=ranges, step=plan.step, horizon=float(visits.last.max()), latent=plan.latent, patient=plan.patient,
        hidden=plan.hidden, noisy=plan.noisy,
    )  # fmt: skip


def outcome_ranges(outcomes: np.ndarray) -> tuple[tuple[float, float], ...]:
    """The lowest and highest of the outcomes (P, V, F) that were seen.

    Raises BadInput for one that never changes, or of which nothing is known.
    """
    if np.isnan(outcomes).all((0, 1)).any():
        raise BadInput("An outcome has no value at any visit, so that there is nothing to forecast; leave it out.")
    low, high = np.nanmin(outcomes, (0, 1)), np.nanmax(outcomes, (0, 1))
    if not (high > low).all():
        raise BadInput("An outcome is the same at every visit, so that there is nothing to forecast; leave it out.")
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


def held_figures(model: NeuralSDE, held: Visits, seed: int) -> dict[str, float]:
    """On patients that were not learned from: the share of outcomes within the 90 % interval, and the root of the mean
    squared error, of outcomes in [0, 1], beside that of what was seen last."""
    paths, known = at_visits(model, held, 50, seed), later(held) & np.isfinite(held.outcomes[:, :1])
    inside = covered(paths, held.outcomes, LEVEL)
    errors = {"rmse": paths.mean(0), "rmse of the last value": held.outcomes[:, :1]}
    figures = {"patients": len(held), "cover": float(inside[known].mean())}
    width = model.width.numpy()
    for name, made in errors.items():
        squares, counts = by_patient(((made - held.outcomes) / width) ** 2, known)
        figures[name] = float(np.sqrt(squares.sum() / counts.sum()))
    return figures


def phantom_table(visits: Visits) -> VisitTable:
    """The visits of a trial of phantoms as a table of visits."""
    return VisitTable(visits, columns(), TREATMENTS, visits.patients)


def _of_phantoms(plan: ForecasterRecipe, cohorts: Sequence[Path]) -> Learned:
    """The first world and seed of the cohorts' training rows. Raises BadInput without cohorts, and for no phantoms."""
    rows = _training_rows(cohorts)
    made = list(phantoms(rows))
    if len(made) > 1:
        raise BadInput("A trial is of phantoms of one world and seed; name one cohort that `causaray phantom` wrote.")
    numbers, chests = made[0]
    trial = make_trial(chests, TrialSettings(horizon=plan.horizon))
    images = torch.from_numpy(rows.images(numbers))
    return Learned(phantom_table(trial.visits), FOLLOWED, images, trained_on(rows))


def _of_table(plan: ForecasterRecipe, cohorts: Sequence[Path]) -> Learned:
    assert plan.visits is not None
    file = found_table(plan.visits.file, cohorts)
    table = read_visits(file or plan.visits.file, plan.visits.columns)
    if not plan.visits.image:
        return Learned(table, plan.visits.outcomes, None, [])
    rows = _training_rows(cohorts)
    places = {name: i for i, name in enumerate(rows.table["image"].astype(str))}
    there = np.array([name in places for name in table.images])
    if not there.any():
        raise BadInput(f"No image of {plan.visits.file} is in split train of the cohorts, such as {table.images[0]}.")
    images = torch.from_numpy(rows.images([places[name] for name in table.images[there]]))
    return Learned(replace(table, visits=table.visits.rows(there)), plan.visits.outcomes, images, trained_on(rows))


def _training_rows(cohorts: Sequence[Path]) -> Cohort:
    if not cohorts:
        raise BadInput("This recipe learns from images; name a prepared cohort with --cohorts.")
    return open_cohorts(list(cohorts)).subset(split="train")


def _encoder_shape(encoder: ImageEncoder, plan: ForecasterRecipe) -> dict[str, int]:
    assert plan.encoder is not None
    return {"size": encoder.view.size, "width": plan.encoder.width, "features": plan.encoder.features}
