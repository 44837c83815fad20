"""Names of resources that are public."""

from report.vocabulary.recognition import MAX_CHARACTERS
from report.vocabulary.vocabularies import Vocabulary, is_public


def is_known_resource(name: str) -> bool:
    """Whether `name` is public: a word of Kubernetes or of a vendor's documentation.

    Nothing is remembered, because a collector asks for what strangers send. Takes some 15
    microseconds; who asks often for the same names remembers the answers.
    """
    return len(name) <= MAX_CHARACTERS and is_public(Vocabulary.RESOURCES, name)
