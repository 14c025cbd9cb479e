import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from made_images import bands, quarters
from PIL import Image

from causaray.errors import BadInput
from causaray.imagefiles import read_scan, write_png
from causaray.scan import Scan

GREY = quarters(0, 51, 204, 255, dtype="u1")
SHADES = [0, 0.2, 0.8, 1]


def saved(tmp_path, image: Image.Image, name: str, **options):
    image.save(tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.parametrize("mode", ["L", "LA", "P", "PA", "RGB", "RGBA"])
def test_grey_however_it_is_stored(tmp_path, mode):
    name = "a.tif" if mode == "PA" else "a.png"
    scan = read_scan(saved(tmp_path, Image.fromarray(GREY).convert(mode), name))
    assert bands(scan.pixels) == pytest.approx(SHADES, abs=1e-6)
    assert scan.source == tmp_path / name
    assert (scan.spacing, scan.view, scan.patient, scan.header) == (None, None, None, None)


def test_transparency_is_ignored(tmp_path):
    image = Image.fromarray(GREY).convert("RGBA")
    image.putalpha(7)
    assert bands(read_scan(saved(tmp_path, image, "a.png")).pixels) == pytest.approx(SHADES, abs=1e-6)


def test_black_and_white(tmp_path):
    image = Image.fromarray(quarters(0, 255, 0, 255, dtype="u1")).convert("1")
    assert bands(read_scan(saved(tmp_path, image, "a.png")).pixels) == [0, 1, 0, 1]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(tmp_path, mode):
    path = saved(tmp_path, Image.fromarray(GREY).convert(mode), "a.jpg", quality=95)
    np.testing.assert_allclose(read_scan(path).pixels, GREY / 255, atol=0.06)


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""EXIF's orientation -> how an upright image was turned before it was stored so."""


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_orientation_tag_is_honoured_alike(tmp_path, name, orientation, mode):
    shade = np.add.outer(np.linspace(0, 180, 64), np.linspace(0, 70, 40)).astype("u1")
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(shade).transpose(TURNED[orientation]).convert(mode)
    options = {"quality": 95} if name == "a.jpg" else {}
    pixels = read_scan(saved(tmp_path, image, name, exif=exif, **options)).pixels
    np.testing.assert_allclose(pixels, shade / 255, atol=0.02)


def test_a_damaged_orientation_tag_says_nothing(tmp_path):
    path = saved(tmp_path, Image.fromarray(GREY), "a.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert bands(read_scan(path).pixels) == pytest.approx(SHADES, abs=1e-6)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_tiff(tmp_path, compression):
    path = saved(tmp_path, Image.fromarray(GREY), "a.tif", compression=compression)
    assert bands(read_scan(path).pixels) == pytest.approx(SHADES, abs=1e-6)


@pytest.mark.parametrize("low", [0, 300])
@pytest.mark.parametrize("brightest", [400, 1023, 4000, 4100, 65535])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_files_are_stretched_over_the_range_they_use(tmp_path, name, low, brightest):
    middle = (low + brightest) // 2
    path = saved(tmp_path, Image.fromarray(quarters(low, low + 1, middle, brightest)), name)
    expected = [0, 1 / (brightest - low), (middle - low) / (brightest - low), 1]
    assert bands(read_scan(path).pixels) == pytest.approx(expected, abs=1e-6)


CHEST = np.tile(np.linspace(0, 4095, 100).astype("u2"), (100, 1))
"""A ramp of 12 bits."""


@pytest.mark.parametrize("letter", [(1, 1), (6, 14), (14, 14)])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_bright_letter_in_16_bits_does_not_dim_the_chest(tmp_path, name, letter):
    lettered = CHEST.copy()
    lettered[: letter[0], : letter[1]] = 65535
    pixels = read_scan(saved(tmp_path, Image.fromarray(lettered), name)).pixels
    np.testing.assert_allclose(pixels[50], CHEST[50] / 4095, atol=0.02)
    assert (pixels[: letter[0], : letter[1]] == 1).all()


def deep_png(path: Path, channels: np.ndarray) -> Path:
    """Write uint16 (H, W, n) as PNG, n = 2 being grey with transparency, 3 RGB, 4 RGBA."""
    height, width, n = channels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in channels)
    head = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[n], 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    content = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path


@pytest.mark.parametrize("shades", [2, 3, 4])
@pytest.mark.parametrize("top", [255, 4095, 65535])
def test_a_png_of_several_deep_channels_keeps_its_lower_byte(tmp_path, shades, top):
    grey = np.tile(np.linspace(0, top, 256).round().astype("u2"), (64, 1))
    channels = np.stack([grey] * shades, 2)
    if shades in (2, 4):
        channels[..., -1] = np.arange(64)[:, None] * 1000
    pixels = read_scan(deep_png(tmp_path / "a.png", channels)).pixels
    np.testing.assert_allclose(pixels[0], np.linspace(0, 1, 256), atol=0.01)
    assert len(np.unique(pixels)) > 250


def test_a_bright_letter_in_48_bit_colour_does_not_dim_the_chest(tmp_path):
    lettered = CHEST.copy()
    lettered[:6, :14] = 65535
    pixels = read_scan(deep_png(tmp_path / "a.png", np.stack([lettered] * 3, 2))).pixels
    np.testing.assert_allclose(pixels[50], CHEST[50] / 4095, atol=0.02)


def test_dark_colour_in_48_bits_is_refused(tmp_path, refusal):
    hue = np.stack([CHEST, CHEST.T, CHEST[::-1, ::-1]], 2)
    assert "colour image" in refusal(deep_png(tmp_path / "a.png", hue))


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_tiff_of_48_bits_keeps_its_lower_byte(tmp_path, byteorder, compression):
    colour = np.stack([CHEST] * 3, 2)
    tifffile.imwrite(tmp_path / "a.tif", colour, byteorder=byteorder, photometric="rgb", compression=compression)
    pixels = read_scan(tmp_path / "a.tif").pixels
    np.testing.assert_allclose(pixels, CHEST / 4095, atol=0.01)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_tiff_in_which_zero_is_white(tmp_path, dtype):
    top = np.iinfo(dtype).max
    image = Image.fromarray(quarters(0, top // 5, top // 5 * 4, top, dtype=dtype))
    path = saved(tmp_path, image, "a.tif")
    inverse = image if dtype == "u2" else Image.fromarray(255 - np.asarray(image))
    white_is_zero = saved(tmp_path, inverse, "w.tif", tiffinfo={262: 0})
    if dtype == "u1":
        np.testing.assert_array_equal(read_scan(white_is_zero).pixels, read_scan(path).pixels[:, ::-1])
    assert bands(read_scan(white_is_zero).pixels) == pytest.approx([1, 0.8, 0.2, 0], abs=1e-6)


KINDS = {"u1": CHEST // 16, "u2": CHEST, "f4": CHEST / 4095}


@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("dtype", KINDS)
def test_tiffs_of_every_order_and_offset(tmp_path, refusal, dtype, byteorder, big, white_is_zero):
    values = KINDS[dtype].astype(dtype)
    stored = values.max() - values if white_is_zero else values
    photometric = "miniswhite" if white_is_zero else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", stored, byteorder=byteorder, bigtiff=big, photometric=photometric)
    if big and byteorder == ">":  # Pillow looks for another beginning
        assert "a TIFF of the kind BigTIFF in big-endian order, which is not read" in refusal(tmp_path / "a.tif")
    else:
        np.testing.assert_allclose(read_scan(tmp_path / "a.tif").pixels, CHEST / 4095, atol=0.01)


@pytest.mark.parametrize(
    ("dtype", "photometric", "said"),
    [
        ("f8", "minisblack", "64-bit floating-point grey,"),
        ("f2", "miniswhite", "16-bit floating-point grey in which zero is white,"),
        ("i2", "miniswhite", "16-bit signed grey in which zero is white,"),
        ("u8", "minisblack", "64-bit unsigned grey,"),
    ],
)
def test_a_tiff_of_another_kind_is_refused_by_its_name(tmp_path, refusal, dtype, photometric, said):
    tifffile.imwrite(tmp_path / "a.tif", CHEST.astype(dtype), photometric=photometric)
    assert f"is a TIFF of {said} which is not read" in refusal(tmp_path / "a.tif")


def test_ycbcr_tiffs_are_read_from_jpeg_and_refused_bare(tmp_path, refusal):
    image = Image.fromarray(np.stack([GREY] * 3, 2)).convert("YCbCr")
    jpeg = saved(tmp_path, image, "jpeg.tif", compression="jpeg")
    np.testing.assert_allclose(read_scan(jpeg).pixels, GREY / 255, atol=0.1)
    assert "a TIFF of YCbCr colour that is not compressed by JPEG" in refusal(saved(tmp_path, image, "bare.tif"))


def test_deep_colour_plane_by_plane_is_refused_by_its_name(tmp_path, refusal):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([CHEST] * 3), photometric="rgb", planarconfig="separate")
    assert "16-bit unsigned RGB, plane by plane" in refusal(tmp_path / "a.tif")


def test_float_tiff_is_taken_as_it_is(tmp_path):
    pixels = (GREY / 255).astype("f4")
    np.testing.assert_array_equal(read_scan(saved(tmp_path, Image.fromarray(pixels), "a.tif")).pixels, pixels)


@pytest.mark.parametrize(("value", "said"), [(np.nan, "NaN"), (np.inf, "infinite"), (7, "to 7"), (-1, "from -1")])
def test_float_tiff_out_of_range_is_refused(tmp_path, refusal, value, said):
    pixels = (GREY / 255).astype("f4")
    pixels[1, 1] = value
    assert said in refusal(saved(tmp_path, Image.fromarray(pixels), "a.tif"))


@pytest.mark.parametrize("value", [-1, 70000])
def test_integers_beyond_16_bits_are_refused(tmp_path, refusal, value):
    path = saved(tmp_path, Image.fromarray(quarters(0, 1, 2, value, dtype="i4")), "a.tif")
    assert "0 to 65535 was expected" in refusal(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_colour_photograph_is_refused(tmp_path, refusal, name):
    hue = np.stack([GREY, GREY.T, GREY[::-1, ::-1]], axis=2) // 4 + 90
    assert "colour image" in refusal(saved(tmp_path, Image.fromarray(hue), name))


def test_a_dull_colour_is_refused(tmp_path, refusal):
    dull = np.stack([GREY // 2 + 10, GREY // 2 + 5, GREY // 2], axis=2)
    assert "colour image" in refusal(saved(tmp_path, Image.fromarray(dull), "a.png"))


def test_a_slight_cast_is_still_grey(tmp_path):
    cast = np.stack([GREY, GREY, np.minimum(GREY, 252)], axis=2)
    assert read_scan(saved(tmp_path, Image.fromarray(cast), "a.png")).pixels.max() > 0.99


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_several_pages_are_refused(tmp_path, refusal, name):
    other = Image.fromarray(GREY[::-1, ::-1])
    path = saved(tmp_path, Image.fromarray(GREY), name, save_all=True, append_images=[other])
    assert "holds 2 pages" in refusal(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
def test_a_file_cut_short_is_refused(tmp_path, refusal, name, share):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut short" in refusal(path)


def test_blank_and_small_images_are_refused(tmp_path, refusal):
    assert "all one value" in refusal(saved(tmp_path, Image.new("L", (64, 64)), "a.png"))
    assert "is 20 x 64 pixels" in refusal(saved(tmp_path, Image.fromarray(GREY[:, 40:60]), "b.png"))


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
def test_a_png_is_written_to_within_half_a_step(tmp_path, bits, dtype):
    pixels = np.random.default_rng(0).random((50, 60), dtype=np.float32)
    write_png(Scan(pixels), tmp_path / "a.png", bits=bits)
    with Image.open(tmp_path / "a.png") as image:
        stored = np.asarray(image)
    assert stored.dtype == dtype
    np.testing.assert_allclose(stored / (2**bits - 1), pixels, atol=0.501 / (2**bits - 1))


def test_an_8_bit_png_comes_back_to_within_half_a_step(tmp_path):
    pixels = np.random.default_rng(0).random((50, 60), dtype=np.float32)
    write_png(Scan(pixels), tmp_path / "a.png")
    np.testing.assert_allclose(read_scan(tmp_path / "a.png").pixels, pixels, atol=0.501 / 255)


def test_the_same_scan_gives_the_same_bytes(tmp_path):
    scan = Scan((GREY / 255).astype("f4"))
    write_png(scan, tmp_path / "a.png")
    write_png(scan, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_what_cannot_be_written_is_refused(tmp_path):
    scan = Scan((GREY / 255).astype("f4"))
    with pytest.raises(BadInput, match="12 bits"):
        write_png(scan, tmp_path / "a.png", bits=12)
    with pytest.raises(BadInput, match=r"gone/a\.png cannot be written"):
        write_png(scan, tmp_path / "gone" / "a.png")
    assert not list(tmp_path.iterdir())
