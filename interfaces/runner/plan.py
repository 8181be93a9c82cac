"""What a process is to do, made from the names asked for and the sources of options; nothing is opened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from interfaces import registry
from interfaces.runner.options import ServeOptions, WorkerOptions
from interfaces.runner.sources import Known
from interfaces.shared.interface import Interface
from interfaces.shared.options import Flag, Origin, Source, build, flags

__all__ = ["CheckedSource", "Plan", "Setting", "make_plan", "worker_plan"]


class CheckedSource(Source, Protocol):
    """A source that can tell which of its names mean nothing."""

    def check(self, known: Known) -> None:
        """ConfigError for a name that is no option."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One option with its value and where that came from."""

    flag: Flag
    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The process-wide options, each interface with the names of it that are served, and every setting."""

    options: ServeOptions
    chosen: tuple[tuple[Interface[Any], tuple[str, ...]], ...]
    settings: tuple[Setting, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are served."""
        return tuple(name for _, names in self.chosen for name in names)


def make_plan(names: Iterable[str], *sources: CheckedSource) -> Plan:
    """Choose the interfaces and build everyone's options, the first source winning.

    Raises ConfigError for names, keys and values that cannot be.
    """
    return _plan(ServeOptions, registry.select(names), sources)


def worker_plan(*sources: CheckedSource) -> Plan:
    """A plan whose one interface is the worker. Raises ConfigError as :func:`make_plan` does."""
    from interfaces.runner.distributed import WorkerProcess  # noqa: PLC0415 - only workers pay for it

    plan = _plan(WorkerOptions, [], sources)
    return replace(plan, chosen=((WorkerProcess(cast("WorkerOptions", plan.options)), WorkerProcess.names),))


def _plan(process: type[ServeOptions], chosen: list[Any], sources: Sequence[CheckedSource]) -> Plan:
    classes = [((), process), *((kind.names, kind.options_class) for kind, _ in chosen)]
    # One file, and one environment, serve containers and workers alike.
    everywhere = flags((), WorkerOptions)
    theirs = [flag for its, kind in classes[1:] for flag in flags(its, kind)]
    known = Known([*everywhere, *theirs], registry.names())
    for source in sources:
        source.check(known)
    settings: list[Setting] = []
    built: list[Any] = []
    for its, kind in classes:
        options, origins = build(its, kind, *sources)
        built.append(options)
        settings += [
            Setting(flag, getattr(options, flag.attribute), origins[flag.name]) for flag in flags(its, kind)
        ]
    made = tuple((kind(options), asked) for (kind, asked), options in zip(chosen, built[1:], strict=True))
    return Plan(options=built[0], chosen=made, settings=tuple(settings))
