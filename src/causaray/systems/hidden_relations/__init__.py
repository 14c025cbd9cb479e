"""System 4: relations between image attributes that nobody told a model of (arXiv 2503.23618).

the matrix of answers to edits                          attribute_matrix, edits
a relation planted in phantoms, where the truth is known  planted
causal models learned without words, as a comparison    causal_models
the experiment                                          experiment
"""

from causaray.systems.system import System

_HERE = "causaray.systems.hidden_relations"

SYSTEM = System(
    name="hidden_relations",
    number=4,
    title="Leveraging Vision-Language Foundation Models to Reveal Hidden "
    "Image-Attribute Relationships in Medical Imaging",
    arxiv="2503.23618",
    about="Which attributes an edit moves along, and whether that is more than chance.",
    reproduced="A planted relation is found against a null; nothing was measured on the paper's data.",
    page="hidden-attributes",
    experiments={"hidden-attributes": f"{_HERE}.experiment:run"},
)
