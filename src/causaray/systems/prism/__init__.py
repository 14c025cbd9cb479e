"""System 6: PRISM, editing by words with inversion, prompt-to-prompt and filters (arXiv 2503.00196, MIDL 2025).

inversion under the source text                         diffusion/inversion.py
attention of the source in the target's denoising       diffusion/attention.py
the edit                                                prism.PrismEditor
the filters, and the edit that they keep                edit_filters, filtered_prism
"""

from causaray.systems.system import System

_HERE = "causaray.systems.prism"

SYSTEM = System(
    name="prism",
    number=6,
    title="PRISM: High-Resolution & Precise Counterfactual Medical Image "
    "Generation using Language-guided Stable Diffusion",
    arxiv="2503.00196",
    about="Edits by words on any prior, Stable Diffusion folders included.",
    reproduced="The method and its filters, on a small prior; not at the size of the paper's.",
    page="filters-phantom",
    kinds={"prism": f"{_HERE}.prism:PrismEditor"},
)
