"""Places in JSON by a path, "messages.0.to": what stands there, and how something is put there. Pure."""

from typing import Any

from interfaces.shared.errors import ConfigError

__all__ = ["at", "put"]

LONGEST_LIST = 20
"""Places in a list that is made."""


def at(value: Any, path: str) -> Any:
    """What stands at ``path``, a key in an object or a number in a list each; None where there is nothing.

    A key that has dots itself is found, too, as in a form.
    """
    if isinstance(value, dict) and path in value:
        return value[path]
    for step in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def put(root: dict[str, Any], path: str, value: Any) -> None:
    """Put ``value`` at ``path``, and make what is missing on the way. ConfigError where something else is there."""
    steps = path.split(".")
    place: Any = root
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        made = value if following is None else [] if following.isdigit() else {}
        if isinstance(place, dict):
            place = place.setdefault(step, made)
        elif isinstance(place, list) and step.isdigit() and int(step) < min(LONGEST_LIST, len(place) + 1):
            if int(step) == len(place):
                place.append(made)
            place = place[int(step)]
        else:
            raise ConfigError(f"{path}: there is no such place")
    if place is not value:
        raise ConfigError(f"{path}: something is there already")
