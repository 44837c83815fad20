"""Texts of real nodes, and what the public vocabularies make of them."""
