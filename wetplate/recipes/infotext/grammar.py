"""The grammar of A1111's "parameters" text: prompt, negative prompt, one line of pairs.

Here: `parse` and `write`, inverse of each other. Not here: the line of pairs (`pairs`), what absent keys mean
(`implied`).

Rules, as A1111's reader applies them:
1. The last line is the parameters if it holds three or more pairs; otherwise it is prompt.
2. A line that starts with `Negative prompt:` ends the prompt; all further lines are negative prompt.
3. Each line is stripped; of a key that stands twice the last one counts. Beyond the tool: a text without
   Steps, Sampler, CFG scale, Seed or Size is no infotext. Lenient also reads what the tool would lose:
   prompt and parameters on one line, and lines behind the parameters.
"""

from collections.abc import Mapping, Sequence

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.pairs import KEY, Pair, quoted, scan
from wetplate.recipes.infotext.text import LONGEST, Infotext, judged, shown

NEGATIVE = "Negative prompt:"
FEWEST = 3
CORE = ("Steps", "Sampler", "CFG scale", "Seed", "Size")

#: The order in which A1111 writes; other keys follow in their own order, LAST comes last.
ORDER = (
    *(
        "Steps",
        "Sampler",
        "Schedule type",
        "CFG scale",
        "Image CFG scale",
        "Seed",
        "Face restoration",
        "Size",
    ),
    *("Model hash", "Model", "FP8 weight", "Cache FP16 weight for LoRA", "VAE hash", "VAE"),
    *("Variation seed", "Variation seed strength", "Seed resize from", "Denoising strength"),
    *("Conditional mask weight", "Clip skip", "ENSD", "Token merging ratio", "Token merging ratio hr"),
    *("Init image hash", "RNG", "NGMS", "Tiling"),
)
LAST = ("Version", "User")


def parse(text: str, *, strict: bool = False) -> Infotext:
    """What a text says. Raises InfotextError when it is no infotext, or not a strict one."""
    if len(text) > LONGEST:
        raise InfotextError(f"the text is longer than {LONGEST} characters; no infotext is")
    lines, line, behind = _layout(text.strip().split("\n"))
    dropped = [f"the line {shown(lost)} behind the parameters" for lost in behind]
    assumed = ["the parameters are not the last line"] if behind else []
    lead, line = _lead(line, alone=not lines)
    if lead:
        assumed.append(f"prompt and parameters stand on one line: {shown(lead)}, before Steps, is the prompt")
        lines = [*lines, *_prompts(lead)]
    prompt, negative = _sections(lines)
    pairs, gaps = scan(line)
    parameters, lost = _parameters(pairs)
    if NEGATIVE[:-1] in parameters:
        negative = parameters.pop(NEGATIVE[:-1])
        assumed.append("the negative prompt is the one among the parameters")
    dropped += [*lost, *(f"the text {shown(gap)}, which has no key" for gap in gaps)]
    return judged(Infotext(prompt, negative, parameters, tuple(assumed), tuple(dropped)), strict=strict)


def write(infotext: Infotext) -> str:
    """The text that `parse` reads back. Raises InfotextError for what the grammar cannot carry."""
    keys = _ordered(infotext.parameters)
    for key in keys:
        if not KEY.match(key):
            raise InfotextError(
                f"key {shown(key)} cannot be written: two or more letters, spaces, - or / needed"
            )
    negative = f"{NEGATIVE} {infotext.negative_prompt}" if infotext.negative_prompt else ""
    pairs = ", ".join(f"{key}: {quoted(infotext.parameters[key])}" for key in keys)
    text = "\n".join(part for part in (infotext.prompt, negative, pairs) if part)
    _read_back(text, infotext)
    return text


def _layout(lines: list[str]) -> tuple[list[str], str, list[str]]:
    """The lines before the parameters, the parameters, and the lines behind them."""
    for at in reversed(range(len(lines))):
        if _is_parameters(lines[at]):
            return lines[:at], lines[at].strip(), [line for line in lines[at + 1 :] if line.strip()]
    wanted = ", ".join(CORE)
    raise InfotextError(
        f"no infotext: no line holds {FEWEST} or more `Key: value` pairs, one of them {wanted}"
    )


def _is_parameters(line: str) -> bool:
    pairs, _ = scan(line.strip())
    return len(pairs) >= FEWEST and any(_plain(pair.key) in CORE for pair in pairs)


def _plain(key: str) -> str:
    """The key without a prompt that ran into it, as in `red shoe Steps: 20`."""
    return "Steps" if key.endswith(" Steps") else key


def _lead(line: str, *, alone: bool) -> tuple[str, str]:
    """The prompt that stands before Steps on the line of the parameters, and the rest of the line."""
    starts = [pair.at + len(pair.key) - len("Steps") for pair in scan(line)[0] if _plain(pair.key) == "Steps"]
    lead = line[: starts[-1]] if starts else ""
    pairs, gaps = scan(lead)
    foreign = bool(gaps) or any(pair.key not in ORDER for pair in pairs)
    if foreign and (alone or lead.startswith(NEGATIVE)) and len(scan(line[starts[-1] :])[0]) >= FEWEST:
        return lead.strip(" ,\t"), line[starts[-1] :]
    return "", line


def _prompts(lead: str) -> list[str]:
    prompt, negative, rest = lead.partition(NEGATIVE)
    return [line for line in (prompt.strip(" ,\t"), f"{negative}{rest}") if line]


def _sections(lines: Sequence[str]) -> tuple[str, str]:
    """Prompt and negative prompt. Empty lines at the start of either are not kept, others are."""
    prompt: list[str] = []
    negative: list[str] = []
    section = prompt
    for line in map(str.strip, lines):
        if line.startswith(NEGATIVE):
            section, line = negative, line.removeprefix(NEGATIVE).strip()
        if section or line:
            section.append(line)
    return "\n".join(prompt), "\n".join(negative)


def _parameters(pairs: Sequence[Pair]) -> tuple[dict[str, str], list[str]]:
    """The pairs as a mapping, and what they lose by it."""
    parameters: dict[str, str] = {}
    lost = []
    for pair in pairs:
        if pair.value is None:
            lost.append(f"the key {shown(pair.key)}, which has no value")
            continue
        if pair.key in parameters:
            lost.append(f"the first {shown(pair.key)}: {shown(parameters[pair.key])}")
        parameters[pair.key] = pair.value
    return parameters, lost


def _ordered(parameters: Mapping[str, str]) -> list[str]:
    first = [key for key in ORDER if key in parameters]
    last = [key for key in LAST if key in parameters]
    return [*first, *(key for key in parameters if key not in (*first, *last)), *last]


def _read_back(text: str, infotext: Infotext) -> None:
    """Refuse a text that would not say what it was written from."""
    try:
        text.encode()
        read = parse(text, strict=True)
    except (InfotextError, UnicodeEncodeError) as error:
        raise InfotextError(f"cannot be written as infotext: {error}") from error
    for part in ("prompt", "negative_prompt", "parameters"):
        if (found := getattr(read, part)) != getattr(infotext, part):
            raise InfotextError(f"{part} cannot be written as infotext: it would be read as {shown(found)}")
