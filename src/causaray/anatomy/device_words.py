"""Which device a prompt names: its words for devices, and the kinds that can be drawn."""

import re

from causaray.vocabulary import SPELLINGS, listed, normalize

KINDS = {
    "pacemaker": "cardiac pacemaker, pacer, pacemaker lead, pacemaker wire",
    "central line": "central venous line, central venous catheter, cvc",
    "tracheal tube": "endotracheal tube, et tube, ett",
    "feeding tube": "nasogastric tube, ng tube",
    "drain": "chest drain, chest tube",
}
"""The kinds that can be drawn, with the other spellings of each; the keys are those of `anatomy.devices.DEVICES`."""
ANY = ("support device", "device", "medical device", "hardware")
"""Words that leave the kind open."""
_DEVICES = [spelling for spelling, name in SPELLINGS.items() if name == "Support Devices"]
_KIND_OF = {spelling: kind for kind, others in KINDS.items() for spelling in (kind, *listed(others))}


def devices_named(prompt: str) -> dict[str, str | None]:
    """The words of a prompt that name a device, each with its kind, or None where that kind cannot be drawn."""
    return {spelling: _KIND_OF.get(spelling) for spelling in _spellings(prompt) if spelling not in ANY}


def _spellings(prompt: str) -> list[str]:
    """The spellings of devices in a prompt, the longest that fit, longer ones first."""
    words, found = normalize(re.sub(r"[^\w]+", " ", prompt)), list[str]()
    text = f" {words} "
    for spelling in sorted(_DEVICES, key=len, reverse=True):
        if f" {spelling} " in text:
            found.append(spelling)
            text = text.replace(f" {spelling} ", " | ")
    return found
