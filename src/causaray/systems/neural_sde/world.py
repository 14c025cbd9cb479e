"""The trials of phantoms that the experiment learns from and measures on, and how all of its models are trained."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.cohorts.phantom.progression import TREATMENTS
from causaray.experiments.results import Tell, kept_array
from causaray.systems.neural_sde import METHOD
from causaray.systems.neural_sde.fit import TUNED_BY, calibrate, fit
from causaray.systems.neural_sde.forecaster import Forecaster, ForecasterNet
from causaray.systems.neural_sde.image_encoder import ImageEncoder, train_encoder
from causaray.systems.neural_sde.model import NeuralSDE, Shape
from causaray.systems.neural_sde.phantom_trial import FOLLOWED, Trial, TrialSettings, columns, make_trial, sick_world
from causaray.systems.neural_sde.recipe import ForecasterRecipe, SDERun
from causaray.systems.neural_sde.train import outcome_ranges
from causaray.systems.neural_sde.visits import Visits

PATIENTS = {"train": 1.0, "test": 0.2}
"""Patients of each part, of those that are trained on."""
SEEDS = {"train": 11, "test": 17}  # 13 and 12 were looked at while the design was chosen
SIZE = 64


@dataclass(frozen=True, eq=False)
class World:
    """The trials of train and test patients, with image features, and how all that is trained is trained."""

    trials: Mapping[str, Trial]
    plan: ForecasterRecipe
    encoder: ImageEncoder
    work: Path

    def visits(self, part: str) -> Visits:
        return self.trials[part].visits

    def shape(self, plan: SDERun) -> Shape:
        """Of a model of the trial of the train patients."""
        visits = self.visits("train")
        return Shape(
            features=visits.features.shape[1], columns=columns(), treatments=TREATMENTS, outcomes=FOLLOWED,
            ranges=outcome_ranges(visits.outcomes), step=plan.step, horizon=float(self.plan.horizon),
            latent=plan.latent, patient=plan.patient, hidden=plan.hidden, noisy=plan.noisy,
        )  # fmt: skip

    def forecaster(self, held: Mapping[str, float]) -> Forecaster:
        """Encoder and model of the first seed as weights that `causaray forecast` reads."""
        model, seen = self.fitted(self.visits("train"), 0, "energy"), self.plan.encoder
        assert seen is not None
        config = {
            "method": METHOD, "name": self.plan.name, "names": list(FOLLOWED), "model": vars(model.shape),
            "encoder": {"size": SIZE, "width": seen.width, "features": seen.features}, "phantoms": True,
            "patients": len(self.visits("train")) - tuned_by(len(self.visits("train"))), "held": dict(held),
            "recipe": self.plan.model_dump(mode="json"),
        }  # fmt: skip
        return Forecaster(ForecasterNet(model, self.encoder), config)

    def fitted(self, visits: Visits, seed: int, name: str, **changes: Any) -> NeuralSDE:
        """A model trained on visits by the plan with changes; the spread of one with noise is chosen by some of them
        that it does not learn from."""
        plan = self.plan.sde.model_copy(update=changes)
        torch.manual_seed(seed)
        model = NeuralSDE(self.shape(plan))
        if not plan.spread:
            return fit(model, visits, plan, seed, self.work, f"{name}-{seed}")
        held, learned = np.split(np.random.default_rng(seed).permutation(len(visits)), [tuned_by(len(visits))])
        fit(model, visits.rows(learned), plan, seed, self.work, f"{name}-{seed}")
        calibrate(model, visits.rows(held), seed)
        return model


def tuned_by(patients: int) -> int:
    """How many of so many patients the spread is chosen by."""
    return min(TUNED_BY, patients // 10)


def make_world(plan: ForecasterRecipe, patients: int, work: Path, tell: Tell) -> World:
    """Draw phantoms and their trials, train the image encoder, and encode all images."""
    assert plan.encoder is not None
    trials, images = {}, {}
    for part, share in PATIENTS.items():
        tell(f"a trial of {round(share * patients)} patients: {part}")
        phantoms = sick_world(SIZE).sample(round(share * patients), seed=SEEDS[part])
        key = ["images", len(phantoms), phantoms.seed]
        trials[part] = make_trial(phantoms, TrialSettings(horizon=plan.horizon), work)
        made = kept_array(work, key, lambda phantoms=phantoms: phantoms.images.numpy())  # type: ignore[misc]
        images[part] = torch.from_numpy(made)
    tell("image encoder")
    day0 = torch.from_numpy(trials["train"].visits.outcomes[:, 0])
    encoder, read = train_encoder(images["train"], day0, plan.encoder, plan.seed, work)
    features = {"train": read, "test": encoder.features(images["test"])}
    for part, trial in trials.items():
        trials[part] = replace(trial, visits=replace(trial.visits, features=features[part]))
    return World(trials, plan, encoder, work)
