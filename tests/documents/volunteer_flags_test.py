"""The table of flags in docs/volunteer.md."""

from tests.documents.flag_tables import assert_table
from volunteer.settings import Settings


def test_table() -> None:
    """The document has every flag with its variable, default and help, as it is declared."""
    assert_table("docs/volunteer.md", Settings)
