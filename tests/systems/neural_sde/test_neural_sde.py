"""System 8 against formulas: the equation, the losses, the trial of phantoms, weighting and the mixed model."""

from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.errors import BadInput
from causaray.nets.tabular import Column
from causaray.systems.neural_sde.assignment import arm_means, weights
from causaray.systems.neural_sde.baselines import (
    Design,
    FixedTime,
    Recurrent,
    _greatest_likelihood,
    fit_net,
    forecast,
    last_value,
    mixed_model,
)  # fmt: skip
from causaray.systems.neural_sde.fit import fit
from causaray.systems.neural_sde.image_encoder import train_encoder
from causaray.systems.neural_sde.losses import energy_score, gaussian_score, squared_error
from causaray.systems.neural_sde.measures import at_visits, covered, later, pehe, policy_gain
from causaray.systems.neural_sde.model import NeuralSDE, Shape, step_times
from causaray.systems.neural_sde.phantom_trial import (
    FOLLOWED,
    TREATMENTS,
    Trial,
    TrialSettings,
    columns,
    make_trial,
    sick_world,
)  # fmt: skip
from causaray.systems.neural_sde.recipe import EncoderRun, SDERun
from causaray.systems.neural_sde.sde import heun, path_kl
from causaray.systems.neural_sde.visits import VisitColumns, Visits, read_visits

COLUMNS = VisitColumns("who", "day", ("y",), ("age", "sex"), treatment="arm", image="film")


def shape(**changes) -> Shape:
    settings = {
        "features": 0, "columns": (), "treatments": ("none", "A"), "outcomes": ("y",), "ranges": ((0.0, 1.0),),
        "step": 1.0, "horizon": 10.0, "latent": 3,
    }  # fmt: skip
    return Shape(**settings | changes)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return make_trial(sick_world(32).sample(60, seed=5), TrialSettings(horizon=30))


# ---- The equation


