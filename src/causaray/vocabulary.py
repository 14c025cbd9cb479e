"""The words for findings: canonical names, the spellings that mean them, and the values each attribute may take."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from causaray.errors import BadInput

NAMES: tuple[str, ...] = (
    # CheXpert (Irvin et al. 2019), in the order of its table
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
    # what NIH ChestX-ray14 (Wang et al. 2017) has beyond them
    "Infiltration",
    "Mass",
    "Nodule",
    "Emphysema",
    "Fibrosis",
    "Pleural Thickening",
    "Hernia",
    "COVID-19",
)
NORMAL, DEVICE = "No Finding", "Support Devices"
"""The two of NAMES that are no disease."""
STATES = ("present", "absent", "uncertain")
SEVERITIES = ("mild", "moderate", "severe")
SIDES = ("left", "right", "bilateral")
LOCATIONS = (
    *(f"{level} {part}" for part in ("lobe", "zone") for level in ("upper", "middle", "lower")),
    *("basal", "apical", "perihilar", "retrocardiac", "diffuse"),
)

# Only what a radiologist would call the same thing. "Subcutaneous emphysema" and "pericardial effusion" are refused
# because no spelling below covers the first word.
_SPELLINGS = {
    "No Finding": "normal, healthy, unremarkable, no abnormality, no abnormal finding, without finding, "
    "without abnormality, no significant abnormality, no significant finding, nad, wnl, no abnormality detected",
    "Enlarged Cardiomediastinum": "widened mediastinum, wide mediastinum, enlarged mediastinum, mediastinal widening, "
    "mediastinal enlargement, cardiomediastinal enlargement, widened cardiomediastinum",
    "Cardiomegaly": "enlarged heart, heart enlarged, large heart, heart enlargement, cardiac enlargement, "
    "enlarged cardiac silhouette, cardiac silhouette enlarged, enlarged heart shadow",
    "Lung Opacity": "opacity, opacification, lung opacification, pulmonary opacity, airspace opacity, "
    "air space opacity, airspace disease, air space disease, hazy opacity, ground glass, ground glass opacity, ggo, "
    "shadowing, airspace shadowing, air space shadowing",
    "Lung Lesion": "lesion, pulmonary lesion, tumor, tumour, lung tumor, lung tumour",
    "Edema": "oedema, pulmonary edema, pulmonary oedema, lung edema, lung oedema, interstitial edema, "
    "interstitial oedema, alveolar edema, alveolar oedema",
    "Consolidation": "consolidated, lung consolidation, pulmonary consolidation, airspace consolidation, "
    "air space consolidation, consol",
    "Pneumonia": "pna, bronchopneumonia, lung infection, chest infection, pulmonary infection",
    "Atelectasis": "atelectases, atx, collapse, lobar collapse, volume loss, pulmonary atelectasis, lung atelectasis",
    "Pneumothorax": "pneumothoraces, pneumothoraxes, ptx",
    "Pleural Effusion": "effusion, pleural fluid, hydrothorax, hemothorax, haemothorax",
    "Pleural Other": "pleural abnormality, pleural plaque, pleural scarring, fibrothorax",
    "Fracture": "fx, rib fracture, fractured rib, broken rib, bone fracture, broken bone",
    "Support Devices": "device, medical device, hardware, pacemaker, cardiac pacemaker, pacer, icd, defibrillator, "
    "tube, chest tube, endotracheal tube, tracheal tube, et tube, ett, nasogastric tube, ng tube, ngt, feeding tube, "
    "permanent pacemaker, ppm, aicd, "
    "line, central line, central venous line, catheter, central venous catheter, cvc, picc, picc line, drain, "
    "chest drain, port, wire, sternal wire, pacemaker lead, pacemaker wire, stent",
    "Infiltration": "infiltrate, lung infiltrate, pulmonary infiltrate, lung infiltration, pulmonary infiltration",
    "Mass": "lung mass, pulmonary mass",
    "Nodule": "lung nodule, pulmonary nodule, coin lesion",
    "Emphysema": "pulmonary emphysema, lung emphysema",
    "Fibrosis": "pulmonary fibrosis, lung fibrosis, interstitial fibrosis",
    "Pleural Thickening": "thickened pleura",
    "Hernia": "hiatal hernia, hiatus hernia, diaphragmatic hernia",
    "COVID-19": "covid, covid19, sars cov 2, coronavirus, covid pneumonia, covid 19 pneumonia, coronavirus pneumonia",
}

AMBIGUOUS = {  # refused with advice: a lay reader and a radiologist may mean different things
    "collapsed": "Atelectasis or Pneumothorax",
    "collapsed lung": "Atelectasis or Pneumothorax",
    "lung collapse": "Atelectasis or Pneumothorax",
    "fluid": "Pleural Effusion or Edema",
    "heart failure": "Cardiomegaly, Edema or Pleural Effusion",
    **dict.fromkeys(("chf", "ccf", "hf", "lvf"), "Cardiomegaly, Edema or Pleural Effusion"),
    "pe": "Pleural Effusion if that is meant, for no finding is a pulmonary embolism",
    "copd": "Emphysema, which is one part of it",
    "ild": "Fibrosis or Lung Opacity",
    "ards": "Edema or Lung Opacity",
    "tb": "Pneumonia, Consolidation or Nodule",
    "cm": "Cardiomegaly if that is meant, for it is a length, too",
}


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """Lower case, singular, hyphens and underscores as spaces: "Pleural_Effusions" becomes "pleural effusion"."""
    return " ".join(_singular(word) for word in text.casefold().replace("_", " ").replace("-", " ").split())


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    keeps_its_s = len(word) < 4 or word.endswith(("ss", "is", "us"))
    return word[:-1] if word.endswith("s") and not keeps_its_s else word


def entries(text: str) -> list[str]:
    """The comma-separated entries of `text`, as they are."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def listed(text: str) -> list[str]:
    """The comma-separated entries of `text`, normalized."""
    return [normalize(entry) for entry in entries(text)]


