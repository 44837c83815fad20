"""The version of the collector, as `--version` and `/version` say it."""

from typing import Final

VERSION: Final = "2.0.0"
