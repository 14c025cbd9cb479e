"""Lung fields of frontal radiographs by thresholds and shape, without a trained net: where the outlines are, roughly.

What is found is *aerated* lung: an opacity that fills a lung moves its outline as truly as a moved diaphragm does.
Looked at on the real cohorts: both lungs of about nine adults in ten are outlined within a few pixels; of children,
whose lungs run into the air beside their thin walls, of one in two. Opaque lungs, lungs cut off by the border, and
lateral images fail, mostly so that `plausible` says so.
"""

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

SIZE = 128
"""Side in pixels at which lungs are looked for."""
LEVELS = np.arange(-1.4, 0.21, 0.2)
"""Thresholds tried, in deviations below the local mean."""
SIDES = ((0.1, 0.5), (0.5, 0.9))
"""Where the centre of the patient's right and left lung may be, as shares of the image width."""
IN_PLANE = np.stack([np.zeros((3, 3), bool), np.ones((3, 3), bool), np.zeros((3, 3), bool)])


def lung_masks(images: Tensor) -> np.ndarray:
    """The patient's right and left lung in images (N, 1, S, S) in [0, 1]: bool (N, 2, 128, 128), empty if not found.

    The largest compact dark region of each side that is shaped and placed like a lung, at whichever threshold.
    """
    return np.concatenate([_masks(part) for part in images.split(64)])


def plausible(masks: np.ndarray) -> np.ndarray:
    """Whether both lungs (N, 2, H, W) are there, side by side, and neither dwarfs the other: bool (N,)."""
    area = masks.mean((2, 3))
    rows = masks.max(3)
    shared = rows.min(1).sum(1) / rows.sum(2).max(1).clip(1)
    return (area.min(1) > area.max(1) / 3.5) & (area.sum(1) > 0.06) & (shared > 0.5)


def _masks(images: Tensor) -> np.ndarray:
    darkness = _darkness(images)
    best, found = np.zeros((len(images), 2)), np.zeros((len(images), 2, SIZE, SIZE), bool)
    for level in LEVELS:
        labels, count = ndimage.label(darkness < level, structure=IN_PLANE)
        if count:
            image, side, score = _candidates(labels, count)
            for region in np.flatnonzero(score):
                at = image[region], side[region]
                if score[region] > best[at]:
                    best[at], found[at] = score[region], labels[image[region]] == region + 1
    return found


def _darkness(images: Tensor) -> np.ndarray:
    """Deviation from the local mean in local deviations, ribs bridged: (N, 128, 128), lungs below zero."""
    x = (
        F.interpolate(images, size=(SIZE, SIZE), mode="bilinear", antialias=True)
        if images.shape[-1] != SIZE
        else images
    )
    coarse = F.avg_pool2d(x, 4), F.avg_pool2d(x.square(), 4)
    mean, square = (torch.from_numpy(ndimage.gaussian_filter(c.numpy(), (0, 0, 6, 6), mode="nearest")) for c in coarse)
    mean, deviation = (
        F.interpolate(c, size=(SIZE, SIZE), mode="bilinear") for c in (mean, (square - mean**2).clamp(min=0).sqrt())
    )
    smooth = torch.from_numpy(ndimage.gaussian_filter(x.numpy(), (0, 0, 1.5, 1.5)))
    return _closed((smooth - mean) / (deviation + 0.02))[:, 0].numpy()


def _closed(x: Tensor) -> Tensor:
    """Grey closing by an octagon 5 wide: threads of dark between bright are cut, as opening dark regions would."""

    def dilated(y: Tensor) -> Tensor:
        y = F.max_pool2d(y, 3, 1, 1)
        return torch.maximum(F.max_pool2d(y, (3, 1), 1, (1, 0)), F.max_pool2d(y, (1, 3), 1, (0, 1)))

    return -dilated(-dilated(x))


def _candidates(labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each region: the image it is in, the side it is on, and how much of a lung it is, 0 where it cannot be one."""
    boxes = ndimage.find_objects(labels)
    image = np.array([box[0].start for box in boxes])
    height, width = (np.array([box[i].stop - box[i].start for box in boxes]) / SIZE for i in (1, 2))
    where = np.nonzero(labels)
    of, (rows, columns) = labels[where] - 1, where[1:]

    def total(weights: np.ndarray) -> np.ndarray:
        return np.bincount(of, weights, minlength=count)

    pixels = total(np.ones(len(of)))
    x, y, share = total(columns) / pixels / SIZE, total(rows) / pixels / SIZE, pixels / SIZE**2
    last = SIZE - 1
    at_border = total((rows == 0) | (rows == last) | (columns == 0) | (columns == last)) / SIZE
    fill = share / (height * width)
    shaped = (
        (share > 0.015) & (share < 0.22) & (width < 0.45) & (height < 0.85) & (height > 0.8 * width) & (fill > 0.42)
    )
    placed = (at_border < 0.12 * height) & (y > 0.15) & (y < 0.68) & (x > SIDES[0][0]) & (x < SIDES[1][1])
    return image, (x > SIDES[1][0]).astype(int), np.where(shaped & placed, share * fill, 0)
