"""The taxonomy: what can be wrong with a product picture, as stable slugs.

Here: the slugs and a sentence for each. Slugs are only ever added, so that the log stays countable.
"""

from collections.abc import Mapping
from types import MappingProxyType

SLUGS: Mapping[str, str] = MappingProxyType(
    {
        "sexual/explicit": "sexual acts or organs",
        "sexual/nudity": "bare breasts, buttocks or genitals",
        "sexual/suggestive": "underwear, swimwear or poses meant to arouse",
        "minor_safety": "a child in a sexual or dangerous light: zero tolerance",
        "violence/graphic": "blood, injury, death",
        "violence/weapons": "weapons in use or for sale",
        "hate/symbols": "signs of groups that call for hatred",
        "self_harm": "self-harm or its praise",
        "regulated/alcohol": "alcohol",
        "regulated/tobacco_drugs": "tobacco or drugs",
        "regulated/gambling": "gambling",
        "rude_gesture": "a rude gesture",
        "privacy/face": "a recognisable face",
        "privacy/text_pii": "names, addresses or numbers of people",
        "privacy/plate": "a number plate",
        "likeness/real_person": "somebody who exists",
        "ip/logo": "a brand's sign",
        "ip/character": "somebody's character",
        "ip/artwork": "somebody's artwork or style",
        "product/misrepresentation": "not the product that is sold",
        "quality/blank": "empty or one colour",
        "quality/garbled": "noise, or a broken shape",
        "quality/text_garbage": "text that is none",
    }
)
