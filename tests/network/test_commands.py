"""The verbs on the command line: what they print, their exit codes, and how a listener ends."""

import os
import signal
import socket
import threading
import time

import pytest

pytest.importorskip("pynetdicom")
from made_study import free_port, saved, study
from other_side import store

from causaray.app.cli import main
from causaray.app.editing import EditingPipeline


def test_send_says_what_became_of_each_file(tmp_path, server, capsys):
    pacs = server(answer=lambda event: 0xC123 if event.dataset.Modality == "CR" else 0)
    good, bad = saved(tmp_path, "good.dcm"), saved(tmp_path, "bad.dcm", Modality="CR")
    assert main(["send", str(good), "--to", pacs.address]) == 0
    assert capsys.readouterr().out == f"{good}: stored\n"
    assert main(["send", str(tmp_path), "--to", pacs.address]) == 2
    said = capsys.readouterr()
    assert said.out == f"{bad}: it cannot understand the object (status 0xC123)\n{good}: stored\n"
    assert said.err == f"causaray: 1 of 2 files were not stored by {pacs.address}; the lines above say why.\n"


def test_a_server_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["send", str(saved(tmp_path)), "--to", f"PACS@127.0.0.1:{free_port()}"]) == 2
    assert capsys.readouterr().err.startswith("causaray: PACS@127.0.0.1:")


@pytest.fixture
def stopped(tmp_path, editor_folder, judge, monkeypatch, capsys):
    """Runs `causaray listen`, sends it two radiographs, presses Ctrl-C so many times while the first is in work, and
    gives the exit code, what was printed, and how many results there are."""
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    edit, go_on, port = EditingPipeline.edit, threading.Event(), free_port()

    def press(times: int, number: int) -> None:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.05)
        monkeypatch.setattr(EditingPipeline, "edit", lambda *arguments: go_on.wait(30) and edit(*arguments))
        assert [store(study(), port), store(study(), port)] == [0, 0]
        for _ in range(times):
            time.sleep(0.5)
            os.kill(os.getpid(), number)
        time.sleep(0.5)
        go_on.set()

    def run(times: int, number: int = signal.SIGINT) -> tuple[int, str, int]:
        presses = threading.Thread(target=press, args=(times, number))
        presses.start()
        out = tmp_path / "out"
        code = main(
            ["listen", "--prompt", "pneumonia", "--port", str(port), "--out", str(out), "--weights", str(editor_folder)]
        )
        presses.join()
        assert not list(out.glob(".*"))
        return code, capsys.readouterr().err, len(list(out.glob("*.dcm")))

    yield run
    for number, handler in usual.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_when_what_was_taken_is_done(stopped, number):
    code, said, results = stopped(1, number)
    assert (code, results) == (130, 2)
    assert "2 of the radiographs taken are still to do; Ctrl-C drops those that wait.\n" in said
    assert said.endswith("causaray: Stopped; every file written so far is whole.\n")


def test_a_second_ctrl_c_drops_what_waits(stopped):
    code, said, results = stopped(2)
    assert (code, results) == (130, 1)
    assert said.endswith("causaray: Stopped; every file written so far is whole.\n")


def test_deidentify_says_that_pixels_were_not_looked_at(tmp_path, capsys):
    pytest.importorskip("dicomanonymizer")
    file = saved(tmp_path, BurnedInAnnotation="YES")
    assert main(["deidentify", str(file), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "The pixels were not searched for text: look at them before you pass them on.\n" in said
    assert said.endswith("image-0001.dcm: says of itself that text is burned in.\n")
