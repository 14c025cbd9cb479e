"""The reports of Indiana University as Open-i publishes them: one XML file each, in a folder or in one archive.

Demner-Fushman et al. 2016, "Preparing a collection of radiology examinations for distribution and retrieval".
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from causaray.errors import BadInput
from causaray.reports.sources.report import LONGEST, Report, composed, decoded, read_bytes
from causaray.reports.sources.textfiles import files_below

MOST = 1 << 28  # bytes an archive may unpack to; the published one comes to 24 MB
_RIGHT = "it should be a report as Open-i publishes it"
_RIGHT_ARCHIVE = "it should be NLMCXR_reports.tgz as published"


def xml_reports(source: Path) -> Iterator[Report]:
    """The report of an XML file, or those of all XML files below a folder; BadInput for one that is none."""
    for path in files_below(source, ".xml"):
        yield _report(read_bytes(path), path, path.name, str(path))


def archived_reports(archive: Path) -> Iterator[Report]:
    """The reports of a .tgz as published, nothing of which is written to disk.

    Raises BadInput when it is damaged, unpacks to more than MOST bytes, or holds no reports or a file that is none.
    """
    found = False
    try:
        for name, raw in _members(archive):
            yield _report(raw, archive, name, f"{name} in {archive}")
            found = True
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise BadInput(f"{archive} is damaged or no archive ({error}); {_RIGHT_ARCHIVE}.") from error
    if not found:
        raise BadInput(f"{archive} holds no XML file; {_RIGHT_ARCHIVE}.")


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of the XML files of an archive, which is read to its end, where gzip's checksum stands."""
    with _Limited(archive) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() and member.name.lower().endswith(".xml") else None
            if content:
                yield member.name, content.read(LONGEST + 1)
        while unpacked.read(LONGEST):
            pass


class _Limited(gzip.GzipFile):
    """A gzip file that refuses to unpack more than MOST bytes, which a small one may."""

    def read(self, size: int | None = -1) -> bytes:
        raw = super().read(size)
        if self.tell() > MOST:
            raise BadInput(f"{self.name} unpacks to over {MOST >> 20} MiB; name the archive of the reports alone.")
        return raw


def _report(raw: bytes, source: Path, name: str, where: str) -> Report:
    root = _parsed(decoded(raw, where), where)
    abstract = root.findall(".//AbstractText")
    if not abstract:
        raise BadInput(f"{where} has no AbstractText; {_RIGHT}.")
    text = composed((part.get("Label") or "", _words(part)) for part in abstract)
    majors = tuple(words for part in root.iterfind(".//MeSH/major") if (words := _words(part)))
    return Report(text, source, key=_identifier(root) or Path(name).stem, majors=majors)


def _parsed(text: str, where: str) -> ElementTree.Element:
    """The root of an XML text. Without a document type it can declare no entities, so none can be expanded."""
    if "<!DOCTYPE" in text:
        raise BadInput(f"{where} declares a document type, which may hide anything; {_RIGHT}, which declares none.")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BadInput(f"{where} is no whole XML file ({error}); {_RIGHT}, so download it again.") from error


def _identifier(root: ElementTree.Element) -> str | None:
    """Such as "CXR2"."""
    element = root.find(".//uId")
    return element.get("id") if element is not None else None


def _words(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