def test_paths_are_those_of_stratonovich_and_converge() -> None:
    """dZ = Z o dW is exp(W) in the sense of Stratonovich, and exp(W - t/2) in that of Ito."""
    noise = torch.randn(64, 2000, 1, generator=torch.Generator().manual_seed(0)).double()
    errors = []
    for coarse in (8, 2):
        joined = noise.view(64 // coarse, coarse, 2000, 1).sum(1) / coarse**0.5
        path = heun(lambda z: (torch.zeros_like(z), z), torch.ones(2000, 1).double(),
                    torch.full((64 // coarse,), coarse / 64), joined)  # fmt: skip
        exact = (noise.sum(0) / 8).exp()
        errors.append(float((path[-1] - exact).abs().mean()))
    assert errors[1] < 0.04 and 2.5 < errors[0] / errors[1] < 7  # of order 1: a fourth of the step, a fourth of it


def test_without_noise_it_is_of_order_two() -> None:
    def end(n: int) -> float:
        steps, still = torch.full((n,), 1 / n).double(), torch.zeros(n, 1).double()
        return float(heun(lambda z: (-z, torch.zeros_like(z)), torch.ones(1).double(), steps, still)[-1])

    one, other = (abs(end(n) - np.exp(-1)) for n in (10, 20))
    assert 3.5 < one / other < 4.6


def test_kl_of_paths() -> None:
    states, steps = torch.zeros(4, 5, 2), torch.tensor([0.5, 1.0, 1.5])
    kl = path_kl(lambda z: (torch.ones_like(z), 2 * torch.ones_like(z)), torch.zeros_like, states, steps)
    assert torch.allclose(kl, torch.full((5,), 3.0 * 2 * (1 / 2) ** 2 / 2))


def test_torchsde_agrees() -> None:
    torchsde = pytest.importorskip("torchsde", reason="torchsde is a check only")

    class Field(torch.nn.Module):
        noise_type, sde_type = "diagonal", "stratonovich"

        def f(self, t, z):
            return -z

        def g(self, t, z):
            return 0.5 * z

    start, times = torch.ones(4000, 1), torch.linspace(0, 1, 21)
    theirs = torchsde.sdeint(Field(), start, times, method="heun", dt=0.05)[-1]
    noise = torch.randn(20, 4000, 1, generator=torch.Generator().manual_seed(0))
    ours = heun(lambda z: (-z, 0.5 * z), start, torch.full((20,), 0.05), noise)[-1]
    assert abs(ours.mean() - theirs.mean()) < 0.03 and abs(ours.std() - theirs.std()) < 0.03


def test_treatments_share_the_noise() -> None:
    torch.manual_seed(0)
    model = NeuralSDE(shape())
    with torch.no_grad():
        model.told[0].weight[:, -2:] = 0  # the treatment does nothing
        patient = model.patient(torch.zeros(2, 0), torch.zeros(2, 0))
        noise = model.noise(5, 7, 2, torch.Generator().manual_seed(1))
        one, other = (model.states(patient, torch.full((2,), arm), noise) for arm in (0, 1))
    assert torch.equal(one, other) and one.shape == (6, 7, 2, 3)
    assert float(one[-1].std(0).min()) > 0


def test_what_the_table_leaves_open_of_day_0_is_the_spread_of_the_start(tmp_path: Path) -> None:
    """A finding that is there or not and stands still; half of the tables do not tell which."""
    rng = np.random.default_rng(0)
    there, told = rng.integers(0, 2, 400), rng.random(400) < 0.5
    seen = np.repeat(there[:, None, None], 2, 1).astype(np.float32)
    visits = Visits(
        np.arange(400), np.zeros((400, 0), np.float32), np.where(told, there, np.nan).astype(np.float32)[:, None],
        np.zeros(400, np.int64), np.tile(np.float32([0, 5]), (400, 1)), seen,
    )  # fmt: skip
    torch.manual_seed(0)
    model = NeuralSDE(shape(columns=(Column("score"),), treatments=("none",), hidden=32))
    model = fit(model, visits, SDERun(steps=250, batch=64, lr=0.01), 0, tmp_path, "sde")
    paths = at_visits(model, visits, 40, 0)[:, :, 0, 0]
    assert np.abs(paths[:, told] - there[told]).mean() < 0.1
    assert paths[:, ~told].mean() == pytest.approx(there[~told].mean(), abs=0.15)
    assert paths[:, ~told].std(0).mean() > 0.3 > 3 * paths[:, told].std(0).mean()


def test_the_equation_learns_from_encoders_that_have_not_seen_the_image(tmp_path: Path) -> None:
    """Outcomes that no image tells: what is read of the images that were learned from only looks like knowledge."""
    generator = torch.Generator().manual_seed(0)
    images, outcomes = torch.rand(80, 1, 32, 32, generator=generator), torch.rand(80, 1, generator=generator).round()
    plan = EncoderRun(steps=80, batch=20, lr=5e-3, width=8, features=8)
    encoder, crossed = train_encoder(images, outcomes, plan, 0, tmp_path)
    told = outcomes[:, 0].numpy()
    assert np.corrcoef(encoder.features(images)[:, 0], told)[0, 1] > 0.5
    assert abs(np.corrcoef(crossed[:, 0], told)[0, 1]) < 0.3
    assert crossed.mean() == pytest.approx(0, abs=1e-5) and crossed.std() == pytest.approx(1, abs=1e-4)


def test_volatility_is_that_of_the_outcome() -> None:
    torch.manual_seed(0)
    model = NeuralSDE(shape(ranges=((2.0, 5.0),)))
    g = torch.rand(1, 3)
    a_day = 0.1  # of the equation's own time
    assert torch.allclose(model.volatility(g), (((3 * model.h.weight) * g) ** 2).sum().sqrt() * a_day**0.5)


def test_steps_grow_and_end_at_the_horizon() -> None:
    times = step_times(1.0, 100.0)
    assert times[0] == 0 and times[-1] == 100 and (times.diff() > 0).all() and times.diff().max() <= 3
    assert torch.equal(times[:30], torch.arange(30.0))


# ---- Losses


def test_energy_score_by_hand() -> None:
    paths = torch.tensor([0.0, 1.0, 3.0])[:, None]
    # mean |P - 0.5| = (0.5 + 0.5 + 2.5) / 3; mean |P_i - P_j| over pairs = (1 + 3 + 2) / 3, half of it
    assert torch.allclose(energy_score(paths, torch.tensor([0.5])), torch.tensor([3.5 / 3 - 1.0]))


def test_squared_error_shrinks_g_and_proper_scores_do_not() -> None:
    """dz = -0.5 z dt + 0.6 dW: each loss learns g alone, all else being known."""
    steps, draw = torch.full((10,), 0.2), torch.Generator().manual_seed(0)
    start = torch.randn(256, 1, generator=draw)

    def ends(g: torch.Tensor, paths: int) -> torch.Tensor:
        noise = torch.randn(10, paths, 256, 1, generator=draw)
        return heun(lambda z: (-0.5 * z, g * torch.ones_like(z)), start.expand(paths, -1, -1), steps, noise)[-1]

    observed, learned = ends(torch.tensor(0.6), 1)[0], {}
    for loss in (energy_score, gaussian_score, squared_error):
        raw = torch.tensor(0.0, requires_grad=True)
        optimiser = torch.optim.Adam([raw], lr=0.1)
        for _ in range(60):
            optimiser.zero_grad()
            loss(ends(raw.exp(), 8), observed).mean().backward()
            optimiser.step()
        learned[loss] = float(raw.detach().exp())
    assert learned[energy_score] == pytest.approx(0.6, rel=0.15)
    assert learned[gaussian_score] == pytest.approx(0.6, rel=0.3)
    assert learned[squared_error] < 0.2


# ---- The trial


def test_what_is_seen_is_the_course_under_the_arm_given(trial: Trial) -> None:
    visits = trial.visits
    assert np.allclose(visits.outcomes[:, 0], trial.severity[:, [0, 2, 3, 4]])
    row = int(np.argmax(visits.last))
    alone = trial.rows(np.array([row]))
    course = alone.courses(TREATMENTS[visits.treatment[row]], np.nan_to_num(visits.days[row]))[:, 0]
    known = np.isfinite(visits.days[row])
    assert np.allclose(course[known], visits.outcomes[row][known], atol=1e-5)
    assert (np.diff(visits.days[row][known]) > 0).all()


def test_true_moments_are_those_of_the_courses() -> None:
    trial = make_trial(sick_world(32).sample(200, seed=9), TrialSettings(horizon=8))
    mean, variance = (values[0] for values in trial.moments("A", [5]))
    gone = (trial.courses("A", [5])[0] - mean) ** 2
    assert gone.sum() == pytest.approx(variance.sum(), rel=0.2)


def test_the_sicker_get_a_where_it_is_confounded() -> None:
    phantoms = sick_world(32).sample(300, seed=7)
    sick = {}
    for confounded in (False, True):
        visits = make_trial(phantoms, TrialSettings(confounded=confounded, horizon=7)).visits
        burden = visits.outcomes[:, 0].sum(1)
        sick[confounded] = burden[visits.treatment == 1].mean() - burden[visits.treatment == 0].mean()
    assert sick[True] > 0.3 > abs(sick[False])


def test_a_hidden_trait_is_in_the_rates_and_not_in_the_table() -> None:
    phantoms = sick_world(32).sample(200, seed=7)
    plain, hidden = (make_trial(phantoms, TrialSettings(hidden=h, horizon=7)) for h in (0.0, 0.8))
    assert np.array_equal(plain.visits.values, hidden.visits.values, equal_nan=True)
    moving = plain.rates > 0
    assert np.log(hidden.rates[moving] / plain.rates[moving]).std() == pytest.approx(0.8, rel=0.2)


def test_films_of_day_0_are_the_images(trial: Trial) -> None:
    few = trial.rows(np.arange(3))
    drawn = few.films(few.visits.outcomes[:, 0])
    assert drawn.shape == (3, 32, 32) and np.abs(drawn - few.phantoms.images[:, 0].numpy()).max() < 0.02
    assert len(FOLLOWED) == few.visits.outcomes.shape[2]


# ---- Baselines, weighting and measures


def test_weighting_undoes_a_confounded_treatment() -> None:
    rng = np.random.default_rng(0)
    sick = rng.standard_normal(4000).astype(np.float32)
    treatment = (rng.random(4000) < 1 / (1 + np.exp(-1.5 * sick))).astype(np.int64)
    visits = Visits(np.arange(4000), sick[:, None], np.zeros((4000, 0), np.float32), treatment, sick[:, None], sick)
    outcome = sick - 0.5 * treatment
    naive = np.diff(arm_means(outcome, treatment, np.ones(4000)))[0]
    weighted = np.diff(arm_means(outcome, treatment, weights(shape(), visits)))[0]
    assert naive > 0.3 and weighted == pytest.approx(-0.5, abs=0.15)


def test_the_mixed_model_finds_the_slope_of_patients_with_levels_of_their_own() -> None:
    rng = np.random.default_rng(0)
    whose, x = np.repeat(np.arange(60), 5), rng.standard_normal(300)
    y = 2 * x + 3 * rng.standard_normal(60)[whose] + 0.1 * rng.standard_normal(300)
    slope, _ = _greatest_likelihood(np.column_stack([x, np.ones(300)]), y, whose)
    assert slope == pytest.approx(2, abs=0.05)  # least squares alone is off by about 3 / sqrt(300)


def test_baselines_learn_from_visits_of_which_some_are_missing(trial: Trial, tmp_path: Path) -> None:
    told = shape(columns=columns(), treatments=TREATMENTS, outcomes=FOLLOWED, ranges=((0.0, 1.0),) * 4, horizon=30.0)
    error, known = {}, later(trial.visits)
    for kind in (FixedTime, Recurrent):
        torch.manual_seed(0)
        net = fit_net(kind(Design(told, trial.visits), 4), trial.visits, 0, tmp_path, kind.__name__, steps=80)
        error[kind.__name__] = ((forecast(net, trial.visits) - trial.visits.outcomes) ** 2)[known].mean()
    fitted = mixed_model(told, trial.visits, trial.visits)
    error["mixed"] = ((fitted - trial.visits.outcomes) ** 2)[known].mean()
    last = ((last_value(trial.visits) - trial.visits.outcomes) ** 2)[known].mean()
    assert max(error.values()) < last


def test_measures_by_hand() -> None:
    paths = np.linspace(0, 1, 101)[:, None]
    assert covered(paths, np.array([0.04]), 0.9) == [False] and covered(paths, np.array([0.06]), 0.9) == [True]
    assert pehe(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == pytest.approx(2**0.5)
    true = np.array([[1.0, 3.0], [2.0, 1.0]])  # arms by patients: the best arm for all has a mean of 1.5
    assert policy_gain(true, true) == {"model": 0.5, "oracle": 0.5}
    assert policy_gain(-true, true)["model"] == -1.0


# ---- Tables of visits

ROWS = "who,day,arm,film,age,sex,y\na,0,A,1.png,50,F,0.2\na,9,A,,51,F,0.4\nb,3,none,2.png,,M,0.5\nb,30,none,,60,M,0.1\n"


def test_a_table_of_visits_is_read(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(ROWS)
    table = read_visits(tmp_path / "visits.csv", COLUMNS)
    assert table.treatments == ("A", "none") and table.images.tolist() == ["1.png", "2.png"]
    assert table.visits.days.tolist() == [[0, 9], [0, 27]] and table.visits.treatment.tolist() == [0, 1]
    assert np.array_equal(table.visits.values, [[50, 0], [np.nan, 1]], equal_nan=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a,9", "a,-9", "visits of patient a are out of order: day -9 stands after day 0"),
        ("b,30,none,,60,M,0.1\n", "", "Patient b has one visit only"),
        ("A,1.png,50,F,0.2\na,9,A,,", "A,,50,F,0.2\na,9,A,1.png,", "visit on day 0, before the first image on day 9"),
        ("0.4", "better", 'Column y of the table holds "better" where a number is needed'),
        ("day", "when", "has no column day; it has who, when"),
        ("a,9", "a,", "Column day of .* has no value in row 3"),
        ("a,9", "a,inf", "Column day of the table holds inf, which no net can take"),
        ("0.4", "1e60", "Column y of the table holds 1e.60, which no net can take"),
        ("a,9", ",9", "Column who of .* names no patient in row 3"),
        (ROWS[27:], "", "has no row; it needs a row a visit"),
    ],
)
def test_bad_tables_of_visits_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "visits.csv").write_text(ROWS.replace(old, new))
    with pytest.raises(BadInput, match=message):
        read_visits(tmp_path / "visits.csv", COLUMNS)
