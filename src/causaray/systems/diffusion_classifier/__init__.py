"""System 7: diffusion classifier with majority vote (arXiv 2502.03687, MIDL 2025).

Haar wavelets in place of pixels                        wavelets
log-SNR schedule, shifted by the size of the image      log_snr.LogSnrClock
class-conditional denoiser, v-prediction, its loss      denoiser; what it begins with: gaussians
errors under each class, (t, noise) shared by classes   evidence
majority vote, mean, paired t, weighted mean            decisions
draws until the evidence suffices                       stopping
probability, uncertainty; text priors read out so, too  classifier, text_prior
counterfactual by the same net                          editor
training and calibration                                recipe, train
"""

from causaray.systems.system import System

_HERE = "causaray.systems.diffusion_classifier"

SYSTEM = System(
    name="diffusion_classifier",
    number=7,
    title="Conditional Diffusion Models are Medical Image Classifiers that Provide Explainability and Uncertainty "
    "for Free",
    arxiv="2502.03687",
    about="Which condition denoises an image best is its class; the same net draws what the other class would be.",
    reproduced="Near ResNet-18 on children, far below it on phantoms, one seed each; the vote loses to the mean, "
    "and no worst group is saved.",
    page="diffusion-classifier/table",
    editors={"diffusion-classifier": f"{_HERE}.editor:DiffusionClassifierEditor"},
    recipes={"diffusion-classifier": f"{_HERE}.train:train"},
    classifiers={
        "diffusion-classifier": f"{_HERE}.audited:audited",
        "text-prior": f"{_HERE}.audited:audited",
    },
    experiments={"diffusion-classifier": f"{_HERE}.experiment:run"},
)
