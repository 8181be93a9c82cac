"""``interfaces completion SHELL``: the script with which a shell completes our commands, names and options."""

import click
from click.shell_completion import get_completion_class

__all__ = ["VARIABLE", "completion"]

VARIABLE = "_INTERFACES_COMPLETE"
"""By which the script asks; click answers."""
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the script with which SHELL completes our commands, names of interfaces, and options.

    It is made for the command "interfaces"; options are those of the names that stand before them. bash has to be of
    version 4.4 or later.
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click knows no {shell}")
    made = found(ctx.find_root().command, {}, "interfaces", VARIABLE)
    click.echo(made.source_template % made.source_vars())
    return 0
