"""An untrained prior of ours for images of 64 pixels, on an untrained autoencoder, for tests."""

from pathlib import Path

import torch

from causaray.methods.editor import Config as EditorConfig
from causaray.methods.editor import Editor, EditorNet
from causaray.methods.text_prior import Config, build, save_prior
from causaray.nets.autoencoder import Shape


def save_tiny_prior(folder: Path) -> Path:
    """Write a prior that knows three words, its autoencoder beside it."""
    torch.manual_seed(0)
    editor = EditorConfig("tiny", ("Edema",), Shape(64, 4, 8, 16, 1, 1, 16, 4), 32, 1)
    net = EditorNet(editor)
    Editor(net, editor).save(folder / "autoencoder")
    config = Config("tiny", "tiny", ("Edema",), ("edema", "no", ","), 16, 2, (16, 32), 32)
    save_prior(build(config, net.autoencoder), config, folder)
    return folder
