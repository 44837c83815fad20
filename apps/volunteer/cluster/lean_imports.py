"""Imports modules of a library without all that they import themselves.

`import kubernetes.client` first runs `kubernetes/__init__.py`, which imports everything that the
library has: web sockets, leader election, each API. And the module that reads a kubeconfig imports
what only OpenID Connect needs: OAuth, requests, and the client for models, which imports pydantic.
A look at a cluster needs none of it; all of it together takes longer than the look.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType


def pass_over(*packages: str) -> None:
    """Let modules of these packages be imported without what the packages import themselves.

    A parent has to come before its child. A package that was imported already stays as it is, and
    one that is not installed is left to the import that will miss it.
    """
    for name in packages:
        spec = None if name in sys.modules else find_spec(name)
        if spec is None:
            continue
        sys.modules[name] = package = module_from_spec(spec)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)


@contextmanager
def put_off(*imports: str) -> Iterator[None]:
    """Within the block, import these not now but when they are used.

    `package.module` stands for `import package.module`: an empty module takes its place, for what
    does not look into it before something else imported it. `package.module:name` stands for
    `from package.module import name`, which gives a function that imports when it is called: for
    what only calls it, and neither derives from it nor looks for instances of it.

    What was imported already stays as it is, and after the block all else is as it was before.
    """
    with ExitStack() as afterwards:
        for put_off_import in imports:
            module_name, _, name = put_off_import.partition(":")
            module = sys.modules.get(module_name)
            if module is None:
                module = sys.modules[module_name] = ModuleType(module_name)
                afterwards.callback(sys.modules.pop, module_name)
            if name and name not in vars(module):
                setattr(module, name, _importing(module_name, name))
                afterwards.callback(delattr, module, name)
        yield


def _importing(module: str, name: str) -> Callable[..., object]:
    def call(*arguments: object, **named: object) -> object:
        called: Callable[..., object] = getattr(import_module(module), name)
        return called(*arguments, **named)

    return call
