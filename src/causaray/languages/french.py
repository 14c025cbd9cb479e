"""French."""

from functools import lru_cache

from causaray.languages.folding import folded, without_endings
from causaray.languages.language import Language
from causaray.languages.romance import RomanceWords


@lru_cache(maxsize=4096)
def _normalize(text: str) -> str:
    """Lower case without accents, hyphens as spaces, without the endings of the feminine and of plurals."""
    return " ".join(without_endings(word, ("e", "s", "x"), 3) for word in folded(text).split())


_NOUNS = {
    "Enlarged Cardiomediastinum": ("élargissement du médiastin", "m"),
    "Cardiomegaly": ("cardiomégalie", "f"),
    "Lung Opacity": ("opacité pulmonaire", "f"),
    "Lung Lesion": ("lésion pulmonaire", "f"),
    "Edema": ("œdème pulmonaire", "m"),
    "Consolidation": ("condensation", "f"),
    "Pneumonia": ("pneumonie", "f"),
    "Atelectasis": ("atélectasie", "f"),
    "Pneumothorax": ("pneumothorax", "m"),
    "Pleural Effusion": ("épanchement pleural", "m"),
    "Pleural Other": ("atteinte pleurale", "f"),
    "Fracture": ("fracture", "f"),
    "Support Devices": ("matériel médical", "m"),
    "Infiltration": ("infiltrat", "m"),
    "Mass": ("masse", "f"),
    "Nodule": ("nodule", "m"),
    "Emphysema": ("emphysème", "m"),
    "Fibrosis": ("fibrose pulmonaire", "f"),
    "Pleural Thickening": ("épaississement pleural", "m"),
    "Hernia": ("hernie diaphragmatique", "f"),
    "COVID-19": ("pneumonie à COVID-19", "f"),
}
"""Each finding as it is told, and its gender."""
_NORMAL = {"present": "sans anomalie", "absent": "anormal", "uncertain": "peut-être normal"}
_STATE = {"present": "", "absent": "sans", "uncertain": "possible"}
_SEVERITY = {"mild": ("léger", "légère"), "moderate": ("modéré", "modérée"), "severe": ("sévère", "sévère")}
_SIDE = {"left": ("gauche", "gauche"), "right": ("droit", "droite"), "bilateral": ("bilatéral", "bilatérale")}
_PLACE = {
    "upper lobe": ("du lobe supérieur", "du lobe supérieur"),
    "middle lobe": ("du lobe moyen", "du lobe moyen"),
    "lower lobe": ("du lobe inférieur", "du lobe inférieur"),
    "upper zone": ("de la zone supérieure", "de la zone supérieure"),
    "middle zone": ("de la zone moyenne", "de la zone moyenne"),
    "lower zone": ("de la zone inférieure", "de la zone inférieure"),
    "basal": ("basal", "basale"),
    "apical": ("apical", "apicale"),
    "perihilar": ("périhilaire", "périhilaire"),
    "retrocardiac": ("rétrocardiaque", "rétrocardiaque"),
    "diffuse": ("diffus", "diffuse"),
}


_TOLD = RomanceWords(_NOUNS, _NORMAL, _STATE, _SEVERITY, _SIDE, _PLACE)

