import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chat_server import EFFUSION, ChatServer, Reply, answer, fails, says, serving

from causaray.errors import BadInput
from causaray.reports.llm import LanguageModel

pytest.importorskip("openai", reason="language models need the extra `llm`")

KEY = "sk-secret-4711"
REPORT = "Small left pleural effusion, new. No pneumothorax."
GOOD = answer(EFFUSION)


def model(server: ChatServer, **settings: Any) -> LanguageModel:
    return LanguageModel(server.url, "m", **{"timeout": 5, "retries": 1} | settings)


def refusal(read: LanguageModel) -> str:
    with pytest.raises(BadInput) as caught:
        read(REPORT)
    return str(caught.value)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("CAUSARAY_LLM_KEY", KEY)


# answers that cannot be used


@pytest.mark.parametrize(
    ("bad", "did", "told"),
    [
        (says("It shows an effusion."), "was no JSON of the schema", "Invalid JSON"),
        (says(None), "was no JSON of the schema", "Invalid JSON"),
        (says('{"mentions": [{"quote": "pleural eff'), "was no JSON of the schema", "Invalid JSON"),
        (says('{"findings": []}'), "was no JSON of the schema", "mentions: Field required"),
        (answer(EFFUSION | {"size_mm": -2}), "was no JSON of the schema", "a size is above 0"),
        (answer(EFFUSION | {"change": "odd"}), "was no JSON of the schema", "mentions.0.change"),
        (answer(EFFUSION | {"state": "maybe"}), "named an impossible finding", 'Unknown state "maybe"'),
        (answer(EFFUSION | {"location": "middle lobe"}), "named an impossible finding", "no middle lobe"),
        (answer(EFFUSION | {"quote": "large mass"}), "quoted what is not in the report", 'the quote "large mass"'),
        (answer(EFFUSION | {"quote": " "}), "quoted what is not in the report", "the quote"),
        (answer(EFFUSION | {"quote": "horax"}), "quoted what is not in the report", "the quote"),
        (Reply(b"<p>log in</p>", headers={"Content-Type": "text/html"}), "was no chat completion", "Invalid JSON"),
        (Reply(b'{"choices": []}'), "was no chat completion", "choices"),
    ],
)
def test_a_bad_answer_is_asked_again_with_its_fault(bad, did, told):
    with serving(bad, GOOD, bad) as server:
        assert len(model(server)(REPORT).mentions) == 1
        sentence = refusal(model(server))
    first, second, *others = (request.body["messages"] for request in server.requests)
    assert told in second[0]["content"]
    assert second[0]["content"].startswith(first[0]["content"])
    assert second[1:] == first[1:]
    assert others == [first, second]
    assert f"no usable answer in 2 tries (the last one {did})" in sentence
    assert not any(words in sentence for words in ("effusion", "large mass", "maybe", "\n"))


# a server with faults


@pytest.mark.parametrize("fault", [fails(429, Retry_After="0.05"), fails(500, Retry_After="0.05"), fails(503)])
def test_a_passing_fault_is_waited_out(fault):
    with serving(fault, GOOD) as server:
        assert model(server)(REPORT).mentions
    first, second = server.requests
    assert second.at - first.at >= (0.05 if "Retry-After" in fault.headers else 0.3)
    assert second.body == first.body


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "set CAUSARAY_LLM_KEY"), (404, "path and the model"), (400, "its log"), (500, "its log")]
)
def test_a_lasting_fault_is_told_without_key_or_report(status, hint, caplog):
    caplog.set_level(logging.INFO)
    with serving(fails(status, f"{KEY} may not read {REPORT}")) as server:
        sentence = refusal(model(server, retries=0))
    assert len(server.requests) == 1
    assert sentence.startswith(f"The language model at {server.url} answered HTTP {status}; ")
    assert hint in sentence
    assert not any(words in sentence + caplog.text for words in (KEY, "effusion"))


def test_the_key_is_in_no_log_and_no_name(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(fails(500), GOOD) as server:
        read = model(server)
        read(REPORT)
    assert "Retrying" in caplog.text
    assert KEY not in caplog.text + repr(read)


def test_silence_is_a_time_out():
    with serving(says("", wait=0.6), GOOD) as server:
        assert model(server, timeout=0.2)(REPORT).mentions
    with serving(says("", wait=0.6)) as server:
        assert "did not answer in time" in refusal(model(server, timeout=0.2, retries=0))


def test_a_closed_port_cannot_be_reached():
    with serving(GOOD) as server:
        pass
    assert refusal(model(server, retries=0)).startswith(f"The language model at {server.url} cannot be reached; ")


def test_a_redirect_is_not_followed():
    with serving(GOOD) as other, serving(fails(307, Location=f"{other.url}/chat/completions")) as server:
        assert "answered HTTP 307" in refusal(model(server))
    assert not other.requests


# limits


def test_the_budget_counts_every_answer():
    with serving(says("garbage"), GOOD) as server:
        read = model(server, budget=80)
        read(REPORT)
        assert read.spent == 80
        assert refusal(read) == "The budget of 80 tokens is used up (80 spent); raise it to go on."
    assert len(server.requests) == 2


def test_a_budget_needs_a_server_that_counts():
    with serving(answer(EFFUSION, usage={})) as server:
        assert model(server)(REPORT).mentions
        assert "does not say how many tokens" in refusal(model(server, budget=80))


def test_the_rate_holds_for_repetitions_and_threads():
    with serving(fails(429, Retry_After="0.001"), GOOD) as server:
        read, began = model(server, requests_per_minute=600), time.monotonic()
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(read, [REPORT] * 4))
    assert len(server.requests) == 5
    assert max(request.at for request in server.requests) - began >= 0.4
