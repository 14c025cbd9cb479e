"""Which device a prompt names: its words for devices, and the kinds that can be drawn."""

import re

from causaray.languages import ENGLISH, Language, language_of

ANY = "any"
"""What words for devices mean that leave the kind open."""
KINDS = tuple(kind for kind in ENGLISH.devices if kind != ANY)
"""The kinds that can be drawn, those of `anatomy.devices.DEVICES`."""


def devices_named(prompt: str) -> dict[str, str | None]:
    """The words of a prompt that name a device, each with its kind, or None where that kind cannot be drawn."""
    language = language_of(prompt)
    named = {spelling: language.device_kinds.get(spelling) for spelling in _spellings(prompt, language)}
    return {spelling: kind for spelling, kind in named.items() if kind != ANY}


def _spellings(prompt: str, language: Language) -> list[str]:
    """The spellings of devices in a prompt, the longest that fit, longer ones first."""
    devices = [key for key, fields in language.lexicon.items() if fields.get("name") == "Support Devices"]
    words, found = language.key(re.sub(r"[^\w]+", " ", prompt)), list[str]()
    text = f" {words} "
    for spelling in sorted(devices, key=len, reverse=True):
        if f" {spelling} " in text:
            found.append(spelling)
            text = text.replace(f" {spelling} ", " | ")
    return found
