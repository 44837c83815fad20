"""Files of the collector: private, locked, durable."""
