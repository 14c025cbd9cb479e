"""The allocator keeps what is freed."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from causaray.memory import keep_freed_memory
kept = {keep}
if kept and not keep_freed_memory():
    print(-1)
    raise SystemExit
np.ones(8_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(8_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(keep: bool) -> int:
    return int(
        subprocess.run(
            [sys.executable, "-c", PROGRAM.format(keep=keep)], capture_output=True, text=True, check=True
        ).stdout
    )


def test_twenty_arrays_of_one_size_use_the_same_pages():
    kept = page_faults(True)
    if kept < 0:
        pytest.skip("this system has no glibc")
    assert kept * 10 < page_faults(False)
