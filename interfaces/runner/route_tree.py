"""Which scope types and routes an application has, as far as they can be read without calling it.

Read are our Routing and routers, Channels' and our ProtocolTypeRouter and URLRouter, Django's views, the routes of
Starlette and what is made of it, and whatever of that stands behind middleware that says what it wraps. A framework
that is not imported is not imported for this.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["DEEPEST", "MOST", "Node", "tree"]

DEEPEST = 30
"""Routers within one another that are followed."""
MOST = 5000
"""Routes of one router that are read."""


@dataclass(frozen=True, slots=True)
class Node:
    """A route, ``what``; what it leads to, in words; and the routes behind it."""

    what: str
    leads: str
    inner: "tuple[Node, ...]" = ()


def tree(app: Any) -> tuple[Node, ...]:
    """The routes of ``app``: a node a scope type; one, called "*", where its types cannot be told."""
    last = _innermost(app)
    kinds = _kinds(last, 0)
    if kinds is None:
        return (Node("http" if _is_django(last) else "*", _name(app), _inside(app, "", 0)),)
    return kinds


def _innermost(app: Any) -> Any:
    """What middleware wraps, as far as it says so: a router, Django's handler, or what wraps nothing."""
    for _ in range(DEEPEST):
        if _is_router(app) or _is_django(app):
            break
        # Channels' and our middleware keep what they wrap as `inner`, Django's handler as `application`.
        inner = getattr(app, "inner", None) or getattr(app, "application", None)
        if inner is None or inner is app:
            break
        app = inner
    return app


def _mapping(app: Any) -> Mapping[str, Any] | None:
    found = getattr(app, "application_mapping", None)
    return found if isinstance(found, Mapping) else None


def _is_router(app: Any) -> bool:
    return _mapping(app) is not None or isinstance(getattr(app, "routes", None), list | tuple)


def _is_django(app: Any) -> bool:
    handlers = sys.modules.get("django.core.handlers.asgi")
    return handlers is not None and isinstance(app, handlers.ASGIHandler)


def _kinds(app: Any, depth: int) -> tuple[Node, ...] | None:
    """The scope types that a router takes; None for what is none."""
    mapping = _mapping(app)
    if mapping is None:
        return None
    if isinstance(getattr(getattr(app, "table", None), "entries", None), Mapping):
        return tuple(_channels(app, depth))
    if isinstance(getattr(app, "routes", None), list | tuple):
        return tuple(Node(str(kind), _name(app), tuple(_routes(app.routes, depth))) for kind in mapping)
    return tuple(
        Node(str(kind), _name(inner), _inside(inner, str(kind), depth + 1)) for kind, inner in mapping.items()
    )


def _inside(app: Any, kind: str, depth: int) -> tuple[Node, ...]:
    """The routes behind ``app``; of one that takes several scope types, those of ``kind``."""
    if app is None or depth > DEEPEST:
        return ()
    last = _innermost(app)
    kinds = _kinds(last, depth)
    if kinds is not None:
        return next((one.inner for one in kinds if one.what == kind), kinds)
    if _is_django(last):
        return tuple(_views(sys.modules["django.urls"].get_resolver().url_patterns, depth))
    routes = getattr(last, "routes", None)
    return tuple(_routes(routes, depth)) if isinstance(routes, list | tuple) else ()


def _channels(routing: Any, depth: int) -> Iterator[Node]:
    """A Routing's, by scope type; the application's own channels below "background"."""
    kinds: dict[str, list[Node]] = {kind: [] for kind in routing.application_mapping}
    for channel, entries in list(routing.table.entries.items())[:MOST]:
        own = channel.partition(".")[0]
        kind = own if own in routing.application_mapping else "background"
        for entry in entries:
            filters = [
                f"{key}={''.join(one.pattern for one in found)}" for key, found in entry.patterns.items()
            ]
            kinds.setdefault(kind, []).append(Node(" ".join([channel, *filters]), _name(entry.consumer)))
    fallback = routing.fallback
    for kind, nodes in kinds.items():
        if kind == "http" and fallback is not None:
            nodes.append(Node("(all else)", _name(fallback), _inside(fallback, "http", depth + 1)))
        yield Node(kind, _name(routing), tuple(nodes))


def _routes(routes: Any, depth: int) -> Iterator[Node]:
    """Of a URLRouter, of ours, of Starlette's."""
    for one in list(routes)[:MOST]:
        inner = getattr(one, "app", None)
        if hasattr(one, "callback") or hasattr(one, "url_patterns"):
            yield from _views([one], depth)
        elif isinstance(getattr(one, "path", None), str):  # Starlette's: a Mount has routes of its own
            methods = sorted(getattr(one, "methods", None) or ())
            nested = _inside(inner, "http", depth + 1) if hasattr(one, "routes") else ()
            yield Node(
                " ".join([*methods, one.path or "/"]), _name(getattr(one, "endpoint", None) or inner), nested
            )
        else:
            yield Node(repr(one), _name(inner), _inside(inner, "", depth + 1))


def _views(patterns: Any, depth: int) -> Iterator[Node]:
    """Of Django's patterns; those of an include are nested."""
    for one in list(patterns)[:MOST]:
        path = str(one.pattern) or "(empty)"
        if hasattr(one, "url_patterns"):
            nested = tuple(_views(one.url_patterns, depth + 1)) if depth < DEEPEST else ()
            yield Node(path, "include", nested)
        else:
            yield Node(path, _name(one.callback), _inside(one.callback, "", depth + 1))


def _name(app: Any) -> str:
    """What a consumer, a view or an application is called where it is written."""
    kind = getattr(app, "consumer_class", None) or getattr(app, "view_class", None) or app
    if kind is None:
        return ""
    named = kind if hasattr(kind, "__qualname__") else type(kind)
    module = getattr(named, "__module__", "")
    return f"{module}.{named.__qualname__}" if module and module != "builtins" else str(named.__qualname__)
