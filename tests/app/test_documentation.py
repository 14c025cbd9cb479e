"""What the documents promise is there, and what is there is in the documents."""

import re
from pathlib import Path

import pytest
import typer

from causaray.app.commands import app
from causaray.counterfactual import SUFFIXES
from causaray.systems import declared

ROOT = Path(__file__).parents[2]
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def verbs(group, before: str = ""):
    """Every command by what is typed, those of a group with the group's name before."""
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        yield from verbs(command, f"{before}{name} ") if inner else [(f"{before}{name}", command.known())]


COMMANDS = dict(verbs(typer.main.get_command(app)))


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_with_its_options(verb):
    (row,) = re.findall(rf"^\| `{verb}` \|.*$", FORMATS, re.MULTILINE)
    options = {name for parameter in COMMANDS[verb].params for name in parameter.opts if name.startswith("-")}
    assert set(re.findall(r"`(-[-a-z]+)`", row)) == options - {"--help"}
    assert f"| `{verb.split()[0]}` |" in README


def test_every_experiment():
    (row,) = re.findall(r"^\| `reproduce` \|.*$", FORMATS, re.MULTILINE)
    named = set(re.findall(r"[a-z0-9-]+", row[: row.index("`--recipe`")]))
    assert set(declared("experiments")) <= named


def test_every_ending_of_a_result():
    assert all(f"`patient-counterfactual{ending}`" in FORMATS for ending in SUFFIXES.values())


def test_the_readme_names_only_files_that_are_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)


def test_ci_runs_the_command_of_the_readme():
    assert "\n$ make test " in README
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text()
