"""The object store. Gives Objects: a local folder, or S3 through dagster-aws's S3Resource."""

import dagster as dg

from wetplate.settings import Settings, settings
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects


class ObjectsResource(dg.ConfigurableResource[Objects]):
    """`url` empty: WETPLATE_OBJECTS_URL, else `var/objects`.

    An S3 store that would overwrite is refused (probe).
    """

    url: str = ""

    def create_resource(self, context: dg.InitResourceContext) -> Objects:
        now = settings()
        url = self.url or now.objects_url
        return open_objects(url, now, client=_s3_client(now) if url.startswith("s3:") else None)


def _s3_client(now: Settings) -> object:
    """boto3 as dagster-aws configures it. Imported here:

    Dagster_aws would double the code location's load time.
    """
    from dagster_aws.s3 import S3Resource

    return S3Resource(endpoint_url=now.s3_endpoint).get_client()
