"""System 8: a neural SDE of what comes of a patient under each treatment (arXiv 2406.12807, MICCAI 2024).

Z(t0) of image and table, f, g, h                        model
dZ = f(Z | s) dt + g(Z | s) o dW, and the KL of paths     sde
energy score, Gaussian likelihood, squared error          losses
phi, which reads images                                  image_encoder
psi, which reads tables                                  nets/tabular.TabularEncoder
visits of patients, from a CSV file                      visits
a trial of phantoms, of which every arm is known         phantom_trial
training                                                 recipe, fit, train
forecast of a patient: arms, difference, confidence      forecaster, report; app/forecasting.py
baselines, weighting, measures                           baselines, assignment, measures
the experiment and its page                              experiment, world, phantom_measures, real_visits, page
tables of visits of real patients                        visits_experiment
"""

from causaray.systems.system import System

_HERE = "causaray.systems.neural_sde"
METHOD = "neural-sde"
"""Of its weights and recipes."""

SYSTEM = System(
    name="neural_sde",
    number=8,
    title="Probabilistic Temporal Prediction of Continuous Disease Trajectories and "
    "Treatment Effects Using Neural SDEs",
    arxiv="2406.12807",
    about="What may come of a patient under each treatment, with intervals, from one image and a table.",
    reproduced="The method, on phantoms whose every arm is known: effects are found; intervals are a little narrow.",
    page="neural-sde",
    recipes={METHOD: f"{_HERE}.train:train"},
    experiments={"neural-sde": f"{_HERE}.experiment:run", "neural-sde-visits": f"{_HERE}.visits_experiment:run"},
)
