"""System 3: trajectories through the latents of a prior, by a change of caption (arXiv 2503.23623).

z(m): the caption changes at step m of the denoising    trajectory.trajectory
Bezier curve through the control points, its length     trajectory.film, trajectory.length
CFRT, how far the classifier's answer follows           cfrt
the table of attributes                                 experiment
"""

from causaray.systems.system import System

_HERE = "causaray.systems.trajectories"

SYSTEM = System(
    name="trajectories",
    number=3,
    title="Language-Guided Trajectory Traversal in Disentangled Stable Diffusion "
    "Latent Space for Factorized Medical Image Generation",
    arxiv="2503.23623",
    about="A film from one caption to another, and which attributes move on the way.",
    reproduced="The walk and its figure; the images and the classifiers are others than the paper's.",
    page="trajectory",
    experiments={"trajectory": f"{_HERE}.experiment:run"},
)
