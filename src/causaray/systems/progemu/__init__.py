"""System 13: ProgEmu, follow-up films and what changed, by one autoregressive model (arXiv 2503.23149, MICCAI 2025).

films as tokens (VQ), and what changes between two      tokeniser, change_tokeniser, codebook; fit_tokeniser
[prior film][what is to happen][follow-up film][text]   sequence
decoder-only transformer, cache of keys and values      transformer, fit_transformer
guidance of film and prompt apart, constrained drawing  sampling
"effusion larger, edema resolved"                       progress_prompt
pairs: phantoms followed up, ICG-CXR, registration      pairs, phantom_pairs, icg, registration
the nets together, weights                              model; recipe, train
edit by a request of findings                           editor; by a prompt: app/verbs/follow_up.py
what a text says, how alike texts are                   reports/told_changes, text_overlap
the experiment and its page                             experiment, measured, page
"""

from causaray.systems.system import System

_HERE = "causaray.systems.progemu"

SYSTEM = System(
    name="progemu",
    number=13,
    title="Towards Interpretable Counterfactual Generation via Multimodal Autoregression",
    arxiv="2503.23149",
    about="A follow-up film and a text of what changed, from a prior film and what is to happen.",
    reproduced="The method with tokens of change, on phantoms, one seed: films and texts do what is asked (88 % of the "
    "change, F1 0.87); no patients, nodules fail.",
    page="progemu/table",
    editors={"progemu": f"{_HERE}.editor:ProgEmuEditor"},
    recipes={"progemu": f"{_HERE}.train:train"},
    experiments={"progemu": f"{_HERE}.experiment:run"},
)
