// A <picture> from an entry of the manifest (/manifest/{family}.json), for pages without a framework:
//   picture(entry, { sizes: "50vw" })            an element
//   <wetplate-image manifest="https://…/manifest/rumba.json" image="021f…" sizes="50vw" width="640" height="640">
// The entry holds the addresses, made ahead in every format; nothing here invents one, except `onDemand`.

import { WIDTHS, auto, named, offered } from "./grammar.js";
import { hold } from "./placeholder.js";

export { WIDTHS };

const PAGES = new Map();

/** The candidates of a format ("avif", "webp", "jpeg", "png"), or "" where the image has none of it. */
export function srcset(entry, format, base = "") {
  const found = entry.sources.find((source) => source.type === `image/${format}`);
  return found ? based(found.srcset, base) : "";
}

/** An address of any offered width, format by the browser's Accept; the next larger width is taken. */
export function onDemand(entry, width, { quality, fit = "", base = "" } = {}) {
  return base + auto({ image: entry.id, version: entry.version, fit }, offered(width), named(quality));
}

/**
 * A <picture> with a placeholder. `base` is scheme and host of the delivery, where the manifest gives paths.
 * `lazy: false` is for pictures that are in sight at once: they are fetched first.
 */
export function picture(entry, { sizes = entry.sizes, alt = entry.alt, lazy = true, base = "" } = {}) {
  const element = document.createElement("picture");
  const offers = [...entry.sources];
  const last = offers.pop();
  for (const { type, srcset } of offers) {
    element.append(Object.assign(document.createElement("source"), { type, sizes, srcset: based(srcset, base) }));
  }
  const img = Object.assign(document.createElement("img"), {
    alt,
    width: entry.width,
    height: entry.height,
    loading: lazy ? "lazy" : "eager",
    fetchPriority: lazy ? "auto" : "high",
    decoding: "async",
    sizes,
  });
  img.style.backgroundColor = entry.placeholder.dominant;
  hold(img, entry.placeholder.thumbhash);
  element.append(img);
  img.srcset = based(last.srcset, base);
  img.src = based(entry.src, base);
  return element;
}

/** The entry of an image in a manifest, however many pages it has; each page is fetched once. */
export async function find(manifest, image) {
  for (let address = manifest; address; ) {
    const page = await fetched(address);
    const entry = page.images.find(({ id }) => id === image);
    if (entry) return entry;
    address = page.next && new URL(page.next, address).href;
  }
  throw new RangeError(`the manifest ${manifest} has no image ${image}; it may have been taken down`);
}

function fetched(address) {
  if (!PAGES.has(address)) {
    const page = fetch(address).then((answer) => {
      if (!answer.ok) throw new RangeError(`${address} answers ${answer.status}`);
      return answer.json();
    });
    PAGES.set(address, page);
    page.catch(() => PAGES.delete(address));
  }
  return PAGES.get(address);
}

/** Addresses that are paths, with the host in front. */
function based(addresses, base) {
  return base ? addresses.replace(/(^|, )\//g, `$1${base}/`) : addresses;
}

/** <wetplate-image>: shows the picture when it has its entry; fires `error` where there is none. */
function define() {
  class WetplateImage extends HTMLElement {
    static observedAttributes = ["manifest", "image", "sizes", "alt"];

    connectedCallback() {
      this.style.display ||= "block";
      const [width, height] = ["width", "height"].map((name) => Number(this.getAttribute(name)));
      if (width > 0 && height > 0) {
        this.style.aspectRatio = `${width} / ${height}`;
        this.style.maxWidth ||= `${width}px`;
      }
      this.#show();
    }

    attributeChangedCallback() {
      if (this.isConnected) this.#show();
    }

    async #show() {
      const manifest = new URL(this.getAttribute("manifest") ?? "", document.baseURI);
      const image = this.getAttribute("image");
      const asked = (this.asked = Symbol(image));
      try {
        const entry = await find(manifest.href, image);
        if (this.asked !== asked) return;
        const made = picture(entry, {
          sizes: this.getAttribute("sizes") ?? undefined,
          alt: this.getAttribute("alt") ?? undefined,
          lazy: this.getAttribute("loading") !== "eager",
          base: manifest.origin,
        });
        Object.assign(made.lastElementChild.style, { display: "block", width: "100%", height: "auto" });
        this.replaceChildren(made);
      } catch (reason) {
        this.dispatchEvent(new ErrorEvent("error", { message: reason.message, error: reason }));
      }
    }
  }
  customElements.define("wetplate-image", WetplateImage);
}

if (globalThis.customElements && !customElements.get("wetplate-image")) define();
