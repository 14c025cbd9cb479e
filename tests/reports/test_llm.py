import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from chat_server import EFFUSION, ChatServer, answer, says, serving

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.reports.llm import LanguageModel
from causaray.reports.reading import Mention
from causaray.vocabulary import NAMES

pytest.importorskip("openai", reason="language models need the extra `llm`")

KEY = "sk-secret-4711"
REPORT = (
    "INDICATION: Rule out pleural effusion.\n"
    "FINDINGS: Small left pleural effusion, new. No pneumothorax.\n"
    "Chest tube in place. Nodule of 8 mm in the right\n  upper lobe.\n"
    "IMPRESSION: Small left pleural effusion."
)
GOOD = answer(EFFUSION)


def model(server: ChatServer, **settings: Any) -> LanguageModel:
    return LanguageModel(server.url, "m", **{"timeout": 5, "retries": 1} | settings)


def said(**other: Any) -> dict[str, Any]:
    return EFFUSION | {"severity": None, "side": None, "change": None} | other


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("CAUSARAY_LLM_KEY", KEY)


# what is asked and what is read


def test_a_report_is_read():
    tube = said(quote="Chest tube", finding="Support Devices", device="Chest Tubes")
    nodule = said(quote="nodule of 8 mm in the right upper lobe", finding="nodules", size_mm=8, side="right")
    none = said(quote="No pneumothorax", finding="Pneumothorax", state="absent", device="chest tube")
    with serving(answer(nodule, EFFUSION, none, tube, EFFUSION)) as server:
        reading = model(server)(REPORT)
    assert [(REPORT[m.start : m.end], m.section) for m in reading.mentions] == [
        ("pleural effusion", "findings"),
        ("No pneumothorax", "findings"),
        ("Chest tube", "findings"),
        ("Nodule of 8 mm in the right\n  upper lobe", "findings"),
        ("pleural effusion", "impression"),
    ]
    assert reading.mentions[0].finding == Finding("Pleural Effusion", severity="mild", side="left")
    assert reading.mentions[0].change == "new"
    assert [m.device for m in reading.mentions] == [None, None, "chest tube", None, None]
    assert reading.mentions[3].size_mm == 8.0
    assert reading.text == REPORT
    assert [part.name for part in reading.sections] == ["indication", "findings", "impression"]


def test_a_word_may_go_on_but_not_begin_earlier():
    with serving(answer(said(quote="Pleural effusion"))) as server:
        [mention] = model(server)("Hydropleural effusion? Small pleural  effusions.").mentions
    assert (mention.start, mention.end) == (29, 47)


def test_the_request_is_strict_and_bare(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "other")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gate: other\nAuthorization: other")
    with serving(GOOD) as server:
        model(server)(REPORT)
    [request] = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert "other" not in request.headers.values()
    assert not any(name.lower().startswith(("x-", "openai-")) for name in request.headers)
    schema = request.body["response_format"]["json_schema"]
    assert schema["strict"] is True
    mention = schema["schema"]["$defs"]["Said"]
    assert mention["additionalProperties"] is False
    assert set(mention["required"]) == set(mention["properties"]) == set(EFFUSION)
    assert mention["properties"]["finding"]["enum"] == list(NAMES)
    assert request.body["messages"][1] == {"role": "user", "content": REPORT}
    assert request.body["temperature"] == 0


def test_the_temperature_may_be_left_out():
    with serving(GOOD) as server:
        model(server, temperature=None)(REPORT)
    assert "temperature" not in server.requests[0].body


def test_a_local_server_needs_no_key(monkeypatch):
    monkeypatch.delenv("CAUSARAY_LLM_KEY")
    with serving(GOOD) as server:
        assert model(server)(REPORT).mentions
    assert server.requests[0].headers["Authorization"] == "Bearer none"


def test_a_blank_report_is_not_sent():
    with serving(GOOD) as server:
        assert model(server)(" \n").mentions == ()
    assert not server.requests


def test_a_half_surrogate_moves_no_place():
    text = "\ud800 Pleural effusion."
    with serving(GOOD) as server:
        [mention] = model(server)(text).mentions
    assert text[mention.start : mention.end] == "Pleural effusion"
    assert mention.section == ""


