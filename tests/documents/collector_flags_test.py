"""The table of flags in docs/operating.md."""

from collector.settings import Settings
from tests.documents.flag_tables import assert_table


def test_table() -> None:
    """The document has every flag with its variable, default and help, as it is declared."""
    assert_table("docs/operating.md", Settings)
