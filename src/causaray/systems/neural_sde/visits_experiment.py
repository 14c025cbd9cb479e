"""`causaray reproduce neural-sde-visits`: a table of visits of real patients, the neural SDE beside its baselines.

What was done to them only: nobody knows what another treatment would have done.
"""

from typing import Any

from causaray.experiments.options import ExperimentOptions
from causaray.experiments.results import write_results
from causaray.systems.neural_sde.page import real_patients
from causaray.systems.neural_sde.real_visits import compare
from causaray.systems.neural_sde.recipe import ForecasterRecipe
from causaray.systems.neural_sde.visits import found_table, read_visits
from causaray.training.recipe import claim, load_plan

RECIPE = "oasis"
SOURCES = {
    "oasis": "OASIS-2, longitudinal MRI in nondemented and demented older adults (Marcus et al. 2010); of its table "
    "the visits, MMSE and CDR. Provided by OASIS under its terms: principal investigators D. Marcus, R. Buckner, "
    "J. Csernansky, J. Morris; P50 AG05681, P01 AG03991, P01 AG026276, R01 AG021910, P20 MH071616, U24 RR021382."
}
"""Recipe that comes along -> what its table is, and the acknowledgement that its terms ask for."""


def run(options: ExperimentOptions) -> dict[str, Any]:
    """The visits of --recipe (oasis where none is named), whose file is looked for in the folders of --cohorts.

    Where it is not there, says so and writes nothing. Raises BadInput for a recipe without visits or with images, and
    for a table that cannot be used.
    """
    plan = load_plan(options.recipe or RECIPE, ForecasterRecipe)
    visits = plan.table_alone()
    file = found_table(visits.file, options.cohorts)
    if file is None:
        folders = ", ".join(map(str, options.cohorts)) or "no folder"
        options.tell(f"skipped: {visits.file} of {plan.name} is not in {folders}; name its folder with --cohorts.")
        return {}
    table = read_visits(file, visits.columns)
    work = options.work / f"neural-sde-visits-{plan.name}"
    claim(work, plan)
    found = {}
    for seed in range(options.seeds):
        options.tell(f"{plan.name}: seed {seed}")
        name = plan.name if options.seeds == 1 else f"{plan.name}, seed {seed}"
        found[name] = dict(compare(table, visits.outcomes, plan.sde, seed, work, plan.name))
    about = {"command": options.command, "outcomes": ", ".join(visits.outcomes), "updates": plan.sde.steps,
             "seeds": options.seeds}  # fmt: skip
    lines = [*([SOURCES[plan.name], ""] if plan.name in SOURCES else []), *real_patients(found)]
    write_results(options.out, f"Neural SDE: visits of real patients, {plan.name}", about, {"real": found}, lines)
    return found
