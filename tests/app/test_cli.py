import errno
import json
import os
import subprocess
import sys
import time
from functools import wraps

import pytest
from PIL import Image

from causaray import __version__
from causaray.app import cli
from causaray.app.cli import main
from causaray.app.verbs.generate import Generated, generate
from causaray.app.verbs.info import info
from causaray.findings import parse_prompt

VERBS = ("demo", "edit", "generate", "train", "prepare", "info", "weights")


def test_help_names_every_verb_and_loads_nothing_heavy():
    code = (
        "import sys; from causaray.app.cli import main; main(['--help']); "
        "assert not {'torch', 'pandas', 'numpy', 'rich.progress'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f"\n  {verb} " in done.stdout for verb in VERBS)


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["edit", "x.png"], "--prompt"),
        (["edit", "--prompt", "pneumonia"], "inputs"),
        (["edit", "x.png", "--prompt", "pneumonia", "--strength", "2"], "--strength"),
        (["edit", "x.png", "--prompt", "pneumonia", "--seed", "one"], "--seed"),
        (["edit", "x.png", "--colour"], "--colour"),
        (["paint"], "paint"),
    ],
)
def test_misuse_is_one_sentence(arguments, part, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and part in said.err


def run_with(error: BaseException, monkeypatch, capsys) -> tuple[int, str]:
    @wraps(info)
    def verb(*_, **__):
        raise error

    monkeypatch.setattr("causaray.app.verbs.info.info", verb)
    code = main(["info"])
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return code, said.err


def test_ctrl_c(monkeypatch, capsys):
    code, said = run_with(KeyboardInterrupt(), monkeypatch, capsys)
    assert code == 130 and "Stopped" in said


def test_a_full_disk(monkeypatch, capsys):
    code, said = run_with(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), monkeypatch, capsys)
    assert code == 2 and "disk is full" in said


def test_our_fault(monkeypatch, capsys):
    monkeypatch.delenv("CAUSARAY_DEBUG", raising=False)
    code, said = run_with(ZeroDivisionError("oh"), monkeypatch, capsys)
    assert code == 1 and "ZeroDivisionError: oh" in said and "CAUSARAY_DEBUG" in said


def test_our_fault_with_its_traceback(monkeypatch):
    monkeypatch.setenv("CAUSARAY_DEBUG", "1")
    monkeypatch.setattr(cli, "app", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["info"])


def test_json_stands_alone_on_standard_output(monkeypatch, capsys):
    @wraps(generate)
    def noisy(*_, **__):
        print("a library greets")
        return Generated((), parse_prompt("pneumonia"), "tiny", "0", 0, ())

    monkeypatch.setattr("causaray.app.verbs.generate.generate", noisy)
    assert main(["generate", "--prompt", "pneumonia", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["request"] == "pneumonia"


def test_every_verb_is_a_function_of_the_package():
    import causaray

    assert all(callable(getattr(causaray, verb)) for verb in VERBS)
    assert set(causaray.__all__) <= set(dir(causaray))
    with pytest.raises(AttributeError, match="paint"):
        _ = causaray.paint


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES])
def test_what_the_file_system_refuses_is_named(number, monkeypatch, capsys):
    code, said = run_with(OSError(number, "refused", "film.png"), monkeypatch, capsys)
    assert code == 2 and "film.png" in said


def test_a_name_of_several_lines_is_told_in_one(capsys):
    assert main(["info", "a\nb\udcff.png"]) == 2
    assert capsys.readouterr().err.startswith("causaray: a\\nb\\udcff.png does not exist;")


def test_what_is_terminated_leaves_nothing_half_written(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(400):
        Image.linear_gradient("L").save(tmp_path / "in" / f"{number}.png")
    code = "import sys; from causaray.app.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "prepare", str(tmp_path / "in"), "--out", str(tmp_path / "new" / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while running.poll() is None and not list(tmp_path.glob("new/.out-*/out/pixels.npy")):
            time.sleep(0.01)
        running.terminate()
        assert "Stopped" in running.stderr.read()
    assert running.returncode == 130 and [path.name for path in tmp_path.iterdir()] == ["in"]
