// What stands in a picture's place until it has come: a ThumbHash (the published format of evanw/thumbhash),
// painted from 20 to 25 bytes. The dominant colour needs no script and is the page's affair.

/** The values of a ThumbHash given as base64: a small RGBA picture. */
export function pixels(thumbhash) {
  const bytes = Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));
  const head = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const more = bytes[3] | (bytes[4] << 8);
  const alpha = head >> 23 !== 0;
  const landscape = more >> 15 !== 0;
  const longest = alpha ? 5 : 7;
  const across = Math.max(3, landscape ? longest : more & 7);
  const down = Math.max(3, landscape ? more & 7 : longest);
  const proportion = (landscape ? longest : more & 7) / (landscape ? more & 7 : longest);
  const width = Math.round(proportion > 1 ? 32 : 32 * proportion);
  const height = Math.round(proportion > 1 ? 32 / proportion : 32);

  let at = (alpha ? 6 : 5) * 2;
  const wave = () => (((bytes[at >> 1] >> ((at++ & 1) * 4)) & 15) / 7.5) - 1;
  const channel = (mean, scale, nx, ny) => {
    const terms = [];
    for (let y = 0; y < ny; y++) {
      for (let x = y ? 0 : 1; x * ny < nx * (ny - y); x++) terms.push([x, y, wave() * scale * 2]);
    }
    return plane(mean, terms, width, height);
  };
  const light = channel((head & 63) / 63, ((head >> 18) & 31) / 31, across, down);
  const yellow = channel(((head >> 6) & 63) / 31.5 - 1, (((more >> 3) & 63) / 63) * 1.25, 3, 3);
  const red = channel(((head >> 12) & 63) / 31.5 - 1, (((more >> 9) & 63) / 63) * 1.25, 3, 3);
  const cover = alpha ? channel((bytes[5] & 15) / 15, (bytes[5] >> 4) / 15, 5, 5) : null;

  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const b = light[i] - (2 / 3) * yellow[i];
    const r = (3 * light[i] - b + red[i]) / 2;
    rgba.set([r * 255, (r - red[i]) * 255, b * 255, cover ? cover[i] * 255 : 255], i * 4);
  }
  return { width, height, rgba };
}

/** Sums cosine terms [x, y, weight]; first along rows, then along columns. */
function plane(mean, terms, width, height) {
  const cosine = (n, size) =>
    Float64Array.from({ length: size }, (_, i) => Math.cos((Math.PI / size) * (i + 0.5) * n));
  const columns = Array.from({ length: 7 }, (_, n) => cosine(n, width));
  const rows = Array.from({ length: 7 }, (_, n) => cosine(n, height));
  const values = new Float64Array(width * height).fill(mean);
  for (let y = 0; y < height; y++) {
    const line = new Float64Array(7);
    for (const [nx, ny, weight] of terms) line[nx] += weight * rows[ny][y];
    for (let nx = 0; nx < 7; nx++) {
      if (line[nx]) for (let x = 0; x < width; x++) values[y * width + x] += line[nx] * columns[nx][x];
    }
  }
  return values;
}

/** The ThumbHash as the address of a small PNG. */
export function painted(thumbhash) {
  const { width, height, rgba } = pixels(thumbhash);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas.toDataURL();
}

/** Paints the placeholder behind an `<img>` until its picture has come. A wrong hash leaves the colour. */
export function hold(img, thumbhash) {
  if (img.complete && img.naturalWidth) return;
  try {
    img.style.background = `center / 100% 100% no-repeat url(${painted(thumbhash)})`;
  } catch {
    return;
  }
  img.addEventListener("load", () => (img.style.background = "none"), { once: true });
}
