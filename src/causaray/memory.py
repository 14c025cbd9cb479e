"""Memory that is freed stays with the process."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> bool:
    """Tell glibc's allocator to keep what is freed for the next allocation; False where there is no glibc.

    By default every large array is mapped afresh from the system and given back when it is freed, page by page:
    measured, a third of an evaluation and 14 % of its processor time in the kernel. For the command line and children
    of ours only: in a process of somebody else's it is not ours to set.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return all(
        mallopt(option, value) for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**26))
    )
