"""What signs public files. Gives a Signer:

C2PA with the configured chain, or a test chain made on the fly.
"""

import dagster as dg

from wetplate.provenance.signing import Signer
from wetplate.settings import settings


class SignerResource(dg.ConfigurableResource[Signer]):
    """Certificate and key from WETPLATE_C2PA_CERTIFICATE and WETPLATE_C2PA_KEY.

    Without them, a test chain.
    """

    def create_resource(self, context: dg.InitResourceContext) -> Signer:
        from wetplate.provenance.signing import open_signer

        return open_signer(settings())
