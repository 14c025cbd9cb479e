"""The engine `llm`: reports read by a language model behind any endpoint that speaks OpenAI's chat completions."""

from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from causaray.errors import BadInput
from causaray.reports.llm.answer import BadAnswer, mentions_of
from causaray.reports.llm.cache import key_of, load, store
from causaray.reports.llm.limits import Budget, Pace
from causaray.reports.llm.request import Body, corrected, request
from causaray.reports.llm.server import Server
from causaray.reports.reading import Mention, Reading
from causaray.reports.sections import sections
from causaray.writing import check_folder


@dataclass(frozen=True)
class LanguageModel:
    """A Reader that asks a language model: OpenAI, or a local llama.cpp, vLLM or Ollama.

    `endpoint` is the base URL, such as http://127.0.0.1:8080/v1, and has no default: a report goes where the user said
    and nowhere else, no redirect or proxy included. The key is the environment variable CAUSARAY_LLM_KEY; a local
    server needs none. `cache` is a folder of answers, without the reports, in which nothing is asked twice.

    `requests_per_minute` spaces all requests, repeated ones too. `budget` is how many tokens may be spent by this
    object, as the server counts them; the answer that reaches it is still taken. `timeout` is how many seconds the
    server may be silent. `retries` is how often a request is sent again after a time-out, a lost connection, HTTP 429
    or 5xx, with growing pauses or those the server asks for, and how often a model is told what was wrong with its
    answer. `temperature` is None for models that refuse to be told one, such as OpenAI's reasoning models.

    Raises BadInput for an endpoint that is no URL, an empty model, limits that are not above zero, a cache that cannot
    be written, and when the client `openai` is not installed.
    """

    endpoint: str
    model: str
    cache: str | Path | None = None
    requests_per_minute: float | None = None
    budget: int | None = None
    timeout: float = 60.0
    retries: int = 3
    temperature: float | None = 0.0
    _server: Server = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check()
        pace, budget = Pace(self.requests_per_minute), Budget(self.budget)
        server = Server(self.endpoint, self.timeout, self.retries, pace, budget)
        object.__setattr__(self, "_server", server)

    @property
    def spent(self) -> int:
        """The tokens spent so far, those of refused answers included."""
        return self._server.budget.spent

    def __call__(self, text: str) -> Reading:
        """The reading of a report; a blank one is not sent.

        Raises:
            BadInput: the server cannot be reached, refuses, or gives no usable answer in `retries` + 1 tries, or the
                budget is spent. Neither the report nor the key is in the message.
        """
        if not text.strip():
            return Reading(text, (), ())
        body = request(self.model, self.temperature, text)
        return Reading(text, sections(text), self._mentions(body, text))

    def _mentions(self, body: Body, text: str) -> tuple[Mention, ...]:
        if self.cache is None:
            return self._asked(body, text)
        path = Path(self.cache, f"{key_of(self.endpoint, body)}.json")
        found = load(path)
        if found is None:
            found = self._asked(body, text)
            store(found, path)
        return found

    def _asked(self, body: Body, text: str) -> tuple[Mention, ...]:
        """The mentions in the first usable answer. A quote that is not in the report makes an answer unusable, too.

        Half an answer would be worse than none: nobody could tell what else was invented.
        """
        asked, did = body, ""
        for _ in range(self.retries + 1):
            try:
                return mentions_of(self._server.ask(asked), text)
            except BadAnswer as bad:
                asked, did = corrected(body, bad.fault), str(bad)
        raise BadInput(
            f"The model {self.model} gave no usable answer in {self.retries + 1} tries (the last one {did}); "
            "leave the report out, or use another model."
        )

    def _check(self) -> None:
        if not self.model:
            raise BadInput("No model is named; say which one the server is to use.")
        for name in ("requests_per_minute", "budget", "timeout"):
            value = getattr(self, name)
            if value is not None and not 0 < value < inf:
                raise BadInput(f"{name} is {value}, but has to be a number above 0.")
        if self.retries < 0:
            raise BadInput(f"retries is {self.retries}, but cannot be below 0.")
        if self.cache is not None:
            check_folder(self.cache)
