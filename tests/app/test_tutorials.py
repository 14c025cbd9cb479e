"""What the tutorials tell people to type does what they say; and the site is whole."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tutorial import commands, write_files

import causaray
from causaray import weightfiles

ROOT = Path(__file__).parents[2]
DEMO = Path(causaray.__file__).parent / "app" / "demo"
ELSEWHERE = "pacs"  # which needs a PACS: tests/network
TUTORIALS = [page for page in sorted((ROOT / "docs" / "tutorials").glob("*.md")) if page.stem != ELSEWHERE]
REPORT = "FINDINGS: Moderate left pleural effusion. No pneumothorax.\nIMPRESSION: Left effusion.\n"
needs_weights = pytest.mark.skipif(
    not all((weightfiles.SHIPPED / name).is_dir() for name in ("cxr-128", "judge-224", "forecast-phantom-64")),
    reason="the shipped weights are not there",
)


@needs_weights
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_every_command(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(DEMO / "adult.jpg", "film.jpg")
    Path("films").mkdir()
    for name in ("adult-2.jpg", "adult-effusion.jpg"):
        shutil.copyfile(DEMO / name, Path("films", name))
    Path("normal").mkdir()
    shutil.copyfile(DEMO / "adult-2.jpg", Path("normal", "adult-2.jpg"))
    Path("report.txt").write_text(REPORT)
    text = page.read_text(encoding="utf-8")
    write_files(text)
    done = list(commands(text))
    assert done and [command for command, code in done if code] == [], capsys.readouterr().err


def test_the_site_has_no_dead_link_and_fetches_nothing(tmp_path):
    pytest.importorskip("material")
    pytest.importorskip("mkdocstrings")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(
        build, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "moderate left pleural effusion" in index and "{{" not in index.partition("<main")[2].partition("</main")[0]
    fetched = r'<(?:script|img|iframe)[^>]*\ssrc="(?:https?:)?//|<link[^>]*\shref="(?:https?:)?//'
    pages = [page for page in (tmp_path / "site").rglob("*.html") if "results" not in page.parts]
    assert len(pages) > 40 and not [page for page in pages if re.search(fetched, page.read_text(encoding="utf-8"))]
    assert 'id="causaray.plot.grid"' in (tmp_path / "site" / "site" / "api.html").read_text(encoding="utf-8")
