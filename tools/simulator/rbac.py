"""How RBAC words a refusal. Source: `responsewriters.Forbidden` in k8s.io/apiserver."""

from tools.simulator.messages import Request, Response, status_response


def forbidden_response(request: Request, *, user: str) -> Response:
    """Make the 403 for listing a kind in the whole cluster, reading one namespace, or any other
    path.
    """
    return status_response(code=403, reason="Forbidden", message=_message(request.path, user=user))


def _message(path: str, *, user: str) -> str:
    match path.strip("/").split("/"):
        case ["api", _, plural]:
            return _listing(plural, group="", user=user)
        case ["apis", group, _, plural]:
            return _listing(plural, group=group, user=user)
        case ["api", _, "namespaces", name]:
            return (
                f'namespaces "{name}" is forbidden: User "{user}" cannot get resource '
                f'"namespaces" in API group "" in the namespace "{name}"'
            )
        case _:
            return f'forbidden: User "{user}" cannot get path "{path}"'


def _listing(plural: str, *, group: str, user: str) -> str:
    return (
        f'{plural} is forbidden: User "{user}" cannot list resource "{plural}" '
        f'in API group "{group}" at the cluster scope'
    )
