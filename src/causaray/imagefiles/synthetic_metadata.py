"""That a picture is synthetic, in its metadata: for PNG and JPEG as IPTC has it, in XMP.

IPTC's Digital Source Type (https://cv.iptc.org/newscodes/digitalsourcetype/) is what cameras, editors and platforms
read; DICOM says it in attributes of its own (`dicom_out`).
"""

import re

from PIL.PngImagePlugin import PngInfo
from pydicom import Dataset

from causaray import __version__

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
"""A picture to which an algorithm that learned has added, or from which it has taken."""
SYNTHETIC = ("trainedAlgorithmicMedia", COMPOSITE, "algorithmicMedia", "compositeSynthetic", "virtualRecording")
"""The source types of pictures that are, or hold, what never was recorded."""
_TERM = re.compile(rb"newscodes/digitalsourcetype/(\w{1,60})")
_KEYWORD = "XML:com.adobe.xmp"
HEADER = ("SyntheticData", "SeriesDescription")
"""The attributes of DICOM that `said_by_header` looks at."""
_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 Iptc4xmpExt:DigitalSourceType="{VOCABULARY}{COMPOSITE}" xmp:CreatorTool="Causaray {__version__}">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">SYNTHETIC image made by Causaray, not a radiograph of any patient
</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def png_metadata() -> PngInfo:
    """What Pillow writes into a PNG: that it is synthetic."""
    told = PngInfo()
    told.add_itxt(_KEYWORD, _XMP)
    return told


def said_by_file(data: bytes) -> str | None:
    """The source type of SYNTHETIC that the XMP in a file's bytes says, whoever wrote it; None where it says none."""
    found = (term.decode() for term in _TERM.findall(data))
    return next((term for term in found if term in SYNTHETIC), None)


def said_by_header(header: Dataset) -> str | None:
    """How a DICOM header says that its image is synthetic; None where it does not."""
    if header.get("SyntheticData") == "YES":
        return "Synthetic Data is YES"
    if str(header.get("SeriesDescription", "")).startswith("SYNTHETIC"):
        return "its series is described as SYNTHETIC"
    return None
