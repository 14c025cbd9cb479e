"""System 9: DeCoDEx (arXiv 2405.09288, MIDL 2024).

z_tau = q(x, tau), mean - Sigma g, x_t                    chain; the hook is `pull` of diffusion/sampler.ancestral
L_class, L_det, L_perc, lambda_1 ||z_t - x||_1           energies
classifier that is explained, detector of the artifact   guides
scales that grow until the class flips, artifact kept    counterfactuals
diffusion model                                          space
editor                                                   editor, weights
training                                                 recipe, rows, train
the experiment and its page                              experiment, measured, augmentation, page
"""

from causaray.systems.system import System

_HERE = "causaray.systems.decodex"

SYSTEM = System(
    name="decodex",
    number=9,
    title="DeCoDEx: Confounder Detector Guidance for Improved Diffusion-based Counterfactual Explanations",
    arxiv="2405.09288",
    about="What would a classifier have to see to say otherwise, with a device that it leans on left as it is?",
    reproduced="The method, on phantoms, one seed: the artifact is kept more often; the disease hardly changes, and no "
    "gain of the worst group is sure.",
    page="decodex/table",
    editors={"decodex": f"{_HERE}.editor:DecodexEditor"},
    recipes={"decodex": f"{_HERE}.train:train"},
    experiments={"decodex": f"{_HERE}.experiment:run"},
)
