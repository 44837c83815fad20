"""What the PEX files hold, as bills of materials."""
