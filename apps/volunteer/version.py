"""The volunteer's own version, as a report and the `User-Agent` header carry it."""

from typing import Final

VERSION: Final = "v2.0.0"

USER_AGENT: Final = f"spartakus-volunteer/{VERSION}"
"""Says which program asks, and nothing that tells two clusters apart."""
