"""The values that a DICOM image stores. What its pixel data says of itself is held against its header first."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from pydicom import Dataset, FileDataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, JPEGExtended12Bit, RLELossless

from causaray.errors import BadInput
from causaray.imagefiles.dicom.codestream import Codestream
from causaray.imagefiles.dicom.dataset import ITEM
from causaray.imagefiles.grey import COLOUR_TOLERANCE, grey_from_colour

_GREY = ("MONOCHROME1", "MONOCHROME2")
_OF_THE_RANGE = ("WindowCenter", "WindowWidth", "VOILUTSequence")
_PADDED = 16
"""An image of run lengths may have fewer pixels than so many too much."""
_EXCESS = 1024
"""So many bytes, or two rows, may lie behind uncompressed pixels: writers fill up blocks."""


def decoded(header: FileDataset, name: object) -> np.ndarray:
    """The stored values, integers (H, W), or (H, W, 3) of a colour image.

    Compressed data is decoded as it is: where it has other components or another precision than `header` says, the
    header is set right. Grey stored as three equal components and said to be grey is taken for that.

    Raises:
        BadInput: the data is damaged, of a kind that is not read, or too unlike the header to be sure of its meaning;
            the sentence begins with `name`.
    """
    photometric, said = header.PhotometricInterpretation, _layout(header)
    if _is_encapsulated(header):
        _follow_stream(header, name)
    else:
        _follow_length(header, name)
    _match_photometric(header, name)
    stored = _values(header, name)
    # Decoders need the stream's own precision; of its bits, those that the header says hold the value.
    if said[0] >= header.BitsAllocated:
        header.BitsStored, header.HighBit = map(min, said[1:], _layout(header)[1:])
    return stored if stored.ndim == 2 else _without_colour(stored, header, photometric, name)


def _layout(header: Dataset) -> tuple[int, int, int]:
    """BitsAllocated, BitsStored, of which there are no more than that, and HighBit."""
    allocated = header.BitsAllocated
    stored = header.BitsStored = min(header.BitsStored, allocated)
    return allocated, stored, header.get("HighBit") or stored - 1


def _match_photometric(header: Dataset, name: object) -> None:
    """Have as many components said by the photometric interpretation as there are."""
    if header.SamplesPerPixel not in (1, 3):
        raise BadInput(f"{name} holds {header.SamplesPerPixel} values a pixel, where a grey radiograph was expected.")
    if (header.SamplesPerPixel == 1) != (header.PhotometricInterpretation in (*_GREY, "PALETTE COLOR")):
        _set_components(header, header.SamplesPerPixel)
    elif header.SamplesPerPixel == 3:
        header.setdefault("PlanarConfiguration", 0)


def _without_colour(stored: np.ndarray, header: Dataset, photometric: str, name: object) -> np.ndarray:
    """Of (H, W, 3) values the one component that tells all, (H, W), where that is plain: else the values themselves.

    It is plain where the two components of colour say none, and where three that are said to be grey are equal. Raises
    BadInput where these are not.
    """
    full = 2**header.BitsStored - 1
    brightness, *colours = (stored[..., i] for i in range(3))
    if all(np.abs(colour - (full + 1) / 2).mean() <= COLOUR_TOLERANCE * full for colour in colours):
        grey = brightness
    elif photometric in _GREY:
        grey = np.rint(grey_from_colour(stored, full, name) * np.float32(full)).astype(stored.dtype)
    else:
        return stored
    _set_components(header, 1)
    header.PhotometricInterpretation = photometric if photometric in _GREY else "MONOCHROME2"
    return grey


def _is_encapsulated(header: FileDataset) -> bool:
    """Whether the pixel data lies in fragments; the transfer syntax may be unknown, or say something else."""
    syntax, data = header.file_meta.TransferSyntaxUID, header.PixelData
    fragments = data.startswith(ITEM) and (syntax.is_encapsulated or len(data) < _plane(header))
    if syntax.is_encapsulated and not fragments:
        header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return fragments


def _follow_stream(header: FileDataset, name: object) -> None:
    """Let the header say what the compressed image says of itself. Raises BadInput where it cannot be decoded so."""
    syntax = header.file_meta.TransferSyntaxUID
    with _damage(header, name):
        frame = get_frame(header.PixelData, 0, number_of_frames=1)
    stream = Codestream.of(frame) or (Codestream.of_rle(frame) if syntax == RLELossless else None)
    if stream is None:
        if _is_read(header):
            raise _damaged(header, name)
        raise BadInput(f"{name} holds pixel data ({syntax.name}) of a kind that is not read; store it uncompressed.")
    if syntax not in stream.syntaxes:
        header.file_meta.TransferSyntaxUID = stream.syntaxes[0]
    size = header.Rows, header.Columns
    if stream.size not in (None, size):
        raise BadInput(f"{name} holds an image of {_by(stream.size)} pixels, where its header says {_by(size)}.")
    if stream.pixels is not None and not 0 <= stream.pixels - size[0] * size[1] < _PADDED:
        fault = "is cut short, or not as its header says: it"
        raise BadInput(f"{name} {fault} holds {stream.pixels} pixels, where {_by(size)} were expected.")
    if stream.precision > 16:
        raise BadInput(f"{name} stores {stream.precision} bits a pixel, where 8 or 16 were expected.")
    if stream.components != header.SamplesPerPixel:
        _set_components(header, stream.components)
    _set_precision(header, stream.precision)


def _plane(header: Dataset) -> int:
    """Bytes of one uncompressed component."""
    return header.Rows * header.Columns * header.BitsAllocated // 8


def _set_components(header: Dataset, components: int) -> None:
    header.SamplesPerPixel = components
    header.PhotometricInterpretation = "MONOCHROME2" if components == 1 else "RGB"
    header.PlanarConfiguration = 0


def _set_precision(header: Dataset, bits: int) -> None:
    if bits <= 8 < header.BitsStored:  # what is said of 12 bits is not of these values
        for keyword in _OF_THE_RANGE:
            header.pop(keyword, None)
    header.BitsAllocated, header.BitsStored = 8 if bits <= 8 else 16, bits
    header.HighBit = bits - 1


def _follow_length(header: FileDataset, name: object) -> None:
    """Hold uncompressed data against the header by its length. Raises BadInput where it is that of another image."""
    plane, length = _plane(header), len(header.PixelData)
    wanted = plane * (2 if header.PhotometricInterpretation == "YBR_FULL_422" else header.SamplesPerPixel)
    if wanted <= length <= wanted + max(_EXCESS, 2 * wanted // header.Rows):
        return
    if header.SamplesPerPixel == 3 and plane <= length <= plane + 1:
        _set_components(header, 1)
    elif header.SamplesPerPixel == 1 and 3 * plane <= length <= 3 * plane + 1 and (axis := _equal_along(header)):
        _set_components(header, 3)
        header.PlanarConfiguration = 2 - axis
    else:
        fault = "is cut short, or not as its header says" if length < wanted else "is not as its header says"
        raise BadInput(f"{name} {fault}: it holds {length} bytes of pixels, where {wanted} were expected.")


def _equal_along(header: Dataset) -> int:
    """Of three values a pixel: 2 where those that lie beside each other are equal, 1 where three planes are, else 0."""
    depth = header.BitsAllocated // 8
    values = np.frombuffer(header.PixelData, f"u{depth}")[: 3 * header.Rows * header.Columns]
    for axis, three in ((2, values.reshape(-1, 3).T), (1, values.reshape(3, -1))):
        if np.array_equal(three[0], three[1]) and np.array_equal(three[0], three[2]):
            return axis
    return 0


def _values(header: FileDataset, name: object) -> np.ndarray:
    with _damage(header, name):
        if header.file_meta.TransferSyntaxUID == JPEGExtended12Bit and header.BitsStored > 8:
            return _jpeg_12_bit(header)
        # pydicom knows no HighBit: of uncompressed cells all bits are given.
        return pixel_array(header, correct_unused_bits=header.file_meta.TransferSyntaxUID.is_encapsulated)


def _jpeg_12_bit(header: Dataset) -> np.ndarray:
    """GDCM decodes this syntax, but pydicom's plugin for it does not ask it to."""
    import gdcm

    fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
    fragment.SetByteStringValue(get_frame(header.PixelData, 0, number_of_frames=1))
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((header.Columns, header.Rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    bits, signed = header.BitsStored, header.PixelRepresentation
    image.SetPixelFormat(gdcm.PixelFormat(1, header.BitsAllocated, bits, bits - 1, signed))
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(buffer, "<i2" if signed else "<u2").reshape(header.Rows, header.Columns)


@contextmanager
def _damage(header: FileDataset, name: object) -> Iterator[None]:
    """pydicom and the decoders meet damage with many exceptions."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        raise _damaged(header, name) from error


def _damaged(header: FileDataset, name: object) -> BadInput:
    kind = header.file_meta.TransferSyntaxUID.name
    return BadInput(f"{name} holds pixel data ({kind}) that cannot be decoded, so the file is cut short or damaged.")


def _is_read(header: FileDataset) -> bool:
    try:
        return get_decoder(header.file_meta.TransferSyntaxUID).is_available
    except NotImplementedError:
        return False


def _by(size: tuple[int, int]) -> str:
    return f"{size[1]} x {size[0]}"
