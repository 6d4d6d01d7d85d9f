// Addresses of images as a shop writes them: the closed lists, and nothing else.
// The lists are those of wetplate/derivatives/transform.py; a test holds the two together.

export const WIDTHS = Object.freeze([
  64, 96, 128, 160, 192, 256, 320, 384, 480, 512, 640, 768, 960, 1024, 1080, 1280, 1536, 1920, 2048,
]);

const SOURCE = /^([0-9a-f]{64})(?:\/v([1-9][0-9]{0,8}))?(?:\/((?:crop|pad)\d+x\d+(?:_fp\d+x\d+)?))?$/;

/** The narrowest offered width that is at least so many pixels; the widest where there is none. */
export function offered(width) {
  return WIDTHS.find((each) => each >= width) ?? WIDTHS[WIDTHS.length - 1];
}

/** A quality of 1 to 100 by its name; none given is standard. */
export function named(quality) {
  if (quality === undefined || quality === null) return "standard";
  return quality < 60 ? "low" : quality > 85 ? "high" : "standard";
}

/** What a shop writes as `src`: `{image}`, `{image}/v{version}`, each with `/crop4x5_fp50x30` or `/pad1x1` behind. */
export function source(text) {
  const found = SOURCE.exec(text);
  if (!found) {
    throw new TypeError(
      `${JSON.stringify(String(text).slice(0, 90))} is no Wetplate image: write its 64 hex digits, ` +
        "then /v and its version, as the manifest says them",
    );
  }
  return { image: found[1], version: Number(found[2] ?? 1), fit: found[3] ?? "" };
}

/** The path whose format the origin chooses by `Accept`. */
export function auto({ image, version, fit = "" }, width, quality = "standard") {
  const shape = [`w${offered(width)}`, fit, quality === "standard" ? "" : `q${quality}`].filter(Boolean).join("_");
  return `/auto/${image}/v${version}/${shape}`;
}
