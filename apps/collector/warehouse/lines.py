"""Reports as lines of JSON."""

from datetime import UTC, datetime

from collector.records import SpooledReport


def line_of(spooled: SpooledReport) -> bytes:
    """Return the report as one line, with the two columns that databases add to it."""
    received_at = datetime.fromtimestamp(spooled.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    added = f',"reportKey":"{spooled.report_key}","receivedAt":"{received_at}"}}\n'
    return spooled.encoded.removesuffix(b"}") + added.encode()
