"""The collector: receives anonymous reports over HTTP and keeps them in a warehouse."""
