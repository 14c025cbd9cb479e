"""How far the work is, as a file that anybody may read while it goes on."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from causaray.sharding.part import Part
from causaray.writing import whole_file


class ProgressFile:
    """`progress.json` of a folder, or `progress-3-of-64.json` of one job of many; it goes when the work is done."""

    def __init__(self, folder: Path, part: Part, total: int, tell: Callable[[int, int], object] | None = None) -> None:
        """total: studies of this job; tell: is called with (studies done, studies in all) as well."""
        self.path = folder / ("progress.json" if part.of == 1 else f"progress-{part.index}-of-{part.of}.json")
        self._total, self._tell, self._done, self._fresh = total, tell, 0, 0
        self._started = time.monotonic()

    def add(self, studies: int, fresh: bool = True) -> None:
        """So many studies more are done; `fresh` ones were not there before and tell how fast the work goes."""
        self._done += studies
        self._fresh += studies if fresh else 0
        seconds = time.monotonic() - self._started
        rate = self._fresh / seconds if self._fresh else None
        left = None if rate is None else round((self._total - self._done) / rate, 1)
        told = {"done": self._done, "of": self._total, "a_second": rate and round(rate, 2), "seconds_left": left}
        with whole_file(self.path) as beside:
            beside.write_text(json.dumps(told) + "\n", encoding="utf-8")
        if self._tell is not None:
            self._tell(self._done, self._total)

    def close(self) -> None:
        """The work is done, and the file has nothing more to say."""
        self.path.unlink(missing_ok=True)
