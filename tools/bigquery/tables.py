"""The tables of the fake, and what is done to them."""

from dataclasses import dataclass, field

from tools.bigquery.messages import JSONObject
from tools.bigquery.rows import fields_of


@dataclass
class Table:
    """A table: its resource as the REST interface has it, and its rows, oldest first."""

    resource: JSONObject
    rows: list[JSONObject] = field(default_factory=list)

    @property
    def fields(self) -> list[JSONObject]:
        """The columns."""
        schema = self.resource.get("schema", {})
        return fields_of(schema) if isinstance(schema, dict) else []

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [str(each["name"]) for each in self.fields]

    def view(self) -> list[JSONObject]:
        """Return the rows as the deduplicating view shows them."""
        seen: set[tuple[str, str]] = set()
        shown = []
        for row in self.rows:
            key, day = row.get("reportKey"), str(row.get("receivedAt"))[:10]
            if key is None or (str(key), day) not in seen:
                shown.append(row)
                seen.add((str(key), day))
        return shown
