"""System 5: RL4Med-DDPO, a prior taught by reinforcement to draw what a prompt names (arXiv 2503.15784, MICCAI 2025).

denoising as decisions, with log-probabilities           policy
A, normalised prompt by prompt                           advantages
rho, its clip, the distance to the prior                 objective
reward r and APR: do readers see the words asked for     obedience
prompts of a cohort                                      prompts
settings                                                 recipe; training/recipes/ddpo.yaml, ddpo-published.yaml
the loop, and what is watched meanwhile                  reinforce, watch, curves
`finetune --method ddpo`                                 tune
the experiment: phantoms of four words, rivals, page     world, rivals, experiment, page
"""

from causaray.systems.system import System

_HERE = "causaray.systems.ddpo"

SYSTEM = System(
    name="ddpo",
    number=5,
    title="RL4Med-DDPO: Reinforcement Learning for Controlled Guidance Towards Diverse Medical Image Generation using "
    "Vision-Language Foundation Models",
    arxiv="2503.15784",
    about="A prior is taught by reinforcement to draw exactly what a prompt names.",
    reproduced="On phantoms, one seed: obedience rises by 10 points of the 15 asked for; as many"
    " calls of supervised training gain more.",
    page="ddpo",
    experiments={"ddpo": f"{_HERE}.experiment:run"},
)
