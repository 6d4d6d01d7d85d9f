"""Two AVIF writers side by side: Pillow's own (aom) and the plugin's (SVT-AV1).

Importing `pillow_avif` puts it in the place of Pillow's writer and reader. Here both get a name of their own,
and Pillow's are put back, so that what "AVIF" means does not depend on who imported what first.
"""

import os
import threading

from PIL import AvifImagePlugin, Image

SVT = "AVIF-SVT"
_LOCK = threading.Lock()


def writer(svt: bool) -> str:
    """The format name to give to `Image.save`."""
    if svt and SVT not in Image.SAVE:
        with _LOCK:
            _register()
    return SVT if svt else "AVIF"


def _register() -> None:
    os.environ.setdefault("SVT_LOG", "0")  # the encoder prints a banner to stderr otherwise
    import pillow_avif

    Image.register_open("AVIF", AvifImagePlugin.AvifImageFile, AvifImagePlugin._accept)
    Image.register_save("AVIF", AvifImagePlugin._save)
    Image.register_save_all("AVIF", AvifImagePlugin._save_all)
    Image.register_save(SVT, pillow_avif.AvifImagePlugin._save)
