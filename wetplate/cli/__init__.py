"""The command line: one module per verb family, loaded when it is asked for.

Rules: a refusal is one clear line on stderr and exit status 2; broken invariants exit 1; nothing heavy is
imported before its command runs. Each module exposes a click command or group named `command`.
"""

import importlib
import sys

import click

from wetplate.errors import WetplateError

VERBS = {
    "family": "Check product families and list their recipes.",
    "adopt": "Take pictures from outside into a family.",
    "infotext": "Read generation parameters from a text or an image.",
    "paint": "Paint what a family still lacks, without Dagster.",
    "review": "Decide on images that wait for a person.",
    "moderation": "Derive verdicts again, measure detectors, estimate what slips through.",
    "image": "Everything known about one image.",
    "status": "Where each family stands.",
    "verify": "Check every invariant of catalog and store.",
    "verify-image": "Whose picture is this file, and did a machine make it?",
    "provenance": "Hand out where an image comes from; say whether viewers are told.",
    "audit": "Seal, check and export the trail of everything that was decided.",
    "hold": "Legal holds: what must be neither deleted nor erased.",
    "erase": "Make the personal data of one subject unreadable for good.",
    "checklist": "The rollout's six questions, answered from the live system.",
    "takedown": "Withdraw an image from the public.",
    "reinstate": "Bring a withdrawn image back.",
    "notice": "Complaints about pictures: receive, decide, carry out, prove.",
    "objects": "Probe the object store, sweep orphans.",
    "db": "Start, stop and look at the catalog's Postgres.",
    "certs": "Make a test chain for signing.",
    "serve": "Serve images, transforms and the gallery: the origin.",
    "url": "Print one address of an image, signed if need be.",
    "edge": "Start Varnish before the origin.",
    "purge": "Have every cache forget an image or a family.",
    "probe": "Fetch what is public as a stranger and check it.",
    "preview": "Serve contact sheets to people at work (loopback).",
    "env": "Print the environment Dagster needs.",
}
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
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


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
