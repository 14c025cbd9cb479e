"""A server that speaks OpenAI's chat completions, reached through the client `openai`."""

import os
import re
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

from causaray.errors import BadInput
from causaray.reports.llm.answer import BadAnswer, faults
from causaray.reports.llm.limits import Budget, Pace
from causaray.reports.llm.request import Body

if TYPE_CHECKING:
    import httpx
    import openai

_ENDPOINT = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")
_NO_ENDPOINT = (
    "The endpoint has to be the base URL of a server, such as http://127.0.0.1:8080/v1, without a password or query."
)
_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"}
_HINTS = {
    401: "set CAUSARAY_LLM_KEY",
    403: "set CAUSARAY_LLM_KEY",
    404: "see whether the endpoint's path and the model are right",
    429: "ask less often, or see what it grants you",
}


class _Message(BaseModel):
    content: str | None


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Completion(BaseModel):
    """The parts of a chat completion that are read."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None

    @property
    def tokens(self) -> int | None:
        """Tokens used; None where the server does not count them."""
        return self.usage.prompt_tokens + self.usage.completion_tokens if self.usage else None


class Server:
    """The server at `endpoint`, asked within a budget and at a pace. The key is read from CAUSARAY_LLM_KEY, once.

    Raises BadInput for an endpoint that is no plain URL, a key that fits no header, or a missing client.
    """

    def __init__(self, endpoint: str, timeout: float, retries: int, pace: Pace, budget: Budget) -> None:
        if not endpoint or not _ENDPOINT.fullmatch(endpoint):
            raise BadInput(_NO_ENDPOINT)
        self.endpoint = endpoint
        self.budget = budget
        self._client = _client(endpoint, timeout, retries, pace)

    def ask(self, body: Body) -> str:
        """What the model answers to a request.

        Raises:
            BadInput: the server cannot be reached or refuses, after the client's retries; or the budget is used up.
            BadAnswer: what came back is no chat completion.
        """
        import httpx
        import openai

        self.budget.check()
        try:
            response = self._client.post("/chat/completions", body=body, cast_to=httpx.Response)
        except openai.APIError as error:  # its message may hold the report, or a part of the key
            raise BadInput(f"The language model at {self.endpoint} {_refusal(error)}.") from None
        return self._text_of(response.content)

    def _text_of(self, content: bytes) -> str:
        try:
            completion = _Completion.model_validate_json(content)
        except ValidationError as error:
            raise BadAnswer("was no chat completion", faults(error)) from None
        self.budget.charge(completion.tokens)
        return completion.choices[0].message.content or ""


def _client(endpoint: str, timeout: float, retries: int, pace: Pace) -> "openai.OpenAI":
    """The client. It repeats requests itself: after time-outs, lost connections, 429 (as Retry-After says) and 5xx."""
    try:
        import httpx
        import openai
    except ImportError:
        raise BadInput("The client for language models is missing; pip install 'causaray[llm]'.") from None

    key = _key()
    # A transport of our own reads no proxy from the environment, and keeps no connection for a report that may come
    # minutes later. The pace is held here, where the client's repetitions pass, too.
    web = httpx.Client(
        transport=httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0)),
        auth=lambda request: _bare(request, key),
        event_hooks={"request": [pace.wait]},
        follow_redirects=False,
    )
    try:
        return openai.OpenAI(base_url=endpoint, api_key=key, timeout=timeout, max_retries=retries, http_client=web)
    except httpx.InvalidURL:
        raise BadInput(_NO_ENDPOINT) from None


def _key() -> str:
    key = os.environ.get("CAUSARAY_LLM_KEY", "").strip() or "none"  # the client wants some key, local servers do not
    if not (key.isascii() and key.isprintable()):
        raise BadInput("CAUSARAY_LLM_KEY holds characters that no key has; set it again.")
    return key


def _bare(request: "httpx.Request", key: str) -> "httpx.Request":
    """The request without what the client adds from OPENAI_... in the environment, and tells of this computer."""
    for name in set(request.headers) - _HEADERS:
        del request.headers[name]
    request.headers["Authorization"] = f"Bearer {key}"
    return request


def _refusal(error: "openai.APIError") -> str:
    """Why a request failed for good."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "did not answer in time; raise the timeout, or see how busy it is"
    if isinstance(error, openai.APIStatusError):
        return f"answered HTTP {error.status_code}; {_HINTS.get(error.status_code, 'its log may say why')}"
    return "cannot be reached; see whether it runs, and whether the endpoint is right"