SPELLINGS: dict[str, str] = {normalize(name): name for name in NAMES} | {
    spelling: name for name, spellings in _SPELLINGS.items() for spelling in listed(spellings)
}
"""Every accepted spelling, normalized, with the canonical name it means."""


def canonical_name(text: str) -> str:
    """The entry of NAMES that `text` means, in any case, plural, data-set spelling or safe synonym.

    Raises BadInput, with the nearest known names, when there is none.
    """
    name = SPELLINGS.get(normalize(text))
    if name is None:
        raise BadInput(f'Unknown finding "{text.strip()}"; {advice(normalize(text), SPELLINGS)}')
    return name


ADVICE = {
    "ambiguous": "it has more than one meaning, so say {names}.",
    "meant": "did you mean {names}?",
    "known": "the known findings are {names}.",
    "or": " or ",
}


def advice(
    text: str,
    known: Mapping[str, str],
    names: Collection[str] = NAMES,
    ambiguous: Mapping[str, str] = AMBIGUOUS,
    sentences: Mapping[str, str] = ADVICE,
) -> str:
    """The end of a sentence about an unknown, normalized `text`: values of `known` with the nearest keys, or `names`.

    What is in `ambiguous` has more than one meaning. `sentences` say so, as ADVICE does in English.
    """
    import difflib  # only a mistake pays for it

    if text in ambiguous:
        return sentences["ambiguous"].format(names=ambiguous[text])
    for part in (text, *text.split()):
        if close := difflib.get_close_matches(part, known, n=5, cutoff=0.8):
            best = list(dict.fromkeys(known[key] for key in close))[:3]
            return sentences["meant"].format(names=sentences["or"].join(best))
    return sentences["known"].format(names=", ".join(names))


PATIENT_SIDES = ("right", "left")
"""The patient's sides, in the order of columns that tell them apart."""


def condition_columns(names: Sequence[str], graded: bool) -> tuple[str, ...]:
    """What a model is conditioned on: the findings, or each side of them where severity was learned."""
    return graded_columns(names) if graded else tuple(names)


def graded_columns(names: Sequence[str]) -> tuple[str, ...]:
    """A column for each side of each finding: "Edema right", "Edema left", "Pneumothorax right" ..."""
    return tuple(f"{name} {side}" for name in names for side in PATIENT_SIDES)
