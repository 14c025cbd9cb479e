"""Image files of every kind that is read, damaged at random: the same seed damages in the same way."""

import random
import zlib
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import gdcm
import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000

from causaray.imagefiles import dicom_bytes
from causaray.scan import Scan

SECRETS = ("Doe^Jane", "MRN-77")
SYNTAXES = (
    *("RLELossless", "JPEGBaselineProcess1", "JPEGExtendedProcess2_4", "JPEGLosslessProcess14"),
    *("JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEGLSNearLossless", "JPEG2000Lossless", "JPEG2000"),
)
EIGHT_BITS = ("JPEGBaselineProcess1",)
PNG = b"\x89PNG\r\n\x1a\n"
EXTREMES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\x7f\0\0", b"\0\0\0\x80")
HEADER = 1200
"""Half of the damage is done within the first so many bytes, where the structure of a file is."""


def originals(height: int = 40, width: int = 56) -> dict[str, bytes]:
    """DICOM files in each transfer syntax, without preamble, and unlike their header; PNGs of 8 and 16 bits, a JPEG.

    By name; the patient is SECRETS.
    """
    pixels = _texture(height, width)
    grey = Image.fromarray((pixels * 255).astype(np.uint8))
    return {
        **_dicoms(pixels),
        "png8": _saved(grey, "PNG"),
        "png16": _saved(Image.fromarray((pixels * 65535).astype(np.uint16)), "PNG"),
        "png rgb": _saved(grey.convert("RGB"), "PNG"),
        "jpeg": _saved(grey, "JPEG"),
    }


def mutated(content: bytes, seed: int) -> bytes:
    """The content with one to sixteen faults: bytes changed, put in, left out or repeated, extreme numbers, cuts."""
    draw, spoiled = random.Random(seed), bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at = draw.randrange(min(len(spoiled), HEADER) if draw.random() < 0.5 else len(spoiled))
        _spoil(spoiled, at, draw)
        if not spoiled:
            break
    return _rechecked(spoiled) if spoiled.startswith(PNG) else bytes(spoiled)


def _rechecked(png: bytearray) -> bytes:
    """The PNG with the checksum of each chunk as it should be: else every fault would be found by its checksum."""
    at = len(PNG)
    while (end := at + 8 + int.from_bytes(png[at : at + 4], "big")) + 4 <= len(png):
        png[end : end + 4] = zlib.crc32(png[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(png)


def _spoil(content: bytearray, at: int, draw: random.Random) -> None:
    kind = draw.choices(("byte", "extreme", "out", "in", "cut", "again"), (5, 1, 1, 1, 1, 1))[0]
    if kind == "byte":
        content[at] = draw.randrange(256)
    elif kind == "extreme":
        content[at : at + 4] = draw.choice(EXTREMES)
    elif kind == "out":
        del content[at : at + draw.randrange(1, 64)]
    elif kind == "in":
        content[at:at] = draw.randbytes(draw.randrange(1, 64))
    elif kind == "cut":
        del content[at:]
    else:
        other = draw.randrange(len(content))
        content[at : at + 32] = content[other : other + 32]


def _texture(height: int, width: int) -> np.ndarray:
    shade = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
    return (shade + np.random.default_rng(0).normal(0, 0.01, shade.shape)).clip(0, 1).astype(np.float32)


def _saved(image: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def _dicoms(pixels: np.ndarray) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "scan.dcm")
        made = {}
        for bits in (8, 12):
            radiograph(pixels, bits).save_as(path)
            made[f"dicom {bits} bits"] = path.read_bytes()
            own = [name for name in SYNTAXES if (name in EIGHT_BITS) == (bits == 8)]
            made |= {name: _compressed(path, name) for name in own}
        _colour_said_to_be_grey(pixels).save_as(path)
        return made | _bare(pixels, path) | {"colour said to be grey": path.read_bytes()}


def _bare(pixels: np.ndarray, path: Path) -> dict[str, bytes]:
    """Without preamble and File Meta Information, by their encoding."""
    made = {}
    for kind, (implicit, little) in {"implicit": (True, True), "big endian": (False, False)}.items():
        dataset = radiograph(pixels, 12)
        del dataset.file_meta
        if not little:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        bare = Dataset(dataset)
        bare.save_as(path, implicit_vr=implicit, little_endian=little)
        made[f"bare {kind}"] = path.read_bytes()
    return made


def _colour_said_to_be_grey(pixels: np.ndarray) -> Dataset:
    dataset, file = radiograph(pixels, 8), BytesIO()
    Image.fromarray(np.uint8(pixels * 255)).convert("RGB").save(file, "JPEG2000", no_jp2=True)
    dataset.file_meta.TransferSyntaxUID = JPEG2000
    dataset.PixelData = encapsulate([file.getvalue()])
    return dataset


def radiograph(pixels: np.ndarray, bits: int) -> Dataset:
    scan = Scan(pixels, spacing=(0.2, 0.2), view="PA")
    dataset = dcmread(BytesIO(dicom_bytes(scan, derived_from=scan, description="for fuzzing", seed=0)))
    dataset.PatientName, dataset.PatientID = SECRETS
    dataset.Modality = "DX"
    if bits == 8:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.WindowCenter, dataset.WindowWidth = 128, 256
        dataset.PixelData = np.uint8(pixels * 255).tobytes()
    return dataset


def _compressed(path: Path, syntax: str) -> bytes:
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    out = path.with_name(syntax)
    writer.SetFileName(str(out))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return out.read_bytes()
