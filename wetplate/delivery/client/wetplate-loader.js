// A loader for Next/Image: images: { loader: "custom", loaderFile: "./wetplate-loader.js" }.
// NEXT_PUBLIC_WETPLATE_URL is scheme and host of the delivery; without it addresses are paths of the same host.
// With images: { deviceSizes: WIDTHS.filter((w) => w >= 480), imageSizes: WIDTHS.filter((w) => w < 480) } every
// candidate that Next writes is a width of its own.

import { WIDTHS, auto, named, source } from "./grammar.js";

export { WIDTHS };

/** A loader for a delivery at this address. */
export function loaderAt(base) {
  const host = base.replace(/\/+$/, "");
  return ({ src, width, quality }) => host + auto(source(src), width, named(quality));
}

/** What to write as `src` for an entry of the manifest; `fit` is for example "crop4x5" or "crop4x5_fp50x30". */
export function sourceOf(entry, fit = "") {
  return `${entry.id}/v${entry.version}${fit && `/${fit}`}`;
}

export default function loader({ src, width, quality }) {
  return loaderAt(configured())({ src, width, quality });
}

/** Bundlers put the variable's value in its place; where none did, there is no `process`. */
function configured() {
  try {
    return process.env.NEXT_PUBLIC_WETPLATE_URL ?? "";
  } catch {
    return "";
  }
}
