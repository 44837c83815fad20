"""What the public vocabularies make of a file of texts, for those who extend them."""
