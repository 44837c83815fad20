"""How much the properties try: `./pants test :: -- --profile deep` tries a hundred times more.

A run without the option is the same each time, so that its result can be kept; a deep one is not.
Add `--no-timeouts` before `--` for a deep run: it takes as long as it takes.
"""

import pytest
from hypothesis import Phase, settings

_EXAMPLES = 50

settings.register_profile(
    "default", max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None
)
settings.register_profile("deep", max_examples=100 * _EXAMPLES, deadline=None, print_blob=True)
settings.register_profile(
    "unshrunk",  # where it matters that a property fails, not how
    settings.get_profile("default"),
    phases=(Phase.explicit, Phase.generate),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--profile`."""
    parser.addoption(
        "--profile",
        choices=("default", "deep", "unshrunk"),
        default="default",
        help="how many examples the properties try: deep is a hundred times default",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile."""
    profile = config.getoption("profile")
    settings.load_profile(profile)
    if profile == "deep":
        config.option.timeout = 0
