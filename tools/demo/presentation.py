"""What the demo shows on a terminal."""

import json

from rich.console import Console
from rich.table import Table

from tools.demo.census import Census, Tally
from tools.demo.wire_tap import Sent

_MOST_NODES = 3


def show_step(console: Console, text: str) -> None:
    """Say what happens next."""
    console.print(f"[bold]▸ {text}[/bold]")


def show_sent(console: Console, sent: Sent) -> None:
    """Print the bytes that went over the wire, and the answer."""
    console.print(f"The collector answered {sent.status}. The body, {len(sent.body)} bytes:\n")
    console.print(sent.body.decode(), soft_wrap=True, markup=False, highlight=False)
    report = json.loads(sent.body)
    nodes = report.get("nodes", [])
    console.print("\nThe same, laid out:\n")
    if len(nodes) > _MOST_NODES:
        report["nodes"] = nodes[:_MOST_NODES]
    console.print_json(data=report)
    if len(nodes) > _MOST_NODES:
        console.print(f"… and {len(nodes) - _MOST_NODES} more nodes, in the bytes above.")
    console.print()


def show_census(console: Console, census: Census) -> None:
    """Print what the warehouse knows."""
    console.print(
        f"Reports kept: {census.reports}   clusters: {census.clusters}   nodes: {census.nodes}\n"
    )
    _show_tally(console, "Kubernetes version", "clusters", census.master_versions)
    _show_tally(console, "Kubelet version", "nodes", census.kubelet_versions)
    _show_tally(console, "Provider", "nodes", census.providers)
    _show_tally(console, "Operating system", "nodes", census.os_images)
    _show_tally(console, "Container runtime", "nodes", census.runtimes)


def _show_tally(console: Console, title: str, counted: str, tally: Tally) -> None:
    table = Table(title, counted, title_justify="left", min_width=60)
    table.columns[1].justify = "right"
    for value, count in tally:
        table.add_row(value, str(count))
    console.print(table)
