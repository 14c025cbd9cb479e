"""German."""

from functools import lru_cache
from typing import TYPE_CHECKING

from causaray.languages.language import Language

if TYPE_CHECKING:
    from causaray.finding import Finding

_ENDINGS = ("en", "er", "em", "es", "e", "n", "s")
_LEAST = 4  # letters that stay


@lru_cache(maxsize=4096)
def _normalize(text: str) -> str:
    """Lower case, umlauts in letters, hyphens as spaces, without the endings of cases and of plurals."""
    folded = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return " ".join(map(_stem, folded.replace("-", " ").split()))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST and not word.endswith("ss"):
            return _stem(word[: -len(ending)])
    return word


_NOUNS = {
    "Enlarged Cardiomediastinum": ("Mediastinalverbreiterung", "f"),
    "Cardiomegaly": ("Kardiomegalie", "f"),
    "Lung Opacity": ("Verschattung", "f"),
    "Lung Lesion": ("Lungenläsion", "f"),
    "Edema": ("Lungenödem", "n"),
    "Consolidation": ("Konsolidierung", "f"),
    "Pneumonia": ("Pneumonie", "f"),
    "Atelectasis": ("Atelektase", "f"),
    "Pneumothorax": ("Pneumothorax", "m"),
    "Pleural Effusion": ("Pleuraerguss", "m"),
    "Pleural Other": ("Pleuraveränderung", "f"),
    "Fracture": ("Fraktur", "f"),
    "Support Devices": ("Fremdmaterial", "n"),
    "Infiltration": ("Infiltrat", "n"),
    "Mass": ("Raumforderung", "f"),
    "Nodule": ("Rundherd", "m"),
    "Emphysema": ("Emphysem", "n"),
    "Fibrosis": ("Lungenfibrose", "f"),
    "Pleural Thickening": ("Pleuraverdickung", "f"),
    "Hernia": ("Zwerchfellhernie", "f"),
    "COVID-19": ("COVID-19-Pneumonie", "f"),
}
"""Each finding as it is told, and its gender."""
_STRONG = {"m": "er", "f": "e", "n": "es"}
_NORMAL = {"present": "ohne Befund", "absent": "auffällig", "uncertain": "möglicherweise unauffällig"}
_SEVERITY = {"mild": "leicht", "moderate": "mäßig", "severe": "schwer"}
_SIDE = {"left": "links", "right": "rechts", "bilateral": "beidseits"}
_PLACE = {
    "upper lobe": "im Oberlappen", "middle lobe": "im Mittellappen", "lower lobe": "im Unterlappen",
    "upper zone": "im Oberfeld", "middle zone": "im Mittelfeld", "lower zone": "im Unterfeld",
    "basal": "basal", "apical": "apikal", "perihilar": "perihilär", "retrocardiac": "retrokardial",
    "diffuse": "diffus",
}  # fmt: skip


def _tell(finding: "Finding") -> str:
    """Such as "kein schwerer Pleuraerguss links basal"."""
    if finding.name == "No Finding":
        return _NORMAL[finding.state]
    noun, gender = _NOUNS[finding.name]
    state = {
        "present": "",
        "absent": {"m": "kein", "f": "keine", "n": "kein"}[gender],
        "uncertain": "möglich" + _STRONG[gender],
    }
    severity = _SEVERITY[finding.severity] + _STRONG[gender] if finding.severity else ""
    side = _SIDE[finding.side] if finding.side else ""
    place = _PLACE[finding.location] if finding.location else ""
    return " ".join(word for word in (state[finding.state], severity, noun, side, place) if word)


