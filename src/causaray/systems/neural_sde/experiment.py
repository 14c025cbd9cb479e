"""`causaray reproduce neural-sde`: forecasts of phantoms whose every arm is known, and of real patients.

The models of a seed share patients, image features and table. Nothing is chosen on the test patients.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.progression import TREATMENTS
from causaray.experiments.options import ExperimentOptions
from causaray.systems.neural_sde import assignment
from causaray.systems.neural_sde.measures import burden, on_day
from causaray.systems.neural_sde.page import write_page
from causaray.systems.neural_sde.phantom_measures import DAY, EARLY, EFFECT_PATHS, measured
from causaray.systems.neural_sde.phantom_trial import TrialSettings, make_trial
from causaray.systems.neural_sde.real_visits import compare, film_visits, read_off
from causaray.systems.neural_sde.recipe import ForecasterRecipe, SDERun
from causaray.systems.neural_sde.visits import found_table, read_visits
from causaray.systems.neural_sde.world import World, make_world
from causaray.training.recipe import claim, load_plan

TRAINED_ON = 10000
"""Patients, where --limit does not say."""
SHOWN = 4
"""Patients in the picture."""
HIDDEN = 0.8
"""Deviation of the hidden trait in the log rate."""
ASSIGNED_STEPS, ASSIGNED_HORIZON = 800, 30
"""Updates of the model of each of the trials by assignment, and their follow-up: effects of day EARLY need no more."""


def run(options: ExperimentOptions) -> dict[str, Any]:
    """Phantoms by the recipe `forecaster`, or by --recipe where it has no visits; the visits of --recipe where it has;
    pairs of films of each cohort."""
    named = None if options.recipe is None else load_plan(options.recipe, ForecasterRecipe)
    plan = named if named is not None and named.visits is None else load_plan("forecaster", ForecasterRecipe)
    patients = options.limit or TRAINED_ON
    work = options.work / f"neural-sde-{patients}"
    claim(work, plan)
    world = make_world(plan, patients, work, options.tell)
    found: dict[str, Any] = {"seeds": [measured(world, seed, options.tell) for seed in range(options.seeds)]}
    options.tell("assignment")
    found["assignment"] = {name: assigned(world, name, setting) for name, setting in ASSIGNMENTS.items()}
    found["real"] = real(options, named)
    world.forecaster(found["seeds"][0]["held"]).save(work / plan.name)
    about = {
        "command": options.command, "patients trained on": len(world.visits("train")),
        "test patients": len(world.visits("test")), "seeds": options.seeds, "updates": plan.sde.steps,
    }  # fmt: skip
    write_page(options.out, about, found, pictures(world))
    return found


def pictures(world: World) -> list[tuple[str, np.ndarray]]:
    """Columns of films of the SHOWN test patients: day 0, and day DAY under each arm, forecast and true."""
    trial = world.trials["test"].rows(np.arange(SHOWN))
    model = world.fitted(world.visits("train"), 0, "energy")
    believed = on_day(model, trial.visits, len(TREATMENTS), DAY, EFFECT_PATHS, 0).mean(1)
    columns = [("day 0", trial.films(trial.visits.outcomes[:, 0]))]
    for arm, name in enumerate(TREATMENTS):
        columns.append((f"{name}, day {DAY}: forecast", trial.films(believed[arm])))
        columns.append((f"{name}, day {DAY}: true", trial.films(trial.courses(name, [DAY])[0])))
    return columns


ASSIGNMENTS = {
    "by lot": TrialSettings(horizon=ASSIGNED_HORIZON),
    "the sicker get A": TrialSettings(horizon=ASSIGNED_HORIZON, confounded=True),
    "a hidden trait, too": TrialSettings(horizon=ASSIGNED_HORIZON, confounded=True, hidden=HIDDEN),
}


def assigned(world: World, name: str, settings: TrialSettings) -> dict[str, Any]:
    """Mean effects of A and B on the burden of day EARLY, the true ones and what is made of the patients treated: arms
    as they are, weighted, and by a neural SDE, which is told image and table, of all patients under every arm."""
    trial = make_trial(world.trials["train"].phantoms, settings, world.work)
    visits = replace(trial.visits, features=world.visits("train").features)
    courses = burden(np.stack([trial.courses(arm, [EARLY])[0] for arm in TREATMENTS]))
    seen = np.take_along_axis(courses, visits.treatment[None], 0)[0]
    counts = assignment.weights(world.shape(world.plan.sde), visits)
    means = {
        "true": courses.mean(1),
        "arms as they are": assignment.arm_means(seen, visits.treatment, np.ones(len(seen))),
        "arms weighted": assignment.arm_means(seen, visits.treatment, counts),
    }
    model = world.fitted(visits, 0, name.replace(" ", "-"), steps=ASSIGNED_STEPS)
    means["neural SDE"] = burden(on_day(model, visits, len(TREATMENTS), EARLY, 20, 0).mean(1)).mean(1)
    found = {called: {arm: float(one[i] - one[0]) for i, arm in enumerate(TREATMENTS) if i}
             for called, one in means.items()}  # fmt: skip
    share = np.bincount(visits.treatment, minlength=len(TREATMENTS)) / len(visits)
    return {"effects": found, "patients": dict(zip(TREATMENTS, share.round(3).tolist(), strict=True))}


def real(options: ExperimentOptions, named: ForecasterRecipe | None) -> dict[str, Any]:
    """The tables of visits and pairs of films that were named; what was done to these patients only."""
    found: dict[str, Any] = {}
    visits = None if named is None else named.visits
    file = None if visits is None else found_table(visits.file, options.cohorts)
    if named is not None and visits is not None:
        options.tell(f"visits: {named.name}")
        table = read_visits(file or visits.file, visits.columns)
        found[named.name] = dict(compare(table, visits.outcomes, named.sde, 0, options.work, named.name))
    for folder in options.cohorts:
        if file is not None and folder == file.parent:
            continue
        cohort = Cohort.open(folder).frontal()
        options.tell(f"films: {cohort.name}")
        table = film_visits(cohort, judge := Judge.load(options.judge))
        plan = SDERun(steps=150, batch=32, lr=0.01, patient=16, hidden=32)
        found[cohort.name] = dict(compare(table, read_off(judge), plan, 0, options.work, cohort.name))
    return found
