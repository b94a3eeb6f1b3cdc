"""One door for the whole suite: the command `outdial`.

In a checkout the rooms stand beside this package, installed they are inside it; either way they are imported by
their own names, which no other package of the environment may take.
"""

import sys
from pathlib import Path

__version__ = "0.1.0"

HERE = Path(__file__).resolve().parent
ROOMS = HERE / "rooms" if (HERE / "rooms").is_dir() else HERE.parent
if sys.path[:1] != [str(ROOMS)]:
    sys.path.insert(0, str(ROOMS))
