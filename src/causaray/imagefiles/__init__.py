"""Image files in and out: DICOM, PNG, JPEG and TIFF become Scans, Scans become PNG and DICOM."""

from causaray.imagefiles.apart import read_header, read_scan
from causaray.imagefiles.dicom.burn_in import burn_in
from causaray.imagefiles.dicom.dicom_out import dicom_bytes, write_dicom
from causaray.imagefiles.find import SCAN_SUFFIXES, find_scans
from causaray.imagefiles.grid import Panel, difference_png, diverging, film_png, grid_png, panel_png, write_grid
from causaray.imagefiles.raster import write_png
from causaray.imagefiles.read import read_scan_bytes

__all__ = [
    "SCAN_SUFFIXES",
    "Panel",
    "burn_in",
    "dicom_bytes",
    "difference_png",
    "diverging",
    "film_png",
    "find_scans",
    "grid_png",
    "panel_png",
    "read_header",
    "read_scan",
    "read_scan_bytes",
    "write_dicom",
    "write_grid",
    "write_png",
]
