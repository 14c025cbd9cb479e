import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.cohorts.morphomnist import Digits, crop, pad, read_digits, split
from causaray.cohorts.morphomnist.graph import PARENTS, intensity_noise, intensity_of
from causaray.errors import BadInput


def idx(data: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{data.ndim}I", 0, 0, 8, data.ndim, *data.shape) + data.tobytes()


@pytest.fixture
def digits() -> Digits:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, 28, 28), dtype=np.uint8)
    return Digits(images, np.linspace(1, 4, 10, dtype=np.float32), np.full(10, 99, np.float32), np.arange(10))


@pytest.fixture
def published(digits: Digits, tmp_path: Path) -> Path:
    """The three files of the published layout."""
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(digits.images)))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(digits.digit.astype(np.uint8))))
    rows = [f"{i},{t},{g}" for i, (t, g) in enumerate(zip(digits.thickness, digits.intensity, strict=True))]
    (tmp_path / "t10k-morpho.csv").write_text("\n".join(["index,thickness,intensity", *rows]))
    return tmp_path


def test_the_published_files_and_an_archive_give_the_same_digits(digits: Digits, published: Path) -> None:
    np.savez(published / "a.npz", **vars(digits))
    for read in (read_digits(published, "t10k"), read_digits(published / "a.npz")):
        for key, array in vars(digits).items():
            np.testing.assert_allclose(getattr(read, key), array, rtol=1e-6)
        assert read.images.dtype == np.uint8 and read.thickness.dtype == read.intensity.dtype == np.float32


def break_magic(folder: Path) -> None:
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"\x00\x00\x0d\x03" + bytes(40)))


def break_off(folder: Path) -> None:
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-5]))


def break_gzip(folder: Path) -> None:
    path = folder / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])


def lose_file(folder: Path) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()


def lose_row(folder: Path) -> None:
    path = folder / "t10k-morpho.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))


def lose_column(folder: Path) -> None:
    path = folder / "t10k-morpho.csv"
    path.write_text(path.read_text().replace("thickness", "width"))


def lose_number(folder: Path) -> None:
    path = folder / "t10k-morpho.csv"
    path.write_text(path.read_text().replace("99.0", ""))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (break_magic, "starts with 00000d03; an IDX file of this kind with 00000803"),
        (break_off, r"holds 7851 bytes, not those of the \(10, 28, 28\)"),
        (break_gzip, "no whole gzip file"),
        (lose_file, "t10k-labels-idx1-ubyte.gz is missing"),
        (lose_row, "10 images, 9 thickness, 9 intensity, 10 digit"),
        (lose_column, "no column thickness; its columns are index, width, intensity"),
        (lose_number, "rows without intensity"),
    ],
)
def test_broken_files_are_named(published: Path, spoil, said: str) -> None:
    spoil(published)
    with pytest.raises(BadInput, match=said):
        read_digits(published, "t10k")


def test_a_broken_archive_is_named(digits: Digits, tmp_path: Path) -> None:
    (tmp_path / "no.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(BadInput, match=r"no \.npz file of digits"):
        read_digits(tmp_path / "no.npz")
    np.savez(tmp_path / "lacking.npz", images=digits.images)
    with pytest.raises(BadInput, match="no array thickness"):
        read_digits(tmp_path / "lacking.npz")
    np.savez(tmp_path / "eleven.npz", **{**vars(digits), "digit": np.arange(10) + 1})
    with pytest.raises(BadInput, match="a digit 10"):
        read_digits(tmp_path / "eleven.npz")


def test_a_fifth_is_held_out_by_the_seed_and_nothing_is_in_both(digits: Digits) -> None:
    train, held_out = split(digits)
    assert (len(train), len(held_out)) == (8, 2)
    assert sorted([*train.digit, *held_out.digit]) == list(range(10))
    assert split(digits)[1].digit.tolist() == held_out.digit.tolist() != split(digits, seed=1)[1].digit.tolist()


def test_an_observation_has_the_shapes_and_ranges_of_the_benchmark(digits: Digits) -> None:
    seen = digits.observation()
    assert {key: tuple(value.shape) for key, value in seen.items()} == {
        "image": (10, 1, 32, 32), "thickness": (10, 1), "intensity": (10, 1), "digit": (10, 10)
    }  # fmt: skip
    assert seen["image"].max() <= 1 and seen["image"][:, :, :2].max() == 0
    torch.testing.assert_close(pad(crop(seen["image"])), seen["image"])
    assert seen["digit"].argmax(1).tolist() == list(range(10))


def test_the_intensity_mechanism_is_the_published_one_and_abduction_inverts_it() -> None:
    half = intensity_of(torch.tensor([2.5, 3.0]), torch.tensor([0.0, -2.0]))
    torch.testing.assert_close(half, torch.full((2,), 64 + 191 / 2))
    torch.testing.assert_close(intensity_of(torch.tensor(3.0), torch.tensor(0.0)), torch.tensor(64 + 191 * 0.7310586))
    generator = torch.Generator().manual_seed(0)
    t, e = 1 + 3 * torch.rand(200, generator=generator), torch.randn(200, generator=generator)
    torch.testing.assert_close(intensity_noise(t, intensity_of(t, e)).float(), e, atol=1e-3, rtol=0)
    assert intensity_noise(t, torch.full_like(t, 255.0)).isfinite().all()
    assert PARENTS["intensity"] == ("thickness",)
