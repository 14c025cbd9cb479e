"""System 1: causal disentanglement for long-tail medical image generation (Nie et al., arXiv 2504.14450).

The paper, and where it stands here:

    z = (z_id, z_n), f = T(z), x = D(f), eq. (1) to (3)     nets/autoencoder.py, nets/interaction.py
    L_VAE = L_recon + alpha L_KL + beta L_cls               stage1_group_supervision.GroupSupervision.reconstruct
    gamma L_ID + delta L_PC, swaps between patients         stage1_group_supervision.GroupSupervision.supervise
    the same with pairs of one patient (beyond the paper)   stage1_drawn_groups.DrawnGroups.compare
    p(z_n | text), the prior of the pathology channel       stage2_pathology_prior, stage2_lesion_prior
    Algorithm 2: edit by the pathology channel              editor.CausalDisentanglementEditor.edit
    L_P = ||mu - f(x')||, long-tail optimisation            seed_optimisation.Objective, amortised_noise
    requests in the loop (beyond the paper)                 stage3_request_supervision
    tables 1, 2, 4 and 5, figure 9                          experiments/
    MorphoMNIST                                             digits/
"""

from causaray.systems.system import System

_HERE = "causaray.systems.causal_disentanglement"

SYSTEM = System(
    name="causal_disentanglement",
    number=1,
    title="Causal Disentanglement for Robust Long-tail Medical Image Generation",
    arxiv="2504.14450",
    about="Findings put into, and taken out of, a patient's own radiograph; rare findings by a few references.",
    reproduced="Edits, long-tail optimisation and the ablations; the gain of table 5 in part, on phantoms.",
    page="cxr-128",
    editors={"causal-disentanglement": f"{_HERE}.editor:CausalDisentanglementEditor"},
    recipes={
        "causal-disentanglement": f"{_HERE}.training.train:train",
        "attributes": f"{_HERE}.digits.digit_recipes:train",
        "digit-judge": f"{_HERE}.digits.digit_recipes:train",
    },
    experiments=dict.fromkeys(
        ("table1", "table2", "table4", "table5", "reports", "fig9"), f"{_HERE}.experiments.tables:run"
    ),
)
