"""The words of phantom reports: every phrase that `reports` and `changes` may use, as data.

Written for this project in the manner of radiology reports; none is taken from a real one. The slots of a template:

    {np}    the finding with its severity and place: "small left pleural effusion"
    {a}     the same with its article, where it takes one: "a small left pleural effusion"
    {bare}  without severity: "left pleural effusion"
    {old}   as {a}, of the earlier image
    {was}   the severity then, and {now} the severity now, alone: "small"
    {ly}    severity as an adverb and a space, or nothing: "mildly "
    {is}, {has}, {s}   is / are, has / have and -s / nothing, as the noun asks
"""

from collections.abc import Mapping
from typing import NamedTuple

Words = Mapping[str, tuple[str, ...]]

DEGREE: Words = {"mild": ("mild", "minimal", "slight"), "moderate": ("moderate",), "severe": ("severe", "marked")}
SIZE: Words = {"mild": ("small", "tiny"), "moderate": ("moderate", "moderate-sized"), "severe": ("large",)}
OFFSET: Words = {
    "mild": ("mildly displaced", "minimally displaced"),
    "moderate": ("moderately displaced",),
    "severe": ("severely displaced", "markedly displaced"),
}
ADVERBS: Words = {"mild": ("mildly",), "moderate": ("moderately",), "severe": ("severely", "markedly")}


class Noun(NamedTuple):
    """How a finding is called: (singular, plural) spellings, its scale of severity, and where a report treats of it.

    The plural is for both sides; a mass noun has none, and "support devices" no singular.
    """

    spellings: tuple[tuple[str, str], ...]
    scale: Words = DEGREE
    region: str = "lungs"


NOUNS: Mapping[str, Noun] = {
    "Enlarged Cardiomediastinum": Noun((("mediastinal widening", ""), ("mediastinal enlargement", "")), region="heart"),
    "Cardiomegaly": Noun((("cardiomegaly", ""), ("cardiac enlargement", "")), region="heart"),
    "Lung Opacity": Noun((("lung opacity", "lung opacities"), ("airspace opacity", "airspace opacities"))),
    "Lung Lesion": Noun((("lung lesion", "lung lesions"), ("pulmonary lesion", "pulmonary lesions")), SIZE),
    "Edema": Noun((("pulmonary edema", ""), ("edema", ""))),
    "Consolidation": Noun((("consolidation", ""), ("airspace consolidation", ""))),
    "Pneumonia": Noun((("pneumonia", ""),)),
    "Atelectasis": Noun((("atelectasis", ""), ("volume loss", ""))),
    "Pneumothorax": Noun((("pneumothorax", "pneumothoraces"),), SIZE, "pleura"),
    "Pleural Effusion": Noun((("pleural effusion", "pleural effusions"), ("effusion", "effusions")), SIZE, "pleura"),
    "Pleural Other": Noun((("pleural abnormality", "pleural abnormalities"),), region="pleura"),
    "Fracture": Noun((("rib fracture", "rib fractures"),), OFFSET, "bones"),
    "Support Devices": Noun((("", "support devices"), ("", "medical devices")), region="devices"),
    "Infiltration": Noun((("infiltrate", "infiltrates"), ("pulmonary infiltrate", "pulmonary infiltrates"))),
    "Mass": Noun((("mass", "masses"), ("lung mass", "lung masses")), SIZE),
    "Nodule": Noun((("nodule", "nodules"), ("pulmonary nodule", "pulmonary nodules")), SIZE),
    "Emphysema": Noun((("emphysema", ""), ("pulmonary emphysema", ""))),
    "Fibrosis": Noun((("fibrosis", ""), ("pulmonary fibrosis", ""))),
    "Pleural Thickening": Noun((("pleural thickening", ""),), region="pleura"),
    "Hernia": Noun((("hiatal hernia", "hiatal hernias"),), SIZE, "heart"),
    "COVID-19": Noun((("COVID-19 pneumonia", ""),)),
}

