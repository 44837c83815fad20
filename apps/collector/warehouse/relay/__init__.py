"""Another collector as a warehouse: reports are passed on to it."""
