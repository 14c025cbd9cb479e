"""System 12: debiasing counterfactuals, and SCLS (arXiv 2308.10984, FAIMI 2023).

generator of counterfactuals, told the class it is to draw        generator
what it learns by, and the low-pass that nothing hides from       losses
classifier, discriminator and generator trained end to end        joint; recipe, pairs, train
the generator as an editor, the classifier as one to be asked     editor, audited, weights
SCLS, beside the exact do-effect that it should rank              evaluation/classification/reliance
the experiment: a shortcut at six strengths, four objectives      worlds, trained, measured, experiment, page
"""

from causaray.systems.system import System

_HERE = "causaray.systems.debiasing"

SYSTEM = System(
    name="debiasing",
    number=12,
    title="Debiasing Counterfactuals In the Presence of Spurious Correlations",
    arxiv="2308.10984",
    about="A classifier and the generator of its counterfactuals, trained together: they show whether it answers to an "
    "artifact, and SCLS says how much.",
    reproduced="On phantoms, one seed: SCLS tells who relies on a pacemaker, and is blind to small reliance by the "
    "GAN; worst group 37 % by ERM, 87.5 % by Group-DRO.",
    page="debiasing/table",
    editors={"debiasing": f"{_HERE}.editor:DebiasingEditor"},
    recipes={"debiasing": f"{_HERE}.train:train"},
    classifiers={"debiasing": f"{_HERE}.audited:audited"},
    experiments={"debiasing": f"{_HERE}.experiment:run"},
)
