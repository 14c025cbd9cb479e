"""Cohorts in shards: the same bytes however they are made, gone on with after any end, opened without being read."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from causaray.cohorts import Cohort, prepare, read_studies
from causaray.cohorts.sharded.prepare import prepare_shards
from causaray.cohorts.stacked import Stacked
from causaray.errors import BadInput

MakeCohort = Callable[..., Path]
N = 10


@pytest.fixture
def source(make_cohort: MakeCohort) -> Path:
    kinds = ("No Finding", "Effusion", "Edema|Effusion", "")
    split = ("", "train")
    rows = [
        {"image": f"images/{i:02}.png", "patient": f"p{i // 2}", "findings": kinds[i % 4], "split": split[i // 8]}
        for i in range(N)
    ]
    return make_cohort("made", rows)


def _cells(table: pd.DataFrame) -> list[dict[str, object]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_shards_hold_what_one_file_holds(source: Path, tmp_path: Path) -> None:
    made = prepare_shards(source, tmp_path / "out", [32, 40], jobs=1, shard_size=4)
    assert (made.shards, made.complete, made.images, made.rejected) == (3, True, N, 0)
    for size in (32, 40):
        plain, sharded = (
            prepare(source, tmp_path / f"plain{size}", size=size),
            Cohort.open(tmp_path / "out" / str(size)),
        )
        assert len(sharded) == N and sharded.name == "made" and sharded.size == size
        assert _cells(plain.table) == _cells(sharded.table)
        np.testing.assert_array_equal(plain.pixels, sharded.pixels)
        np.testing.assert_array_equal(plain.images([7, 0, 7]), sharded.images([7, 0, 7]))
        assert sharded.cards[0]["counts"] == plain.cards[0]["counts"] and sharded.study(9) == plain.study(9)
        assert len(sharded.subset(split="train")) == len(plain.subset(split="train"))


def test_splits_are_those_of_the_whole_table(source: Path, tmp_path: Path) -> None:
    prepare_shards(source, tmp_path / "out", [32], jobs=1, shard_size=3)
    studies = read_studies(source)
    table = Cohort.open(tmp_path / "out").table
    assert table["split"].tolist() == [study.split for study in studies]
    assert table["fold"].tolist() == [study.fold for study in studies]


def test_jobs_of_an_array_make_the_same_bytes(source: Path, tmp_path: Path) -> None:
    prepare_shards(source, tmp_path / "one", [32], jobs=1, shard_size=3)
    first = prepare_shards(source, tmp_path / "many", [32], jobs=1, shard_size=3, shard="1/2")
    assert not first.complete
    with pytest.raises(BadInput, match="no prepared cohort"):
        Cohort.open(tmp_path / "many")
    assert prepare_shards(source, tmp_path / "many", [32], jobs=2, shard_size=3, shard="0/2").complete
    assert contents(tmp_path / "one") == contents(tmp_path / "many")


def test_a_damaged_shard_is_made_again_and_no_other(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare_shards(source, out, [32], jobs=1, shard_size=3)
    whole, when = contents(out), (out / "shards/00000").stat().st_mtime_ns
    with (out / "shards/00001/pixels-32.npy").open("r+b") as file:
        file.seek(200)
        file.write(b"?")
    shutil.rmtree(out / "shards/00002")
    (out / "shards/.part-00002-killed").mkdir()
    prepare_shards(source, out, [32], jobs=1, shard_size=3)
    assert contents(out) == whole and (out / "shards/00000").stat().st_mtime_ns == when


KILLED = """
import sys
from causaray.cohorts.sharded import shard
from causaray.cohorts.sharded.prepare import prepare_shards
prepare_shards(sys.argv[1], sys.argv[2], [32], jobs=1, shard_size=3,
               progress=lambda done, total: done < 6 or __import__("os").kill(__import__("os").getpid(), 9))
