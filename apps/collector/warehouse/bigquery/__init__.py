"""BigQuery as a warehouse. `warehouse` is the way in; the rest serves it."""