def test_proxies_of_the_environment_do_not_matter(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with serving(GOOD) as server:
        assert model(server)(REPORT).mentions


# the cache


def test_nothing_is_asked_twice(tmp_path):
    with serving(GOOD, says("garbage")) as server:
        ask = partial(model, server, cache=tmp_path / "answers", retries=0)
        first = ask()(REPORT)
        assert ask()(REPORT) == first
        assert len(server.requests) == 1
        for other, text in ((ask(), REPORT + " XXXX"), (ask(temperature=1.0), REPORT)):
            with pytest.raises(BadInput, match="no usable answer"):
                other(text)
        assert len(server.requests) == 3
    [file] = (tmp_path / "answers").iterdir()
    assert len(file.stem) == 64
    assert "effusion" not in file.read_text()
    assert KEY not in file.read_text()


@pytest.mark.parametrize(
    "harm", [b"", b"{", b"[1]", b'[{"finding": {"name": "odd"}, "start": 0, "end": 1, "section": ""}]']
)
def test_an_unreadable_answer_is_made_again(tmp_path, harm):
    with serving(GOOD) as server:
        read = model(server, cache=tmp_path)
        first = read(REPORT)
        [file] = tmp_path.iterdir()
        whole = file.read_bytes()
        file.write_bytes(harm)
        assert read(REPORT) == first
    assert file.read_bytes() == whole
    assert len(server.requests) == 2


def test_a_kept_answer_comes_back_with_its_types(tmp_path):
    with serving(
        answer(said(quote="8 mm", finding="Nodule", size_mm=8.0, side="right", location="upper lobe"))
    ) as server:
        read = model(server, cache=tmp_path)
        assert read(REPORT) == read(REPORT)
    [mention] = read(REPORT).mentions
    where = REPORT.index("8 mm")
    finding = Finding("Nodule", "present", None, "right", "upper lobe")
    assert mention == Mention(finding, where, where + 4, "findings", 8.0)


# what is refused at once


@pytest.mark.parametrize(
    "endpoint",
    [
        *(None, "", KEY, "127.0.0.1:80/v1", "ftp://host", "http://"),
        *("http://me:pass@host", "http://host?key=pass", "http://[::1", "http://host:port", "http://a b/v1"),
    ],
)
def test_a_missing_or_odd_endpoint_is_refused_and_not_repeated(endpoint):
    with pytest.raises(BadInput, match=r"^The endpoint has to be the base URL of a server, such as") as caught:
        LanguageModel(endpoint, "m")
    assert not any(words in str(caught.value) for words in (KEY, "pass@", "key=pass"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": ""}, "No model is named"),
        ({"requests_per_minute": 0}, "requests_per_minute is 0, but has to be a number above 0"),
        ({"budget": -1}, "budget is -1"),
        ({"timeout": float("nan")}, "timeout is nan"),
        ({"timeout": float("inf")}, "timeout is inf"),
        ({"retries": -1}, "retries is -1, but cannot be below 0"),
        ({"cache": __file__}, "cannot be written to"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(settings, words):
    with pytest.raises(BadInput, match=words):
        LanguageModel(**{"endpoint": "http://127.0.0.1:9/v1", "model": "m"} | settings)


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines"])
def test_a_key_that_fits_no_header_is_refused(monkeypatch, key):
    monkeypatch.setenv("CAUSARAY_LLM_KEY", key)
    with pytest.raises(BadInput, match="CAUSARAY_LLM_KEY holds characters") as caught:
        LanguageModel("http://127.0.0.1:9/v1", "m")
    assert key not in str(caught.value)


def test_without_the_client_the_extra_is_named():
    program = (
        "import sys\n"
        "sys.modules['openai'] = None\n"
        "from causaray.errors import BadInput\n"
        "from causaray.reports.llm import LanguageModel\n"
        "try: LanguageModel('http://127.0.0.1:9/v1', 'm')\n"
        "except BadInput as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == "The client for language models is missing; pip install 'causaray[llm]'.\n"


def test_the_command_line_asks_the_named_server_and_caches_its_answers(tmp_path, capsys):
    from causaray.app.cli import main

    (tmp_path / "one.txt").write_text(REPORT)
    with serving(GOOD) as server:
        options = ["--engine", "llm", "--endpoint", server.url, "--model", "m", "--cache", str(tmp_path / "cache")]
        assert [main(["read-reports", str(tmp_path / "one.txt"), *options]) for _ in range(2)] == [0, 0]
        assert len(server.requests) == 1
    assert capsys.readouterr().out == 2 * "one: mild left pleural effusion\n"
