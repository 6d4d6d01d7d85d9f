"""The 46 bad inputs that an image server must survive, as far as HTTP can express them, against any server.

Numbers are those of the list that the project keeps; what is asked is in each function's first line. A
server that has no words for an input (no signatures, no remote sources) is Inexpressible there, ours too.
"""

from collections.abc import Mapping

from bench.delivery import behaviour
from bench.delivery.behaviour import Check, title
from bench.delivery.inputs import addresses, caches, pictures, signatures

#: number -> check; what is missing here no server can be asked over HTTP.
INPUTS: Mapping[int, Check] = {
    1: signatures.no_signature,
    2: signatures.of_another_picture,
    3: signatures.cut_signature,
    4: signatures.repeated_signature,
    5: signatures.other_alphabet,
    6: signatures.expired,
    7: signatures.other_width,
    9: signatures.retired_key,
    10: addresses.two_objects,
    11: behaviour.unknown_is_refused,
    12: addresses.odd_case,
    13: addresses.odd_widths,
    14: addresses.odd_qualities,
    15: addresses.long_paths,
    16: addresses.slow_patterns,
    17: addresses.climbing,
    18: addresses.sibling,
    19: addresses.link_out,
    20: addresses.no_digest,
    21: addresses.remote,
    22: pictures.broken(22, "PNG of 48 KB that is 400 megapixels"),
    23: pictures.broken(23, "Header claims 60000 × 60000"),
    24: pictures.broken(24, "No bytes"),
    25: pictures.broken(25, "HTML named .png"),
    26: pictures.broken(26, "PNG, JPEG, WebP, AVIF cut short: never half a picture"),
    27: pictures.heavy(27, "GIF with 2,000 frames"),
    28: pictures.heavy(28, "AVIF that claims 65,535 items"),
    29: pictures.heavy(29, "100 MB inside zTXt and iCCP"),
    30: pictures.heavy(30, "JPEG with 1,000 scans; 65535 × 1"),
    31: pictures.odd(31, "CMYK, inverted as Adobe does"),
    32: pictures.odd(32, "Exchanged primaries in a profile; broken profile"),
    33: pictures.odd(33, "16 bits a channel, palette with transparency"),
    34: pictures.odd(34, "EXIF orientation 6, nonsense orientation"),
    35: pictures.polyglot,
    36: pictures.drawings,
    37: pictures.broken(37, "TIFF, BMP, JPEG 2000, EPS as source"),
    38: pictures.stands_still,
    39: pictures.others_unharmed,
    40: caches.many_accepts,
    41: behaviour.cookieless,
    42: signatures.private_stays_private,
    43: caches.deception,
    44: caches.odd_ranges,
    45: caches.short_errors,
    46: caches.many_variants,
}
ELSEWHERE = {8: "Constant-time compare: read in the source, not over HTTP"}
SIGNATURES = (1, 2, 3, 4, 5, 6, 7, 9, 42)


def named(number: int) -> str:
    """The input's line in the table."""
    return ELSEWHERE.get(number) or title(INPUTS[number])
