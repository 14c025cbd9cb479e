"""System 10: HyperFusion, a table that makes the weights of an image net (arXiv 2403.13319, MedIA 2025).

layers whose weights the table generates, their start   hyper_layer
the image net, and six other ways to bring a table in   fusion_nets
column dropout, the losses, the training                fitting, train
reading a film with a table; another table, same film   reader
a table as the condition of a denoiser                  conditioned_denoiser
worlds where the truth is known, real radiographs       worlds, radiographs
the experiment                                          experiment, page
"""

from causaray.systems.system import System

_HERE = "causaray.systems.hyperfusion"

SYSTEM = System(
    name="hyperfusion",
    number=10,
    title="HyperFusion: A Hypernetwork Approach to Multimodal Integration of Tabular and Medical Imaging Data for "
    "Predictive Modeling",
    arxiv="2403.13319",
    about="A film is read with the patient's table, which generates weights of the net that reads.",
    reproduced="The method beside its baselines, on phantoms and radiographs; not on the paper's brain MRI.",
    page="hyperfusion",
    recipes={"hyperfusion": f"{_HERE}.train:train"},
    experiments={"hyperfusion": f"{_HERE}.experiment:run"},
)
