"""The version of the collector, as `--version` and `/version` say it."""

from typing import Final

import release

VERSION: Final = release.VERSION
