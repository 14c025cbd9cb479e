"""The command itself, in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from web_server import client, until

from causaray.app.verbs.serve import serve
from causaray.errors import BadInput

COMMAND = ("-c", "import sys; from causaray.app.cli import main; sys.exit(main())", "serve", "--port", "0")


@pytest.fixture
def command(editor_folder, tmp_path):
    """Starts `causaray serve` with options; gives the process, and what it says until its address is known."""
    started = []

    def start(*options: str, **environment: str):
        process = subprocess.Popen(
            [sys.executable, *COMMAND, "--weights", str(editor_folder), "--no-page", *options],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path), **environment},
        )  # fmt: skip
        started.append(process)
        return process, re.search(r"at http://\S+:(\d+);", process.stderr.readline())[1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_is_there_before_torch_is_and_ends_in_order(command, tmp_path):
    process, port = command()
    with client(f"http://127.0.0.1:{port}") as web:
        assert web.get("/v1/health").json()["status"] == "loading"
        until(lambda: web.get("/v1/health").json()["status"] == "ready")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) != 0
    said = process.stderr.read()
    assert "GET /v1/health 200" in said and "?" not in said
    assert not list(tmp_path.iterdir())


def test_away_from_loopback_it_makes_a_token_and_says_so_once(command):
    process, port = command("--host", "0.0.0.0")
    token = re.fullmatch(r"Token: (\S{43})\n", process.stderr.readline())[1]
    with client(f"http://127.0.0.1:{port}") as web:
        assert web.get("/v1/findings").status_code == 401
        assert web.get("/v1/findings", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    process.terminate()
    assert token not in process.stderr.read()


def test_a_token_of_the_environment_is_not_said(command):
    process, port = command("--host", "0.0.0.0", CAUSARAY_TOKEN="correct-horse-battery")
    with client(f"http://127.0.0.1:{port}") as web:
        assert web.get("/v1/findings", headers={"Authorization": "Bearer correct-horse-battery"}).status_code == 200
    time.sleep(0.1)
    process.terminate()
    assert "correct-horse" not in process.stderr.read()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weights": "cxr-99"}, "no weights called cxr-99"),
        ({"weights": "judge-224"}, "no weights of an editor"),
        ({"token": "short"}, "shorter than 16"),
        ({"port": 70000}, "not between 0 and 65535"),
        ({"queue": 0}, "queue"),
        ({"max_upload_mib": 0}, "upload"),
    ],
)
def test_what_cannot_be_served(wrong, said, editor_folder):
    with pytest.raises(BadInput, match=said):
        serve(**{"weights": editor_folder, "page": False, **wrong})
