"""The errors of this package. Each names the thing that was wrong and the rule it broke."""


class ReportError(Exception):
    """Base of every error that `report` raises on purpose."""


class InvalidReport(ReportError):
    """A document breaks the wire contract.

    `path` is a JSON path (`$.nodes[3].capacity[0].value`; `$` for the whole document), `rule`
    the rule in words. Neither ever quotes a value: the text is safe to answer and to log.
    """

    def __init__(self, path: str, rule: str) -> None:
        super().__init__(f"{path}: {rule}")
        self.path = path
        self.rule = rule


class ReportTooLarge(InvalidReport):
    """A report re-encoded exceeds the size that every warehouse takes."""


class InvalidExtensionKey(ReportError):
    """A key breaks the grammar of Kubernetes' qualified names. `rule` says which part and why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class TooManyNodes(ReportError):
    """A cluster has more nodes than a report may hold; a part is never sent as if it were whole."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the cluster has more than {limit} nodes, which no report may hold")
        self.limit = limit
