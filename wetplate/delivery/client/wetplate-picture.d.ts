/** Widths that are offered; others get the next larger one. */
export declare const WIDTHS: readonly number[];

/** An entry of the manifest; its schema is served as /schemas/manifest.json. */
export interface Entry {
  id: string;
  version: number;
  variant: Record<string, string>;
  alt: string;
  width: number;
  height: number;
  src: string;
  sizes: string;
  sources: { type: string; srcset: string }[];
  onDemand: string;
  placeholder: { thumbhash: string; dominant: string };
  disclosure: { digitalSourceType: string; text: string };
  provenance: { id: string; page: string; manifest: string | null };
}

export interface PictureOptions {
  /** How wide the picture is shown; the manifest's own if not given. */
  sizes?: string;
  alt?: string;
  /** false: in sight at once, so fetched first. */
  lazy?: boolean;
  /** Scheme and host of the delivery, where the manifest gives paths. */
  base?: string;
}

/** The candidates of a format, or "" where the image has none of it. */
export declare function srcset(entry: Entry, format: "avif" | "webp" | "jpeg" | "png", base?: string): string;

/** An address of any offered width, format by the browser's Accept. */
export declare function onDemand(
  entry: Pick<Entry, "id" | "version">,
  width: number,
  options?: { quality?: number; fit?: string; base?: string },
): string;

/** A <picture> with a placeholder. */
export declare function picture(entry: Entry, options?: PictureOptions): HTMLPictureElement;

/** The entry of an image in a manifest, however many pages it has. Rejects with RangeError where there is none. */
export declare function find(manifest: string, image: string): Promise<Entry>;

declare global {
  interface HTMLElementTagNameMap {
    "wetplate-image": HTMLElement;
  }
}
