"""What the collector keeps on its disk, and how: private, locked, durable."""
