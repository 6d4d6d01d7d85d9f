import Image from "next/image";
import { sourceOf } from "../wetplate-loader";
import type { Entry } from "../wetplate-picture";

export const dynamic = "force-dynamic";

/** The first pictures of a family, each half as wide as the window; the first one cropped to a portrait. */
export default async function Page() {
  const answer = await fetch(`${process.env.NEXT_PUBLIC_WETPLATE_URL}/manifest/${process.env.FAMILY}.json`);
  const { images }: { images: Entry[] } = await answer.json();
  const [first, second] = images;
  return (
    <main>
      <Image
        id="cropped"
        src={sourceOf(first, "crop4x5")}
        alt={first.alt}
        width={320}
        height={400}
        sizes="50vw"
        style={{ width: "50vw", height: "auto", display: "block" }}
        preload
      />
      <Image
        id="whole"
        src={sourceOf(second)}
        alt={second.alt}
        width={second.width}
        height={second.height}
        sizes="20vw"
        quality={90}
        style={{ width: "20vw", height: "auto", display: "block" }}
      />
    </main>
  );
}