SIDES: Words = {"left": ("left", "left-sided"), "right": ("right", "right-sided"), "bilateral": ("bilateral",)}
LOCATIONS: Words = {"basal": ("basilar", "basal")}  # before the noun; every other location as it is named
PLACES: Mapping[str, tuple[str, str, str]] = {  # after the noun: preposition, on one side, on both
    **{f"{part} lobe": ("in", f"{part} lobe", f"{part} lobes") for part in ("upper", "middle", "lower")},
    **{f"{part} zone": ("in", f"{part} lung zone", f"{part} lung zones") for part in ("upper", "middle", "lower")},
    "basal": ("at", "lung base", "lung bases"),
    "apical": ("at", "lung apex", "lung apices"),
    "perihilar": ("in", "perihilar region", "perihilar regions"),
    "retrocardiac": ("in", "retrocardiac region", "retrocardiac regions"),
}

PRESENT = (
    "There {is} {a}.",
    "{a} {is} present.",
    "{a} {is} seen.",
    "{a} {is} noted.",
    "{np}.",
    "Evidence of {a}.",
)
PRESENT_OF: Words = {  # besides those above, of a finding without side and location
    "Cardiomegaly": ("The heart is {ly}enlarged.", "The cardiac silhouette is {ly}enlarged.", "{ly}enlarged heart."),
    "Enlarged Cardiomediastinum": ("The mediastinum is {ly}widened.", "The mediastinal contour is {ly}widened."),
}
UNCERTAIN = (
    "Possible {np}.",
    "There may be {a}.",
    "{a} cannot be excluded.",
    "Questionable {np}.",
    "{a} {is} suspected.",
    "Appearances may represent {a}.",
)
ABSENT = ("No {np}.", "No {np} {is} seen.", "There {is} no {np}.", "No evidence of {np}.", "No {np} {is} identified.")
NEGATIVES = ("No {either}.", "There is no {either}.", "No evidence of {either}.", "Negative for {either}.")

CHANGES: Words = {  # the first of each is what `changes` says without a generator
    "new": ("New {np}.", "{np} {is} new.", "Interval development of {a}.", "{a} {has} developed since the prior."),
    "worse": (
        "{bare} {has} worsened from {was} to {now}.",
        "{bare} {has} progressed and {is} now {now}.",
        "Interval worsening of {bare}, now {now}, previously {was}.",
    ),
    "moved": (
        "{np} {is} now seen in place of {old}.",
        "{np}, in place of {old} on the prior.",
    ),
    "better": (
        "{bare} {has} improved from {was} to {now}.",
        "{bare} {has} regressed and {is} now {now}.",
        "Interval improvement of {bare}, now {now}, previously {was}.",
    ),
    "resolved": (
        "{bare} {has} resolved.",
        "{bare} {is} no longer seen.",
        "Interval resolution of {bare}.",
        "The previously seen {bare} {has} resolved.",
    ),
    "persistent": ("{np} persist{s}.", "Persistent {np}.", "{np} {is} again seen."),
    "unchanged": ("{np} {is} unchanged.", "Stable {np}.", "Unchanged {np}.", "{np} {is} similar to the prior."),
}
NO_CHANGE = ("No change.", "No interval change.")


class Normal(NamedTuple):
    """A sentence that all of `denies` are absent; never said beside a finding of `unless`, known or suspected."""

    text: str
    region: str
    denies: tuple[str, ...]
    unless: tuple[str, ...] = ()


_AIRSPACE = ("Lung Opacity", "Pneumonia", "Infiltration", "COVID-19")
_FOCAL = ("Nodule", "Mass")
_LUNG = (*_AIRSPACE, *_FOCAL, "Emphysema", "Fibrosis")
_CLEAR = ("Consolidation", "Edema", "Atelectasis", "Lung Lesion")
_HEART = ("Cardiomegaly", "Enlarged Cardiomediastinum")
_SHIFT = ("Atelectasis", "Pneumothorax", "Hernia")

