"""The command line: one module per verb family, loaded when it is asked for.

Rules: a refusal is one clear line on stderr and exit status 2; broken invariants exit 1; nothing heavy is
imported before its command runs. Each module exposes a click command or group named `command`.
"""

import importlib
import sys
from collections.abc import Mapping

import click

from wetplate.errors import WetplateError

#: Verbs in the order of an image's life, then what it runs on; each with what `wetplate --help` says of it.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "Make": {
        "family": "Check product families and list their recipes.",
        "adopt": "Take pictures from outside into a family.",
        "paint": "Paint what a family still lacks, without Dagster.",
        "infotext": "Read generation parameters from a text or an image.",
    },
    "Decide": {
        "review": "Decide on what waits for a person; serve the console.",
        "moderation": "Derive verdicts again; measure detectors against people.",
    },
    "Publish": {
        "serve": "Serve images, transforms and the gallery: the origin.",
        "edge": "Start Varnish before the origin.",
        "url": "Print one address of an image, signed if need be.",
        "probe": "Fetch what is public as a stranger and check it.",
        "purge": "Have every cache forget an image or a family.",
    },
    "Withdraw": {
        "takedown": "Withdraw an image from the public.",
        "reinstate": "Make a withdrawn image a draft again.",
        "notice": "Complaints about pictures: record, decide, carry out, prove.",
    },
    "Prove and forget": {
        "provenance": "Hand out where an image comes from; say what viewers are told.",
        "verify-image": "Say whose picture a file is, and whether a machine made it.",
        "audit": "Seal, check and export the trail of everything that happened.",
        "hold": "Keep something from being deleted or erased: legal holds.",
        "erase": "Make the personal data of one subject unreadable for good.",
    },
    "Look": {
        "status": "Where each family stands.",
        "image": "Everything known about one image.",
        "verify": "Check every invariant of catalog and store.",
        "checklist": "Answer the rollout's six questions from the live system.",
        "preview": "Serve contact sheets to people at work (loopback).",
    },
    "Run": {
        "db": "Start, stop and look at the catalog's Postgres.",
        "objects": "Probe the object store, sweep orphans.",
        "certs": "Make a test chain for signing.",
        "env": "Print the environment Dagster needs.",
    },
}
VERBS = {verb: says for verbs in GROUPS.values() for verb, says in verbs.items()}
MODULES = {"reinstate": "takedown", "verify-image": "verify_image"}


class Verbs(click.Group):
    """A group that imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"wetplate.cli.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, "reinstate" if cmd_name == "reinstate" else "command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, VERBS))
        for group, verbs in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(verb.ljust(widest), says) for verb, says in verbs.items()])


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wetplate")
def wetplate() -> None:
    """Take a product image from a prompt to a published, provable, purgeable picture."""


def main() -> None:
    """The console script: turns refusals into one line and exit status 2."""
    try:
        wetplate()
    except WetplateError as refusal:
        click.echo(f"wetplate: {refusal}", err=True)
        sys.exit(2)
