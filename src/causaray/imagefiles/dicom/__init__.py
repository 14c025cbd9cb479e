"""DICOM: reading, writing, and removing what tells who the patient is."""
