"""For whom a kubeconfig's user acts: `as` and what goes with it.

Source: "User impersonation" in Kubernetes' documentation, and `validateAuthInfo` of client-go.
"""

import re
from typing import Final
from urllib.parse import quote

from urllib3 import HTTPHeaderDict

from volunteer.cluster.kubeconfig.documents import User
from volunteer.cluster.kubeconfig.places import Place, Placed

# RFC 9110, section 5.5: what a header's value may not hold.
_NOT_IN_HEADERS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# RFC 9110, section 5.6.2: what a header's name may hold besides letters and digits, but `%`.
_IN_HEADER_NAMES: Final = "!#$&'*+-.^_`|~"


def impersonation(user: Placed[User]) -> HTTPHeaderDict:
    """Return the headers that say for whom the user acts. Raises `InvalidKubeconfig`."""
    value, place, headers = user.value, user.place, HTTPHeaderDict()
    if not value.as_:
        for name in ("as_uid", "as_groups", "as_user_extra"):
            if getattr(value, name):
                place.below(name.replace("_", "-")).refuse("stands without `as`: name the user")
        return headers
    headers.add("Impersonate-User", _in_header(place.below("as"), value.as_))
    if value.as_uid:
        headers.add("Impersonate-Uid", _in_header(place.below("as-uid"), value.as_uid))
    for group in value.as_groups or ():
        headers.add("Impersonate-Group", _in_header(place.below("as-groups"), group))
    for key, texts in (value.as_user_extra or {}).items():
        name = f"Impersonate-Extra-{quote(key, safe=_IN_HEADER_NAMES)}"
        for text in texts or ():
            headers.add(name, _in_header(place.below("as-user-extra"), text))
    return headers


def _in_header(place: Place, text: str) -> str:
    """Return `text` so that its UTF-8 is sent: headers are encoded as Latin-1 on their way."""
    if _NOT_IN_HEADERS.search(text):
        place.refuse("must hold no control characters")
    return text.encode("utf-8", "replace").decode("latin-1")