NORMALS = (
    Normal("The heart is normal in size.", "heart", ("Cardiomegaly",)),
    Normal("Heart size is normal.", "heart", ("Cardiomegaly",)),
    Normal("The cardiac silhouette is not enlarged.", "heart", ("Cardiomegaly",)),
    Normal("The mediastinum is unremarkable.", "heart", ("Enlarged Cardiomediastinum",), _SHIFT),
    Normal("The cardiomediastinal silhouette is within normal limits.", "heart", _HEART, _SHIFT),
    Normal("Heart and mediastinum are normal in size and contour.", "heart", _HEART, _SHIFT),
    Normal("The lungs are clear.", "lungs", _CLEAR, _LUNG),
    Normal("Both lungs are clear.", "lungs", _CLEAR, _LUNG),
    Normal("No focal airspace disease.", "lungs", ("Consolidation",), ("Edema", *_AIRSPACE)),
    Normal("Pulmonary vascularity is within normal limits.", "lungs", ("Edema",)),
    Normal("No suspicious nodule or mass.", "lungs", ("Lung Lesion",), _FOCAL),
    Normal("The costophrenic angles are sharp.", "pleura", ("Pleural Effusion",), ("Pleural Thickening",)),
    Normal("The ribs are intact.", "bones", ("Fracture",)),
    Normal("No acute bony abnormality.", "bones", ("Fracture",)),
)
CUSTOMARY = (*_HEART, *_CLEAR, "Pneumothorax", "Pleural Effusion", "Fracture", "Emphysema")  # denied where all is well
ACUTE = ("Consolidation", "Edema", "Pneumothorax", "Pleural Effusion")
NORMAL_IMPRESSION = (
    "No acute cardiopulmonary abnormality.",
    "No acute cardiopulmonary process.",
    "No radiographic evidence of acute disease in the chest.",
)

IRRELEVANT = (  # true of any phantom, for none of it is drawn
    ("bones", "Mild degenerative changes of the thoracic spine."),
    ("bones", "Moderate degenerative changes are present at the right shoulder."),
    ("bones", "Mild scoliosis of the thoracic spine."),
    ("bones", "Bone mineralization is appropriate for age."),
    ("heart", "Atherosclerotic calcification of the aortic arch."),
    ("technique", "The examination is of diagnostic quality."),
    ("technique", "Lateral view was not obtained."),
    ("technique", "The left costophrenic angle is included in the field of view."),
    ("abdomen", "The visualized upper abdomen is unremarkable."),
    ("abdomen", "No free air beneath the diaphragm."),
    ("abdomen", "The soft tissues are unremarkable."),
)
REGIONS = ("technique", "heart", "lungs", "pleura", "bones", "abdomen", "devices")
DEVICE = ("{a} is in place.", "{a} is noted.", "There is {a}.")

EXAMINATIONS = (
    "Chest radiograph, {view} view.",
    "XR chest, one view ({view}).",
    "Single frontal ({view}) view of the chest.",
    "Chest, {view}, XXXX.",
)
SUBJECTS: Words = {"F": ("female", "woman"), "M": ("male", "man"), "": ("patient",)}
INDICATIONS = (
    "{age}-year-old {subject} with {symptom}.",
    "{symptom}.",
    "{symptom}, XXXX.",
    "{age}-year-old {subject}. Evaluate for pneumonia.",
    "{symptom}. Rule out acute process.",
    "XXXX.",
)
SYMPTOMS = (
    "cough",
    "shortness of breath",
    "chest pain",
    "fever and chills",
    "dyspnea on exertion",
    "weakness",
    "preoperative evaluation",
    "positive PPD",
)
NO_COMPARISON = ("None.", "None available.", "No prior studies are available.")
COMPARISONS = ("Chest radiograph dated XXXX.", "XXXX.", "Chest radiograph from XXXX, XXXX.", "Prior chest radiograph.")
CLOSINGS = (
    "Clinical correlation is recommended.",
    "Follow-up radiograph as clinically indicated.",
    "Results were discussed with Dr. XXXX at XXXX.",
)
