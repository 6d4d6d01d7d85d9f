/** Widths that are offered; others get the next larger one. */
export declare const WIDTHS: readonly number[];

export interface LoaderProps {
  /** `{image}/v{version}`, perhaps with `/crop4x5`, `/crop4x5_fp50x30` or `/pad1x1` behind it. */
  src: string;
  width: number;
  /** 1 to 100: below 60 is low, above 85 high, all else standard. */
  quality?: number;
}

/** What a loader reads of an entry of the manifest. */
export interface ImageId {
  id: string;
  version: number;
}

/** A loader for a delivery at this address (scheme and host). Throws TypeError for a `src` that is no image. */
export declare function loaderAt(base: string): (props: LoaderProps) => string;

/** What to write as `src` for an entry of the manifest. */
export declare function sourceOf(entry: ImageId, fit?: string): string;

/** The loader for the delivery that NEXT_PUBLIC_WETPLATE_URL names. */
export default function loader(props: LoaderProps): string;
