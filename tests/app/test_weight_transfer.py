"""Weights out in the layout of hubs, and in again from a folder and from a mirror."""

import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from safetensors.numpy import load_file

import causaray
from causaray import weightfiles
from causaray.app.cli import main
from causaray.errors import BadInput


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said) -> None:
        """Nothing."""


@pytest.fixture
def exported(editor_folder, tmp_path):
    return causaray.weights_export(editor_folder, tmp_path / "out" / "tiny")


@pytest.fixture
def mirror(exported):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(exported.parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tiny"
    server.shutdown()
    server.server_close()


def files(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_what_is_exported_is_what_a_hub_reads(editor_folder, exported):
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard.load(exported / "README.md")
    assert (card.data.license, card.data.library_name) == ("apache-2.0", "causaray")
    assert card.data.pipeline_tag == "image-to-image" and "chest-radiograph" in card.data.tags
    assert card.text.strip() == "# tiny"
    assert (exported / "config.json").read_bytes() == (editor_folder / "config.json").read_bytes()
    assert json.loads((exported / "config.json").read_text())["name"] == "tiny"
    assert set(load_file(exported / "model.safetensors")) == set(load_file(editor_folder / "model.safetensors"))
    assert {line.split()[1] for line in (exported / "SHA256SUMS").read_text().splitlines()} == (
        set(files(exported)) - {"SHA256SUMS"}
    )


def test_it_comes_back_from_a_folder_and_from_a_mirror_and_edits(exported, mirror, png, judge, tmp_path):
    digest = weightfiles.digest(exported)
    local = causaray.weights_fetch(exported, tmp_path / "a", digest=digest.upper())
    assert main(["weights", "fetch", mirror, "--out", str(tmp_path / "b")]) == 0
    assert files(local) == files(tmp_path / "b") == files(exported)
    assert causaray.edit(png, "pneumonia", weights=tmp_path / "b")[0].digest == digest


def test_what_shipped_with_parts_in_folders_is_whole(tmp_path):
    prior = weightfiles.SHIPPED / "prior-128"
    if not (prior / "autoencoder").is_dir():
        pytest.skip("prior-128 is not there")
    made = causaray.weights_fetch(causaray.weights_export("prior-128", tmp_path / "a"), tmp_path / "b")
    kept = files(prior)
    assert {name: files(made)[name] for name in kept if name != "README.md"} == (
        {name: data for name, data in kept.items() if name != "README.md"}
    )


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "config.json").write_text("{}"), "not as its SHA256SUMS says"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS of .* cannot be read"),
        (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors of .* cannot be read"),
        (lambda folder: (folder / "SHA256SUMS").write_text(f"{'0' * 64}  ../../x.json\n"), "is no list"),
        (lambda folder: (folder / "SHA256SUMS").write_text(f"{'0' * 64}  model.pt\n"), "model.pt, which is not taken"),
        (lambda folder: (folder / "SHA256SUMS").write_text("hello\n"), "is no list"),
    ],
)
def test_what_is_wrong_leaves_nothing_behind(exported, mirror, tmp_path, spoil, sentence):
    spoil(exported)
    for source in (exported, mirror):
        with pytest.raises(BadInput, match=sentence):
            causaray.weights_fetch(source, tmp_path / "made" / "tiny")
    assert list((tmp_path / "made").iterdir()) == []


def test_no_other_server_is_asked(mirror, tmp_path):
    class Elsewhere(Quiet):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{mirror}/{self.path.rpartition('/')[2]}")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(BadInput, match="leads to another server, 127"):
        causaray.weights_fetch(f"http://127.0.0.1:{server.server_port}/tiny", tmp_path / "made")
    server.shutdown()
    server.server_close()
    assert not (tmp_path / "made").exists()


def test_another_digest_and_a_folder_that_is_there(exported, tmp_path):
    with pytest.raises(BadInput, match="has the digest"):
        causaray.weights_fetch(exported, tmp_path / "a", digest="0" * 64)
    for call in (causaray.weights_fetch, causaray.weights_export):
        with pytest.raises(BadInput, match="is there already"):
            call(exported, tmp_path)
    with pytest.raises(BadInput, match="There are no weights called nothing"):
        causaray.weights_export("nothing", tmp_path / "a")
    assert not (tmp_path / "a").exists()
