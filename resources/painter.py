"""What paints. Gives a Painter; torch is imported when the first recipe is painted, never before."""

import dagster as dg

from wetplate.generation.painter import Painter
from wetplate.settings import settings


class PainterResource(dg.ConfigurableResource[Painter]):
    """The painter named by WETPLATE_PAINTER, on the device named by WETPLATE_DEVICE."""

    def create_resource(self, context: dg.InitResourceContext) -> Painter:
        from wetplate.generation.studio import open_painter

        return open_painter(settings())
