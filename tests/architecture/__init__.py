"""Rules about which module may import which."""
