"""What a language model is asked: the instructions, the report, and the schema its answer has to follow."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

from causaray.reports.reading import CHANGES, Change
from causaray.vocabulary import LOCATIONS, NAMES, SEVERITIES, SIDES, STATES

Body = dict[str, Any]

_PROMPT = f"""\
You read the report of one chest radiograph. List every finding that it states or denies, in its order, as JSON:
{{"mentions": [{{"quote": ..., "finding": ..., "state": ..., "severity": ..., "side": ..., "location": ...,
"size_mm": ..., "change": ..., "device": ...}}, ...]}}
Null stands for what the report does not say, an empty list for a report that names no finding.
quote: the words of the report that name the finding, copied letter for letter.
finding: one of {"; ".join(NAMES)}. No Finding is only for an image called normal as a whole.
state: absent if denied ("no", "without", "has resolved"); uncertain if hedged ("may", "possible", "cannot be excluded",
one of two with "or"); else present.
severity: {", ".join(SEVERITIES)}. Small, trace, minimal, slight are mild; large, marked, massive, extensive are severe.
side: {", ".join(SIDES)}, the patient's own left and right.
location: one of {"; ".join(LOCATIONS)}.
size_mm: the largest extent given, in millimetres.
change: {", ".join(CHANGES)}, since an earlier image.
device: of Support Devices what it is called, in singular lower case ("chest tube").
A finding that differs between two places, in severity, size or state, is two mentions.
Only what is said of this image counts. Leave out what the patient had before ("history of"), what is asked or feared
("rule out", "evaluate for"), what only an earlier image showed, and findings outside the chest. Infer nothing.
XXXX and ___ stand for words taken out to protect the patient, and mean nothing.
"""


def _above_zero(size: float) -> float:
    if size <= 0:
        raise ValueError("a size is above 0")
    return size


# No field has a default: a strict schema requires them all. Finding refuses later what is not in the lists.
class Said(BaseModel):
    """One mention of a finding."""

    model_config = ConfigDict(extra="forbid")

    quote: str
    finding: Annotated[str, Field(json_schema_extra={"enum": [*NAMES]})]
    state: Annotated[str, Field(json_schema_extra={"enum": [*STATES]})]
    severity: Annotated[str, Field(json_schema_extra={"enum": [*SEVERITIES]})] | None
    side: Annotated[str, Field(json_schema_extra={"enum": [*SIDES]})] | None
    location: Annotated[str, Field(json_schema_extra={"enum": [*LOCATIONS]})] | None
    size_mm: Annotated[FiniteFloat, AfterValidator(_above_zero)] | None
    change: Change | None
    device: str | None


class Answer(BaseModel):
    """All mentions of findings."""

    model_config = ConfigDict(extra="forbid")

    mentions: list[Said]


def request(model: str, temperature: float | None, text: str) -> Body:
    """The body of a request to chat/completions that asks `model` to read the report `text`."""
    sendable = text.encode("utf-8", "replace").decode()  # a half surrogate becomes "?", and positions stay
    schema = {"name": "report", "strict": True, "schema": Answer.model_json_schema()}
    body: Body = {
        "model": model,
        "messages": [{"role": "system", "content": _PROMPT}, {"role": "user", "content": sendable}],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    return body if temperature is None else body | {"temperature": temperature}


def corrected(body: Body, fault: str) -> Body:
    """The same request, its instructions telling what was wrong with the last answer.

    They stand there because some models take no second message of the user in a row.
    """
    system, *others = body["messages"]
    told = f"{system['content']}\nYour last answer was refused: {fault}\nAnswer again, with all mentions.\n"
    return body | {"messages": [system | {"content": told}, *others]}
