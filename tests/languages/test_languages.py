"""Prompts in German, French and Spanish: read into the same findings, told again, and refused in their own words."""

import re
from itertools import product
from pathlib import Path
from random import Random

import pytest

from causaray.anatomy.device_words import devices_named
from causaray.errors import BadInput
from causaray.findings import Finding, Findings, check_known, parse_prompt
from causaray.languages import ENGLISH, LANGUAGES, language_of
from causaray.reports.prompt import read_request
from causaray.vocabulary import LOCATIONS, NAMES, SEVERITIES, SIDES, STATES

OTHERS = [language for language in LANGUAGES.values() if language is not ENGLISH]
WRITTEN = [
    tuple(line.split(" | "))
    for name in ("german", "french", "spanish")
    for line in Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("prompt", "means"), WRITTEN)
def test_it_means_the_same_in_english(prompt, means):
    assert read_request(prompt) == parse_prompt(means)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_what_is_told_is_read_back(language):
    rng = Random(0)
    for name, state in product(NAMES, STATES):
        plain = Finding(name, state)
        assert parse_prompt(language.tell(plain)) == Findings([plain])
        for _ in range(4):
            if name == "No Finding":
                continue
            side, place = rng.choice(SIDES), rng.choice(LOCATIONS)
            place = None if place == "middle lobe" and side != "right" else place
            finding = Finding(name, state, rng.choice((None, *SEVERITIES)), side, place)
            assert parse_prompt(language.tell(finding)) == Findings([finding]), language.tell(finding)


@pytest.mark.parametrize("language", OTHERS, ids=[one.code for one in OTHERS])
def test_a_language_is_whole_and_no_word_means_two_things(language):
    assert set(language.sentences) == set(ENGLISH.sentences) and set(language.names) == set(NAMES)
    for what, sentence in language.sentences.items():
        assert set(re.findall(r"\{(\w+)\}", sentence)) <= set(re.findall(r"\{(\w+)\}", ENGLISH.sentences[what])), what
    meanings: dict[str, dict] = {}
    for phrase, fields in language.phrases:
        assert language.key(phrase), phrase
        assert meanings.setdefault(language.key(phrase), fields) == fields, phrase


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("lila Pleuraerguss rechts", "Unbekanntes Wort „lila“"),
        ("Pneumothroax rechts", "meinten Sie Pneumothorax?"),
        ("leichter schwerer Erguss", "mehr als einen Schweregrad"),
        ("kein Ödem, Pneumonie", "Es ist unklar"),
        ("Ödem oder Erguss", "lässt offen"),
        ("Ödem und kein Ödem", "„Lungenödem“ und „kein Lungenödem“ können nicht beide gelten"),
        ("Pneumonie im linken Mittellappen", "keinen Mittellappen"),
        ("ohne Befund links", "„Ohne Befund“ hat weder Schweregrad"),
        ("linksseitig", "ohne einen Befund"),
        ("Lungenkollaps", "Atelektase oder Pneumothorax"),
        ("subkutanes Emphysem", "Unbekanntes Wort „subkutanes“"),
        ("épanchement violet", "Mot inconnu « violet »"),
        ("sans œdème, pneumonie", "Il n'est pas clair"),
        ("œdème ou épanchement", "laisse le choix ouvert"),
        ("épanchement gauche droit", "plus d'un côté"),
        ("insuffisance cardiaque", "plus d'un sens"),
        ("à gauche", "figure dans la demande sans anomalie"),
        ("emphysème sous-cutané", "Mots inconnus « sous cutané »"),
        ("derrame morado izquierdo", "Palabra desconocida «morado»"),
        ("sin edema, neumonía", "No está claro"),
        ("neumotórax o derrame", "deja abierto"),
        ("derrame leve grave", "más de una gravedad"),
        ("neumonía del lóbulo medio izquierdo", "no tiene lóbulo medio"),
        ("derrame pericárdico", "Palabra desconocida «pericárdico»"),
    ],
)
def test_what_cannot_be_read_is_refused_in_its_own_language(prompt, says):
    with pytest.raises(BadInput) as refused:
        read_request(prompt)
    assert says in str(refused.value)


def test_english_stays_english():
    for prompt in ("pneumonia", "no edema", "pneumothorax bilateral", "purple", "There is a purple effusion.", ""):
        assert language_of(prompt) is ENGLISH


def test_what_weights_do_not_know_is_said_in_the_language_of_the_prompt():
    with pytest.raises(BadInput, match=r"Les poids small n'ont pas appris « hernie .* connaissent œdème pulmonaire\.$"):
        check_known(read_request("hernie hiatale modérée"), ["Edema"], "small")
    with pytest.raises(BadInput, match=r"bekannte Befunde sind Lungenödem\.$"):
        read_request("völlig xyz Erguss", ["Edema"])


def test_a_device_is_drawn_by_the_words_of_its_language():
    assert list(devices_named("Herzschrittmacher links").values()) == ["pacemaker"]
    assert list(devices_named("drain thoracique à droite").values()) == ["drain"]
    assert list(devices_named("sonda nasogástrica, neumonía").values()) == ["feeding tube"]
    assert devices_named("dispositivo médico") == {}