GERMAN = Language(
    code="de",
    name="Deutsch",
    normalize=_normalize,
    filler="ein, eine, einen, einem, einer, eines, der, die, das, den, dem, des, dieser, diese, dieses, im, in, an, "
    "am, auf, auch, von, vom, zu, zur, zum, für, bei, ist, sind, hat, es, gibt, da, dort, hier, Nachweis, Hinweis, "
    "Anhalt, Zeichen, Anzeichen, Patient, Patientin, Person, Röntgenbild, Röntgenaufnahme, Aufnahme, Bild, Röntgen, "
    "sichtbar, vorhanden, zeige, zeigt, füge, hinzu, bitte, nun, jetzt, mach, mache, Seite, vorliegend, bestehend, "
    "nachweisbar, abgrenzbar, erkennbar, zeigen, hinzufügen",
    supporting="Befund, Lunge, Lungenfeld, Thorax, Brustkorb, Hemithorax",
    joiners={",": ", & + und", ";": "; : . mit plus aber jedoch sowie außerdem zusätzlich", "or": "oder noch"},
    negations="kein, ohne, weder, entferne, minus",
    attributes={
        "severity": {
            "mild": "leicht, leichtgradig, gering, geringgradig, geringfügig, klein, kleiner, minimal, diskret, mild, "
            "schwach, winzig, zart",
            "moderate": "mäßig, mässig, mittel, mittelgradig, mittelschwer, mittelgroß, moderat, mäßiggradig",
            "severe": "schwer, schwergradig, hochgradig, stark, groß, massiv, ausgeprägt, ausgedehnt, deutlich, "
            "erheblich, riesig",
        },
        "side": {
            "left": "links, linke, linksseitig",
            "right": "rechts, rechte, rechtsseitig",
            "bilateral": "beidseits, beidseitig, bilateral, beide, beiderseits, links und rechts, rechts und links",
        },
        "state": {
            "absent": "nicht, entfernt, entfernen, weg, verschwunden, fehlt, fehlend, negativ, abwesend",
            "uncertain": "möglich, möglicherweise, eventuell, vielleicht, vermutlich, vermutet, wahrscheinlich, "
            "fraglich, Verdacht, verdächtig, unsicher, ?",
        },
        "location": {
            "upper lobe": "Oberlappen, oberer Lappen",
            "middle lobe": "Mittellappen, mittlerer Lappen",
            "lower lobe": "Unterlappen, unterer Lappen",
            "upper zone": "Oberfeld, oberes Lungenfeld, oberes Feld",
            "middle zone": "Mittelfeld, mittleres Lungenfeld, mittleres Feld",
            "lower zone": "Unterfeld, unteres Lungenfeld, unteres Feld",
            "basal": "basal, Basis, Lungenbasis, Lungenbasen",
            "apical": "apikal, Apex, Lungenspitze, Spitze",
            "perihilar": "perihilär, parahilär, Hilus",
            "retrocardiac": "retrokardial",
            "diffuse": "diffus",
        },
    },
    places={"bibasal": ("bilateral", "basal"), "biapikal": ("bilateral", "apical")},
    spellings={
        "No Finding": "ohne Befund, kein Befund, normal, Normalbefund, Normalbild, unauffällig, gesund, regelrecht, "
        "kein pathologischer Befund, ohne pathologischen Befund, keine Auffälligkeit, ohne Auffälligkeiten",
        "Enlarged Cardiomediastinum": "Mediastinalverbreiterung, Mediastinum verbreitert, verbreitertes Mediastinum, "
        "breites Mediastinum, verbreitertes Kardiomediastinum, Verbreiterung Mediastinums",
        "Cardiomegaly": "Kardiomegalie, Cardiomegalie, Herzvergrößerung, Herzverbreiterung, vergrößertes Herz, "
        "Herz vergrößert, großes Herz, verbreitertes Herz, vergrößerter Herzschatten, verbreiterter Herzschatten, "
        "Herzschatten vergrößert, Herzschatten verbreitert",
        "Lung Opacity": "Verschattung, Lungenverschattung, Trübung, Eintrübung, Opazität, Transparenzminderung, "
        "Milchglas, Milchglastrübung, Milchglasverschattung",
        "Lung Lesion": "Läsion, Lungenläsion, Lungentumor, Tumor",
        "Edema": "Ödem, Lungenödem, interstitielles Ödem, alveoläres Ödem, interstitielles Lungenödem, "
        "alveoläres Lungenödem",
        "Consolidation": "Konsolidierung, Konsolidation, Lungenkonsolidierung, Lungenkonsolidation",
        "Pneumonia": "Pneumonie, Lungenentzündung, Bronchopneumonie, Lungeninfektion",
        "Atelectasis": "Atelektase, Lungenatelektase, Volumenminderung, Lappenkollaps",
        "Pneumothorax": "Pneumothorax, Pneumothoraces, Pneu",
        "Pleural Effusion": "Pleuraerguss, Pleuraergüsse, Erguss, Ergüsse, Pleuraflüssigkeit, Hydrothorax, "
        "Hämatothorax, Hämothorax",
        "Pleural Other": "Pleuraveränderung, Pleuraplaque, Pleuranarbe, Pleuraschwarte, Fibrothorax",
        "Fracture": "Fraktur, Rippenfraktur, Rippenserienfraktur, Rippenbruch, Rippenbrüche, Knochenbruch, "
        "gebrochene Rippe, Bruch",
        "Support Devices": "ICD, Defibrillator, Katheter, Port, Portkatheter, Stent, Sternalcerclage, Cerclage",
        "Infiltration": "Infiltrat, Infiltration, Lungeninfiltrat, Lungeninfiltration",
        "Mass": "Raumforderung, Masse, Lungenraumforderung, pulmonale Raumforderung",
        "Nodule": "Rundherd, Lungenrundherd, Knoten, Lungenknoten, Nodulus, pulmonaler Rundherd",
        "Emphysema": "Emphysem, Lungenemphysem",
        "Fibrosis": "Fibrose, Lungenfibrose, interstitielle Fibrose",
        "Pleural Thickening": "Pleuraverdickung, verdickte Pleura, Pleura verdickt, Pleuraschwiele",
        "Hernia": "Hernie, Hiatushernie, Zwerchfellhernie",
        "COVID-19": "COVID-19, COVID, Corona, Coronavirus, SARS-CoV-2, COVID-Pneumonie, COVID-19-Pneumonie, "
        "Coronapneumonie",
    },
    devices={
        "any": "Fremdmaterial, Medizinprodukt",
        "pacemaker": "Schrittmacher, Herzschrittmacher, Schrittmachersonde, Schrittmacherelektrode, Pacemaker",
        "central line": "ZVK, zentraler Venenkatheter, Zentralvenenkatheter, zentralvenöser Katheter",
        "tracheal tube": "Tubus, Trachealtubus, Endotrachealtubus",
        "feeding tube": "Magensonde, Ernährungssonde, Sonde",
        "drain": "Drainage, Thoraxdrainage, Pleuradrainage, Drain",
    },
    ambiguous={
        "kollabiert": "Atelektase oder Pneumothorax",
        "Lungenkollaps": "Atelektase oder Pneumothorax",
        "kollabierte Lunge": "Atelektase oder Pneumothorax",
        "Flüssigkeit": "Pleuraerguss oder Lungenödem",
        "Herzinsuffizienz": "Kardiomegalie, Lungenödem oder Pleuraerguss",
        "Stauung": "Lungenödem oder Pleuraerguss",
        "COPD": "Emphysem, das ein Teil davon ist",
    },
    abnormal="auffällig, pathologisch, abnormal",
    rewrites=(
        (r"\bo\. ?b\.", " ohne befund "),
        (r"\bv\. ?a\.", " verdacht "),
        (r"\bre\. ", " rechts "),
        (r"\bli\. ", " links "),
        (r"\b(?:leicht|gering|klein)\w* bis (mäßig|mittel|moderat)", r"\1"),
        (r"\b(?:mäßig|mittel|moderat)\w* bis (schwer|hoch|groß|stark)", r"\1"),
        (r"\b((?:ober|mittel|unter)(?:lappen|feld))(?=[a-zäöü]{4})", r"\1 "),
        (r"\b(links|rechts)(?=basal|apikal|perihil|parahil|retrokardial)", r"\1 "),
    ),
    sentences={
        "ambiguous": "das hat mehr als eine Bedeutung; sagen Sie {names}.",
        "meant": "meinten Sie {names}?",
        "known": "bekannte Befunde sind {names}.",
        "or": " oder ",
        "empty": "Die Anfrage „{text}“ nennt keinen Befund; schreiben Sie einen, wie in „mäßiger Pleuraerguss links“.",
        "alone": "„{words}“ steht in der Anfrage ohne einen Befund; lassen Sie zusammen, was zusammengehört, wie in "
        "„mäßiger Pleuraerguss links“.",
        "several": "„{words}“ in der Anfrage nennt mehr als {what}; nennen Sie je eines, mit Komma oder „und“ zwischen "
        "Befunden.",
        "unknown": "Unbekanntes Wort „{words}“ in der Anfrage; {advice}",
        "unknown words": "Unbekannte Wörter „{words}“ in der Anfrage; {advice}",
        "unclear": "Es ist unklar, ob auch „{word}“ in der Anfrage verneint ist; schreiben Sie „kein“ vor jeden "
        "Befund, der fehlen soll, und zuerst, was da sein soll.",
        "either": "„{one} oder {other}“ lässt offen, was gemeint ist; schreiben Sie „und“ für beides, oder „möglich“ "
        "davor, wenn es unsicher ist.",
        "clash": "„{one}“ und „{other}“ können nicht beide gelten; lassen Sie eines davon stehen.",
        "untrained": "Die Gewichte {weights} haben „{name}“ nicht gelernt; sie kennen {names}.",
        "middle lobe": "Die linke Lunge hat keinen Mittellappen; sagen Sie Oberlappen oder Unterlappen, die sie hat, "
        "oder Mittelfeld.",
        "no place": "„Ohne Befund“ hat weder Schweregrad noch Seite noch Ort; lassen Sie das weg.",
        "name": "einen Befund", "state": "eine Aussage, ob er da ist", "severity": "einen Schweregrad",
        "side": "eine Seite", "location": "einen Ort",
    },
    names={"No Finding": "Ohne Befund", **{name: noun for name, (noun, _) in _NOUNS.items()}},
    tell=_tell,
)  # fmt: skip
