"""DICOM over the network: C-ECHO and C-STORE, out (`storing`) and in (`receiver`). Needs the extra `network`.

Nothing here opens a connection or a port unless a verb was told where.
"""
