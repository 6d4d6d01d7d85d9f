"""Where family files lie. Gives the folder that holds one folder per family."""

from pathlib import Path

import dagster as dg

from wetplate.settings import settings


class FamiliesResource(dg.ConfigurableResource[Path]):
    """`folder` empty: WETPLATE_FAMILIES, else `families/` of the checkout."""

    folder: str = ""

    def create_resource(self, context: dg.InitResourceContext) -> Path:
        return Path(self.folder) if self.folder else settings().families
