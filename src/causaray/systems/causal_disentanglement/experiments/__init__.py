"""The tables and figures of system 1's paper."""
