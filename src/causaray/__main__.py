"""`python -m causaray`; torchrun starts it so: `torchrun --nproc-per-node 8 -m causaray train ...`."""

import sys

from causaray.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
