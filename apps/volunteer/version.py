"""The volunteer's own version, as a report and the `User-Agent` header carry it."""

from typing import Final

import release

VERSION: Final = f"v{release.VERSION}"

USER_AGENT: Final = f"spartakus-volunteer/{VERSION}"
"""Says which program asks, and nothing that tells two clusters apart."""
