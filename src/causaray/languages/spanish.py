"""Spanish."""

from functools import lru_cache

from causaray.languages.folding import folded, without_endings
from causaray.languages.language import Language
from causaray.languages.romance import RomanceWords


@lru_cache(maxsize=4096)
def _normalize(text: str) -> str:
    """Lower case without accents, hyphens as spaces, without the endings of genders and of plurals."""
    return " ".join(without_endings(word, ("a", "e", "o", "s"), 4) for word in folded(text).split())


_NOUNS = {
    "Enlarged Cardiomediastinum": ("ensanchamiento mediastínico", "m"),
    "Cardiomegaly": ("cardiomegalia", "f"),
    "Lung Opacity": ("opacidad pulmonar", "f"),
    "Lung Lesion": ("lesión pulmonar", "f"),
    "Edema": ("edema pulmonar", "m"),
    "Consolidation": ("consolidación", "f"),
    "Pneumonia": ("neumonía", "f"),
    "Atelectasis": ("atelectasia", "f"),
    "Pneumothorax": ("neumotórax", "m"),
    "Pleural Effusion": ("derrame pleural", "m"),
    "Pleural Other": ("afectación pleural", "f"),
    "Fracture": ("fractura", "f"),
    "Support Devices": ("dispositivo médico", "m"),
    "Infiltration": ("infiltrado", "m"),
    "Mass": ("masa", "f"),
    "Nodule": ("nódulo", "m"),
    "Emphysema": ("enfisema", "m"),
    "Fibrosis": ("fibrosis pulmonar", "f"),
    "Pleural Thickening": ("engrosamiento pleural", "m"),
    "Hernia": ("hernia diafragmática", "f"),
    "COVID-19": ("neumonía por COVID-19", "f"),
}
"""Each finding as it is told, and its gender."""
_NORMAL = {"present": "sin hallazgos", "absent": "anormal", "uncertain": "posiblemente normal"}
_STATE = {"present": "", "absent": "sin", "uncertain": "posible"}
_SEVERITY = {"mild": ("leve", "leve"), "moderate": ("moderado", "moderada"), "severe": ("grave", "grave")}
_SIDE = {
    "left": ("izquierdo", "izquierda"),
    "right": ("derecho", "derecha"),
    "bilateral": ("bilateral", "bilateral"),
}
_PLACE = {
    "upper lobe": ("del lóbulo superior", "del lóbulo superior"),
    "middle lobe": ("del lóbulo medio", "del lóbulo medio"),
    "lower lobe": ("del lóbulo inferior", "del lóbulo inferior"),
    "upper zone": ("de la zona superior", "de la zona superior"),
    "middle zone": ("de la zona media", "de la zona media"),
    "lower zone": ("de la zona inferior", "de la zona inferior"),
    "basal": ("basal", "basal"),
    "apical": ("apical", "apical"),
    "perihilar": ("perihiliar", "perihiliar"),
    "retrocardiac": ("retrocardíaco", "retrocardíaca"),
    "diffuse": ("difuso", "difusa"),
}


_TOLD = RomanceWords(_NOUNS, _NORMAL, _STATE, _SEVERITY, _SIDE, _PLACE)

