"""Image files in and out: DICOM, PNG, JPEG and TIFF become Scans, Scans become PNG and DICOM."""

from causaray.imagefiles.burn_in import burn_in
from causaray.imagefiles.dicom_out import write_dicom
from causaray.imagefiles.find import SCAN_SUFFIXES, find_scans
from causaray.imagefiles.grid import Panel, diverging, write_grid
from causaray.imagefiles.raster import write_png
from causaray.imagefiles.read import read_scan

__all__ = [
    "SCAN_SUFFIXES",
    "Panel",
    "burn_in",
    "diverging",
    "find_scans",
    "read_scan",
    "write_dicom",
    "write_grid",
    "write_png",
]
