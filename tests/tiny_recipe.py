"""A recipe of system 1 that is done in a second, for phantoms of 64 pixels."""

TINY = {"steps": 2, "batch": 6, "lr": 1e-3}
RECIPE = {
    "name": "tiny", "about": "A test.", "size": 64, "graded": True,
    "latent": {"width": 16, "depth": 1, "transformer_layers": 1, "transformer_dim": 16},
    "guide": {**TINY, "width": 8, "views": [["small", 32]]}, "stage1": {**TINY, "swap_every": 1},
    "stage2": {**TINY, "dim": 32, "layers": 1, "cache": 64, "sampling_steps": 2},
}  # fmt: skip
