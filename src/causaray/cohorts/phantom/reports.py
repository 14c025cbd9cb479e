"""A free-text report of a phantom: true of its findings, and otherwise as wordy as real ones.

Which findings are told, and how, is decided here; the words are in `phrases`.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from causaray.cohorts.phantom import phrases
from causaray.cohorts.phantom.changes import told
from causaray.cohorts.phantom.wording import Choose, capitalized, chooser, fill, phrase, with_article
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.progression import changed

Sentence = tuple[str, str]
"""The region it treats of, one of phrases.REGIONS, and the sentence."""


def report(
    findings: Findings,
    rng: np.random.Generator,
    *,
    age: float | None = None,
    sex: str | None = None,
    devices: Sequence[str] = (),
    view: str = "PA",
    prior: Findings | None = None,
) -> str:
    """A report of five headed sections, one a line: EXAMINATION, INDICATION, COMPARISON, FINDINGS, IMPRESSION.

    Every present and every uncertain finding is told in FINDINGS with its severity and place, and again under
    IMPRESSION (devices only in FINDINGS); some of the absent ones are denied; nothing is said of a finding not
    mentioned. With a `prior` the present ones are compared with it and resolved ones named (see `changed`). `age` in
    years and `sex` ("F", "M") appear in the indication now and then; `devices` are named one by one. Sentences
    about nothing that `findings` holds, and XXXX where a real one would be de-identified, stand between.

    Raises BadInput when `devices` are given and Support Devices is absent.
    """
    if devices and "Support Devices" in findings.absent:
        raise BadInput(f"The report names {devices[0]}, but Support Devices is absent; leave out one of the two.")
    choose = chooser(rng)
    sections = {
        "EXAMINATION": choose(phrases.EXAMINATIONS).format(view=view),
        "INDICATION": _indication(age, sex, choose),
        "COMPARISON": choose(phrases.NO_COMPARISON if prior is None else phrases.COMPARISONS),
        "FINDINGS": _findings(findings, devices, prior, rng),
        "IMPRESSION": _impression(findings, choose),
    }
    return "\n".join(f"{heading}: {text}" for heading, text in sections.items())


def _indication(age: float | None, sex: str | None, choose: Choose) -> str:
    years = "XXXX" if age is None else choose((f"{age:.0f}", "XXXX"))
    words = {"age": years, "subject": choose(phrases.SUBJECTS[sex or ""]), "symptom": choose(phrases.SYMPTOMS)}
    return capitalized(choose(phrases.INDICATIONS).format(**words))


def _findings(findings: Findings, devices: Sequence[str], prior: Findings | None, rng: np.random.Generator) -> str:
    """The sentences, those of one region together and the regions in an order of this report's own."""
    choose = chooser(rng)
    sentences = [
        *(_compared(findings, prior, rng) if prior is not None else _present(findings, bool(devices), choose)),
        *_uncertain(findings, choose),
        *_absent(findings, rng),
        *(("devices", _device(device, choose)) for device in devices),
        *_irrelevant(rng),
    ]
    rank = dict(zip(phrases.REGIONS, rng.permutation(len(phrases.REGIONS)), strict=True))
    return " ".join(text for _, text in sorted(sentences, key=lambda sentence: rank[sentence[0]]))


def _present(findings: Findings, named: bool, choose: Choose) -> Iterable[Sentence]:
    """One sentence a present finding; devices are left out when they are `named` one by one."""
    for finding in _in_state(findings, "present"):
        if not (named and finding.name == "Support Devices"):
            placeless = not finding.side and not finding.location
            ways = phrases.PRESENT + (phrases.PRESENT_OF.get(finding.name, ()) if placeless else ())
            yield _region(finding), fill(choose(ways), finding, choose)


def _compared(findings: Findings, prior: Findings, rng: np.random.Generator) -> Iterable[Sentence]:
    """Present findings as changes since the prior; as they are, where the prior leaves their name in doubt."""
    compared = changed(prior, findings)
    for change in compared:
        finding = change.after or change.before
        assert finding is not None
        yield _region(finding), told(change, rng)
    known = {change.after.name for change in compared if change.after}
    rest = Findings(finding for finding in findings if finding.name not in known)
    yield from _present(rest, False, chooser(rng))


def _uncertain(findings: Findings, choose: Choose) -> Iterable[Sentence]:
    for finding in _in_state(findings, "uncertain"):
        yield _region(finding), fill(choose(phrases.UNCERTAIN), finding, choose)


def _absent(findings: Findings, rng: np.random.Generator) -> Iterable[Sentence]:
    """Denials: normal sentences, lists of what is left, and "no left effusion" where only a part is denied."""
    choose, left = chooser(rng), denied(findings)
    for i in rng.permutation(len(phrases.NORMALS)):
        normal = phrases.NORMALS[i]
        doubtful = {*findings.present, *findings.uncertain} & set(normal.unless)
        if set(normal.denies) <= set(left) and not doubtful and rng.random() < 0.6:
            left = [name for name in left if name not in normal.denies]
            yield normal.region, normal.text
    spoken = [name for name in left if rng.random() < 0.7]
    for start in range(0, len(spoken), 3):
        either = _either([phrase(Finding(name), choose).text for name in spoken[start : start + 3]])
        yield phrases.NOUNS[spoken[start]].region, choose(phrases.NEGATIVES).format(either=either)
    for finding in _in_state(findings, "absent"):
        if finding != Finding(finding.name, "absent"):
            yield _region(finding), fill(choose(phrases.ABSENT), finding, choose)


def denied(findings: Findings) -> list[str]:
    """Names absent whatever their severity and place; for No Finding, those that a report customarily denies."""
    plain = [name for name in phrases.NOUNS if Finding(name, "absent") in findings]
    return plain + [name for name in phrases.CUSTOMARY if "No Finding" in findings.present and name not in plain]


def _either(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _device(device: str, choose: Choose) -> str:
    return capitalized(choose(phrases.DEVICE).format(a=with_article(device.casefold())))


def _irrelevant(rng: np.random.Generator) -> Iterable[Sentence]:
    for i in rng.choice(len(phrases.IRRELEVANT), size=rng.integers(4), replace=False):
        region, text = phrases.IRRELEVANT[i]
        yield region, _deidentified(text, rng) if rng.random() < 0.2 else text


def _deidentified(text: str, rng: np.random.Generator) -> str:
    """The text with one word struck out, as de-identifying programs do."""
    words = text.rstrip(".").split()
    words[rng.integers(len(words))] = "XXXX"
    return f"{' '.join(words)}."


def _impression(findings: Findings, choose: Choose) -> str:
    told = [capitalized(f"{phrase(f, choose).text}.") for f in _in_state(findings, "present") if _is_disease(f)]
    told += [fill(choose(phrases.UNCERTAIN), f, choose) for f in _in_state(findings, "uncertain") if _is_disease(f)]
    if not told:
        return choose(phrases.NORMAL_IMPRESSION) if set(phrases.ACUTE) <= set(denied(findings)) else "As above."
    told += choose(((), (), (choose(phrases.CLOSINGS),)))
    return told[0] if len(told) == 1 else " ".join(f"{i}. {text}" for i, text in enumerate(told, 1))


def _is_disease(finding: Finding) -> bool:
    return finding.name != "Support Devices"


def _in_state(findings: Findings, state: str) -> list[Finding]:
    return [finding for finding in findings if finding.state == state and finding.name != "No Finding"]


def _region(finding: Finding) -> str:
    return phrases.NOUNS[finding.name].region
