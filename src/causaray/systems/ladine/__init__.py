"""System 11: LaDiNE, label diffusions on the blocks of a transformer (arXiv 2310.15952, IEEE TMI 2025).

stage 1: the vision transformer, and a guide on each block      nets/vision_transformer, members.Guide
stage 2: q(y_t | y_0, x) about the guide's y_hat, its samplers  label_diffusion
         eps_theta(x, y_t, y_hat, t)                            members.Denoiser
         labels on the simplex, or as logits (a correction)     label_space
stage 3: bi-level aggregation, temperature, interval width      aggregation
all of it as one classifier                                     ladine.Ladine
training by recipe, weights that audit accepts                  train, classifier
what it is compared with, and the page                          rows, experiment, page
tuberculosis against normal films, of two sources               tuberculosis
"""

from causaray.systems.system import System

_HERE = "causaray.systems.ladine"

SYSTEM = System(
    name="ladine",
    number=11,
    title="Improving Robustness and Reliability in Medical Image Classification "
    "with Latent-Guided Diffusion and Nested-Ensembles",
    arxiv="2310.15952",
    about="A classifier that knows how sure it is: labels drawn by diffusions on a transformer's blocks.",
    reproduced="On one seed: few steps as good as all; a lead under corruption or robustness end to end is not shown.",
    page="ladine",
    recipes={"ladine": f"{_HERE}.train:train"},
    classifiers={"ladine": f"{_HERE}.classifier:opened"},
    experiments={"ladine": f"{_HERE}.experiment:run", "ladine-tuberculosis": f"{_HERE}.tuberculosis:run"},
)
