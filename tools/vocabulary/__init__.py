"""What the public vocabularies make of a file of texts, for whoever extends them."""