FRENCH = Language(
    code="fr",
    name="Français",
    normalize=_normalize,
    filler="un, une, des, le, la, les, l, de, du, d, ce, cet, cette, ces, à, au, aux, en, dans, sur, pour, est, sont, "
    "a, il, n, ne, y, on, voit, qui, avoir, être, signe, argument, évidence, patient, patiente, personne, "
    "radiographie, radio, cliché, image, film, visible, présent, ajouter, ajoute, ajoutez, montrer, montre, montrez, "
    "même, maintenant, abondance, taille, svp, faire, fais, faites",
    supporting="poumon, thorax, pulmonaire, champ pulmonaire, hémithorax",
    joiners={",": ", & + et", ";": "; : . avec plus mais aussi", "or": "ou ni"},
    negations="sans, pas, aucun, moins",
    attributes={
        "severity": {
            "mild": "léger, légère, légèrement, minime, minimal, petit, petite, discret, discrète, faible, minuscule",
            "moderate": "modéré, modérément, moyen, moyenne",
            "severe": "sévère, grave, important, massif, massive, grand, gros, grosse, étendu, marqué, volumineux, "
            "volumineuse, majeur, abondant, énorme",
        },
        "side": {
            "left": "gauche, côté gauche",
            "right": "droit, droite, côté droit",
            "bilateral": "bilatéral, bilatéraux, deux côtés, gauche et droite, droite et gauche",
        },
        "state": {
            "absent": "absent, absence, retirer, retirez, enlever, enlevez, enlève, supprimer, supprimez, disparu, "
            "résolu, disparition",
            "uncertain": "possible, possiblement, probable, probablement, suspicion, suspect, suspecté, douteux, "
            "éventuel, éventuelle, peut-être, incertain, ?",
        },
        "location": {
            "upper lobe": "lobe supérieur",
            "middle lobe": "lobe moyen",
            "lower lobe": "lobe inférieur",
            "upper zone": "zone supérieure, champ supérieur, champ pulmonaire supérieur",
            "middle zone": "zone moyenne, champ moyen, champ pulmonaire moyen",
            "lower zone": "zone inférieure, champ inférieur, champ pulmonaire inférieur",
            "basal": "basal, basaux, base, base pulmonaire, base poumon",
            "apical": "apical, apicaux, apex, sommet, sommet pulmonaire, sommet poumon",
            "perihilar": "périhilaire, parahilaire, hilaire",
            "retrocardiac": "rétrocardiaque",
            "diffuse": "diffus, diffuse",
        },
    },
    places={"bibasal": ("bilateral", "basal"), "biapical": ("bilateral", "apical")},
    spellings={
        "No Finding": "sans anomalie, aucune anomalie, pas anomalie, normal, normaux, sain, sans particularité",
        "Enlarged Cardiomediastinum": "élargissement médiastin, élargissement du médiastin, élargissement médiastinal, "
        "médiastin élargi",
        "Cardiomegaly": "cardiomégalie, gros cœur, cœur augmenté, cœur élargi, silhouette cardiaque élargie, "
        "élargissement silhouette cardiaque",
        "Lung Opacity": "opacité, opacité pulmonaire, opacification, verre dépoli, opacité en verre dépoli",
        "Lung Lesion": "lésion, lésion pulmonaire, tumeur, tumeur pulmonaire",
        "Edema": "œdème, œdème pulmonaire, œdème interstitiel, œdème alvéolaire, OAP",
        "Consolidation": "condensation, condensation pulmonaire, consolidation, consolidation pulmonaire",
        "Pneumonia": "pneumonie, pneumopathie infectieuse, bronchopneumonie, infection pulmonaire",
        "Atelectasis": "atélectasie, atélectasie pulmonaire, perte de volume, collapsus lobaire",
        "Pneumothorax": "pneumothorax",
        "Pleural Effusion": "épanchement, épanchement pleural, épanchements pleuraux, pleurésie, hydrothorax, "
        "hémothorax, liquide pleural",
        "Pleural Other": "atteinte pleurale, anomalie pleurale, plaque pleurale, fibrothorax",
        "Fracture": "fracture, fracture de côte, fracture costale, côte cassée, côte fracturée",
        "Support Devices": "défibrillateur, cathéter, chambre implantable, stent",
        "Infiltration": "infiltrat, infiltration, infiltrat pulmonaire",
        "Mass": "masse, masse pulmonaire",
        "Nodule": "nodule, nodule pulmonaire",
        "Emphysema": "emphysème, emphysème pulmonaire",
        "Fibrosis": "fibrose, fibrose pulmonaire, fibrose interstitielle",
        "Pleural Thickening": "épaississement pleural, plèvre épaissie, épaississement plèvre",
        "Hernia": "hernie, hernie hiatale, hernie diaphragmatique",
        "COVID-19": "covid, covid 19, coronavirus, sars cov 2, pneumonie covid, pneumonie covid 19",
    },
    devices={
        "any": "matériel médical, matériel, dispositif, dispositif médical",
        "pacemaker": "pacemaker, stimulateur, stimulateur cardiaque, sonde de pacemaker",
        "central line": "voie centrale, cathéter central, cathéter veineux central, VVC, KTC",
        "tracheal tube": "sonde d'intubation, tube endotrachéal, sonde trachéale, tube trachéal",
        "feeding tube": "sonde gastrique, sonde nasogastrique, sonde d'alimentation",
        "drain": "drain, drain thoracique, drain pleural",
    },
    ambiguous={
        "poumon collabé": "atélectasie ou pneumothorax",
        "collapsus": "atélectasie ou pneumothorax",
        "liquide": "épanchement pleural ou œdème pulmonaire",
        "insuffisance cardiaque": "cardiomégalie, œdème pulmonaire ou épanchement pleural",
        "BPCO": "emphysème, qui en est une partie",
    },
    abnormal="anormal, anormaux, pathologique",
    rewrites=(
        ("\u2019", "'"),
        (r"(^|[;,.])\s*ni\b", r"\1 sans"),
        (r"\b(?:léger|légère|faible|petite?)s? à (mod|moy)", r"\1"),
        (r"\b(?:modérée?|moyen|moyenne)s? à (sév|grave|grand|import)", r"\1"),
    ),
    sentences={
        "ambiguous": "cela a plus d'un sens ; dites {names}.",
        "meant": "vouliez-vous dire {names} ?",
        "known": "les anomalies connues sont {names}.",
        "or": " ou ",
        "empty": "La demande « {text} » ne nomme aucune anomalie ; écrivez-en une, comme dans « épanchement pleural "
        "gauche modéré ».",
        "alone": "« {words} » figure dans la demande sans anomalie ; gardez ses mots ensemble, comme dans « "
        "épanchement pleural gauche modéré ».",
        "several": "« {words} » dans la demande donne plus d'{what} ; n'en donnez qu'un de chaque, avec une virgule ou "
        "« et » entre les anomalies.",
        "unknown": "Mot inconnu « {words} » dans la demande ; {advice}",
        "unknown words": "Mots inconnus « {words} » dans la demande ; {advice}",
        "unclear": "Il n'est pas clair si « {word} » est nié aussi dans la demande ; écrivez « sans » devant chaque "
        "anomalie absente, et d'abord ce qui est présent.",
        "either": "« {one} ou {other} » laisse le choix ouvert ; écrivez « et » pour les deux, ou « possible » devant "
        "si c'est incertain.",
        "clash": "« {one} » et « {other} » ne peuvent être vrais tous les deux ; gardez l'un des deux.",
        "untrained": "Les poids {weights} n'ont pas appris « {name} » ; ils connaissent {names}.",
        "middle lobe": "Le poumon gauche n'a pas de lobe moyen ; dites lobe supérieur ou lobe inférieur, qu'il a, ou "
        "zone moyenne.",
        "no place": "« Sans anomalie » n'a ni sévérité, ni côté, ni localisation ; laissez cela de côté.",
        "name": "une anomalie", "state": "une mention de présence", "severity": "une sévérité", "side": "un côté",
        "location": "une localisation",
    },
    names={"No Finding": "sans anomalie", **{name: noun for name, (noun, _) in _NOUNS.items()}},
    tell=_TOLD.tell,
)  # fmt: skip