"""


def test_killed_and_begun_again_it_is_as_if_undisturbed(source: Path, tmp_path: Path) -> None:
    prepare_shards(source, tmp_path / "one", [32], jobs=1, shard_size=3)
    ended = subprocess.run([sys.executable, "-c", KILLED, source, tmp_path / "killed"], env=_here())
    assert ended.returncode == -9 and not (tmp_path / "killed/cohort.json").exists()
    seen: list[tuple[int, int]] = []
    prepare_shards(source, tmp_path / "killed", [32], jobs=1, shard_size=3, progress=lambda *far: seen.append(far))
    assert contents(tmp_path / "one") == contents(tmp_path / "killed") and seen[-1] == (N, N)


def _here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_unreadable_images_are_listed_and_stop_nothing_but_have_a_ceiling(source: Path, tmp_path: Path) -> None:
    (source / "images/03.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match=r"1 of 10 images cannot be read, where 0 may be; .*rejected.csv says why"):
        prepare_shards(source, tmp_path / "out", [32], jobs=1, shard_size=3)
    assert not (tmp_path / "out/cohort.json").exists() and (tmp_path / "out/shards/00003").is_dir()
    made = prepare_shards(source, tmp_path / "out", [32], jobs=1, shard_size=3, max_rejected=1)
    assert (made.images, made.rejected) == (N - 1, 1)
    (row,) = pd.read_csv(tmp_path / "out/rejected.csv").to_dict("records")
    assert row["image"] == "images/03.png" and "03.png" in row["reason"]
    assert "images/03.png" not in set(Cohort.open(tmp_path / "out").table["image"])


def test_a_shard_of_which_nothing_can_be_read(source: Path, tmp_path: Path) -> None:
    for i in range(3, 6):
        (source / f"images/{i:02}.png").write_bytes(b"no image")
    prepare_shards(source, tmp_path / "out", [32], jobs=1, shard_size=3, max_rejected=3)
    cohort = Cohort.open(tmp_path / "out")
    assert len(cohort) == len(cohort.table) == len(cohort.pixels) == N - 3


def test_other_settings_are_refused_by_name(source: Path, tmp_path: Path) -> None:
    prepare_shards(source, tmp_path / "out", [32], jobs=1)
    with pytest.raises(BadInput, match="begun with another sizes"):
        prepare_shards(source, tmp_path / "out", [40], jobs=1)
    (source / "metadata.csv").write_text((source / "metadata.csv").read_text() + "images/a.png,p9,,\n")
    with pytest.raises(BadInput, match="begun with another table"):
        prepare_shards(source, tmp_path / "out", [32], jobs=1)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a").write_text("")
    with pytest.raises(BadInput, match="is there already"):
        prepare_shards(source, tmp_path / "full", [32], jobs=1)


@pytest.mark.parametrize("part", ["2/2", "a/b", "1", "1/0", "-1/2"])
def test_parts_that_are_none(source: Path, tmp_path: Path, part: str) -> None:
    with pytest.raises(BadInput, match="names no part of the work"):
        prepare_shards(source, tmp_path / "out", [32], shard=part)
    assert not (tmp_path / "out").exists()


def test_tar_files_and_addresses_are_read_as_folders_are(source: Path, tmp_path: Path) -> None:
    prepare_shards(source, tmp_path / "folder", [32], jobs=1, shard_size=4)
    prepare_shards(f"file://{source}", tmp_path / "address", [32], jobs=1, shard_size=4)
    (tmp_path / "tars").mkdir()
    table = pd.read_csv(source / "metadata.csv", dtype=str, keep_default_na=False)
    for part, name in enumerate(("a.tar", "b.tar")):
        with tarfile.open(tmp_path / "tars" / name, "w") as tar:
            for i in range(5 * part, 5 * part + 5):
                row = table.iloc[i].to_dict()
                tar.add(source / row.pop("image"), f"{i:06}.png")
                told = json.dumps(row).encode()
                about = tarfile.TarInfo(f"{i:06}.json")
                about.size = len(told)
                tar.addfile(about, io.BytesIO(told))
    prepare_shards(tmp_path / "tars", tmp_path / "tar", [32], jobs=1, shard_size=4)
    cohorts = [Cohort.open(tmp_path / name) for name in ("folder", "address", "tar")]
    for other in cohorts[1:]:
        np.testing.assert_array_equal(cohorts[0].pixels, other.pixels)
        same = ["patient", "split", "fold", "Edema", "Pleural Effusion"]
        pd.testing.assert_frame_equal(cohorts[0].table[same], other.table[same])
    assert cohorts[2].table["image"].iloc[6] == "b.tar/000006.png"
    with pytest.raises(BadInput, match="cannot be read"):
        prepare_shards("file:///nowhere/at/all", tmp_path / "none", [32], jobs=1)


def test_headers_of_dicom_files_are_kept_without_the_patient(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for i in range(3):
        _write_film(folder / f"{i}.dcm", f"patient{i}")
    prepare_shards(folder, tmp_path / "out", [32], jobs=1, shard_size=2)
    headers = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "out").rglob("headers.parquet"))])
    assert headers["image"].tolist() == ["0.dcm", "1.dcm", "2.dcm"] and set(headers["KVP"]) == {"120.0"}
    assert not any("patient" in str(cell) for cell in headers.drop(columns="image").to_numpy().ravel())
    assert Cohort.open(tmp_path / "out").table["patient"].tolist() == ["patient0", "patient1", "patient2"]


def _write_film(path: Path, patient: str) -> None:
    film = Dataset()
    film.PatientID, film.KVP, film.Modality, film.SOPClassUID = patient, "120", "DX", SecondaryCaptureImageStorage
    film.SOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    film.Rows = film.Columns = 40
    film.SamplesPerPixel, film.PhotometricInterpretation, film.PixelRepresentation = 1, "MONOCHROME2", 0
    film.BitsAllocated = film.BitsStored = 8
    film.HighBit = 7
    film.PixelData = np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8).tobytes()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    film.save_as(path, enforce_file_format=True)


def test_opening_reads_neither_table_nor_pixels(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_shards(source, tmp_path / "out", [32], jobs=1, shard_size=3)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(pd, "read_parquet", refuse)
    monkeypatch.setattr(Stacked, "_map", refuse)
    cohort = Cohort.open(tmp_path / "out")
    assert len(cohort) == N
    monkeypatch.undo()
    assert len(cohort.table) == N


def test_ray_makes_the_same_bytes_and_nothing_needs_it(source: Path, tmp_path: Path) -> None:
    assert "ray" not in sys.modules
    pytest.importorskip("ray")
    prepare_shards(source, tmp_path / "processes", [32], jobs=1, shard_size=3)
    prepare_shards(source, tmp_path / "ray", [32], jobs=2, shard_size=3, executor="ray")
    assert contents(tmp_path / "processes") == contents(tmp_path / "ray")


def test_an_executor_that_is_none(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match='no executor "slurm"'):
        prepare_shards(source, tmp_path / "out", [32], executor="slurm")