SPANISH = Language(
    code="es",
    name="Español",
    normalize=_normalize,
    filler="un, una, unos, unas, el, la, los, las, lo, de, del, al, a, este, esta, estos, estas, en, por, para, es, "
    "son, hay, tiene, se, observa, observan, ve, ven, signo, indicio, evidencia, paciente, persona, radiografía, "
    "imagen, película, visible, presente, añadir, añade, añada, agregar, agrega, mostrar, muestra, muestre, mismo, "
    "ahora, tamaño, favor, hacer, haz, que",
    supporting="placa, pulmón, tórax, pulmonar, campo pulmonar, hemitórax",
    joiners={",": ", & + y e", ";": "; : . con pero también además", "or": "o u ni"},
    negations="sin, no, ningún, ninguna, menos, tampoco",
    attributes={
        "severity": {
            "mild": "leve, ligero, levemente, ligeramente, pequeño, mínimo, discreto, escaso, tenue, diminuto",
            "moderate": "moderado, moderadamente, mediano, moderada cuantía",
            "severe": "grave, severo, grande, gran, importante, masivo, extenso, marcado, voluminoso, enorme",
        },
        "side": {
            "left": "izquierdo, lado izquierdo",
            "right": "derecho, lado derecho",
            "bilateral": "bilateral, ambos, ambas, dos lados, ambos lados, izquierdo y derecho, derecho e izquierdo, "
            "derecho y izquierdo",
        },
        "state": {
            "absent": "ausente, ausencia, quitar, quita, quite, retirar, retira, retire, eliminar, elimina, elimine, "
            "suprimir, negativo, resuelto, desaparecido",
            "uncertain": "posible, posiblemente, probable, probablemente, sospecha, sospechoso, dudoso, quizá, quizás, "
            "eventual, incierto, ?, ¿",
        },
        "location": {
            "upper lobe": "lóbulo superior",
            "middle lobe": "lóbulo medio",
            "lower lobe": "lóbulo inferior",
            "upper zone": "zona superior, campo superior, campo pulmonar superior",
            "middle zone": "zona media, campo medio, campo pulmonar medio",
            "lower zone": "zona inferior, campo inferior, campo pulmonar inferior",
            "basal": "basal, base, base pulmonar, base pulmón",
            "apical": "apical, ápice, ápex, vértice, vértice pulmonar",
            "perihilar": "perihiliar, parahiliar, hiliar",
            "retrocardiac": "retrocardíaco",
            "diffuse": "difuso, difusamente",
        },
    },
    places={"bibasal": ("bilateral", "basal"), "biapical": ("bilateral", "apical")},
    spellings={
        "No Finding": "sin hallazgos, ningún hallazgo, sin alteraciones, sin anomalías, normal, sano, sana, sin "
        "hallazgos patológicos",
        "Enlarged Cardiomediastinum": "ensanchamiento mediastínico, ensanchamiento mediastino, mediastino ensanchado",
        "Cardiomegaly": "cardiomegalia, corazón agrandado, corazón aumentado, corazón grande, silueta cardíaca "
        "aumentada, silueta cardíaca agrandada",
        "Lung Opacity": "opacidad, opacidad pulmonar, opacificación, vidrio deslustrado, vidrio esmerilado, "
        "opacidad en vidrio deslustrado, opacidad en vidrio esmerilado",
        "Lung Lesion": "lesión, lesión pulmonar, tumor, tumor pulmonar",
        "Edema": "edema, edema pulmonar, edema intersticial, edema alveolar",
        "Consolidation": "consolidación, consolidación pulmonar, condensación, condensación pulmonar",
        "Pneumonia": "neumonía, bronconeumonía, infección pulmonar, pulmonía",
        "Atelectasis": "atelectasia, atelectasia pulmonar, pérdida de volumen, colapso lobar",
        "Pneumothorax": "neumotórax",
        "Pleural Effusion": "derrame, derrame pleural, líquido pleural, hidrotórax, hemotórax",
        "Pleural Other": "afectación pleural, alteración pleural, anomalía pleural, placa pleural, fibrotórax",
        "Fracture": "fractura, fractura costal, fractura de costilla, costilla rota, costilla fracturada",
        "Support Devices": "desfibrilador, catéter, reservorio, stent",
        "Infiltration": "infiltrado, infiltración, infiltrado pulmonar",
        "Mass": "masa, masa pulmonar",
        "Nodule": "nódulo, nódulo pulmonar",
        "Emphysema": "enfisema, enfisema pulmonar",
        "Fibrosis": "fibrosis, fibrosis pulmonar, fibrosis intersticial",
        "Pleural Thickening": "engrosamiento pleural, pleura engrosada, engrosamiento pleura",
        "Hernia": "hernia, hernia hiatal, hernia de hiato, hernia diafragmática",
        "COVID-19": "covid, covid 19, coronavirus, sars cov 2, neumonía covid, neumonía covid 19",
    },
    devices={
        "any": "dispositivo, dispositivo médico, material médico",
        "pacemaker": "marcapasos, electrodo de marcapasos",
        "central line": "vía central, catéter central, catéter venoso central, CVC",
        "tracheal tube": "tubo endotraqueal, tubo traqueal, tubo orotraqueal",
        "feeding tube": "sonda nasogástrica, sonda gástrica, sonda de alimentación, SNG",
        "drain": "drenaje, drenaje torácico, drenaje pleural, tubo de tórax",
    },
    ambiguous={
        "pulmón colapsado": "atelectasia o neumotórax",
        "colapso": "atelectasia o neumotórax",
        "colapso pulmonar": "atelectasia o neumotórax",
        "líquido": "derrame pleural o edema pulmonar",
        "insuficiencia cardíaca": "cardiomegalia, edema pulmonar o derrame pleural",
        "EPOC": "enfisema, que es una parte",
    },
    abnormal="anormal, patológico",
    rewrites=(
        (r"(^|[;,.])\s*ni\b", r"\1 sin"),
        (r"\b(?:leve|ligero|ligera|pequeño|pequeña)s? a (moder)", r"\1"),
        (r"\b(?:moderado|moderada)s? a (grave|sever|grand|import)", r"\1"),
    ),
    sentences={
        "ambiguous": "tiene más de un significado; diga {names}.",
        "meant": "¿quería decir {names}?",
        "known": "los hallazgos conocidos son {names}.",
        "or": " o ",
        "empty": "La petición «{text}» no nombra ningún hallazgo; escriba uno, como en «derrame pleural izquierdo "
        "moderado».",
        "alone": "«{words}» está en la petición sin ningún hallazgo; deje juntas sus palabras, como en «derrame "
        "pleural izquierdo moderado».",
        "several": "«{words}» en la petición da más de {what}; diga uno de cada, con una coma o «y» entre los "
        "hallazgos.",
        "unknown": "Palabra desconocida «{words}» en la petición; {advice}",
        "unknown words": "Palabras desconocidas «{words}» en la petición; {advice}",
        "unclear": "No está claro si «{word}» se niega también en la petición; escriba «sin» delante de cada hallazgo "
        "ausente, y primero lo que está presente.",
        "either": "«{one} o {other}» deja abierto cuál; escriba «y» para ambos, o «posible» delante si es incierto.",
        "clash": "«{one}» y «{other}» no pueden decirse a la vez; deje uno de los dos.",
        "untrained": "Los pesos {weights} no han aprendido «{name}»; conocen {names}.",
        "middle lobe": "El pulmón izquierdo no tiene lóbulo medio; diga lóbulo superior o lóbulo inferior, que sí "
        "tiene, o zona media.",
        "no place": "«Sin hallazgos» no tiene gravedad, lado ni lugar; déjelo fuera.",
        "name": "un hallazgo", "state": "una indicación de presencia", "severity": "una gravedad", "side": "un lado",
        "location": "un lugar",
    },
    names={"No Finding": "sin hallazgos", **{name: noun for name, (noun, _) in _NOUNS.items()}},
    tell=_TOLD.tell,
)  # fmt: skip
