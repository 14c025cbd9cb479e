"""What goes with a release: one version, whom to cite, licences, forms."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import causaray
from causaray import weightfiles
from causaray.systems import systems

ROOT = Path(__file__).parents[2]


def test_the_version_is_told_by_the_last_tag():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"] and project["project"]["dynamic"] == ["version"]
    assert any(need.startswith("setuptools-scm") for need in project["build-system"]["requires"])
    last = project["tool"]["setuptools_scm"]["fallback_version"]
    assert re.match(r"\d+\.\d+", causaray.__version__)
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == last
    assert f"## {last}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_paper_is_cited_with_its_authors():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["references"]
    papers = {one["url"].rpartition("/")[2]: one for one in cited}
    for system in (one for one in systems() if one.arxiv):
        paper = papers[system.arxiv]
        assert all(author["family-names"] for author in paper["authors"])


def test_all_that_ships_says_its_licence():
    assert weightfiles.shipped()
    for folder in weightfiles.shipped():
        assert weightfiles.licence(folder) == "Apache-2.0", folder.name
    demo = ROOT / "src" / "causaray" / "app" / "demo"
    told = (demo / "README.md").read_text(encoding="utf-8")
    assert all(f"`{file.name}`" in told for file in demo.glob("*.jpg"))


@pytest.mark.parametrize("form", ["fault", "edit", "idea"])
def test_forms_ask_for_no_patient(form):
    told = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(told)
    *asked, last = told["body"]
    assert last["id"] == "nobody" and last["attributes"]["options"][0]["required"]
    assert any(one.get("validations", {}).get("required") for one in asked)
    ids = [one["id"] for one in told["body"]]
    assert len(ids) == len(set(ids))


def test_the_rules_are_there_and_lead_nowhere_that_is_not():
    for name in ("SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE"):
        assert (ROOT / name).is_file()
    assert "How to report a problem" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
