import numpy as np
import pytest
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


def test_the_rotation_in_exif_is_ignored(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, Image.fromarray(GREY[:40]), "a.jpg", exif=exif)
    assert read_scan(path).pixels.shape == (40, 64)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_tiff(tmp_path, compression):
    path = saved(tmp_path, Image.fromarray(GREY), "a.tif", compression=compression)
    assert bands(read_scan(path).pixels) == pytest.approx(SHADES, abs=1e-6)


@pytest.mark.parametrize(
    ("brightest", "full_scale"),
    [(255, 255), (256, 1023), (1023, 1023), (4000, 4095), (4096, 16383), (16384, 65535), (65535, 65535)],
)
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_files_are_scaled_by_the_depth_they_use(tmp_path, name, brightest, full_scale):
    path = saved(tmp_path, Image.fromarray(quarters(0, 1, 100, brightest)), name)
    expected = [0, 1 / full_scale, 100 / full_scale, brightest / full_scale]
    assert bands(read_scan(path).pixels) == pytest.approx(expected, abs=1e-7)


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
def test_a_png_comes_back_to_within_half_a_step(tmp_path, bits, dtype):
    pixels = np.random.default_rng(0).random((50, 60), dtype=np.float32)
    write_png(Scan(pixels), tmp_path / "a.png", bits=bits)
    with Image.open(tmp_path / "a.png") as image:
        assert np.asarray(image).dtype == dtype
    np.testing.assert_allclose(read_scan(tmp_path / "a.png").pixels, pixels, atol=0.501 / (2**bits - 1))


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
