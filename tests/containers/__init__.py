"""The images, run as a cluster would run them."""
