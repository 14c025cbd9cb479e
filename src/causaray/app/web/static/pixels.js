// Grey values of the films that are compared, and the sheets that are drawn of them.
// A film is {width, height, grey}: one byte a pixel. A change is the same, 128 where nothing changed.
const ORANGE = [255, 89, 13], BLUE = [13, 128, 255];

export async function decoded(blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap, context = sheet(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const rgba = context.getImageData(0, 0, width, height).data, grey = new Uint8ClampedArray(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = rgba[4 * i];
  return { width, height, grey };
}

export function sheet(width, height) {
  const one = document.createElement("canvas");
  one.width = width;
  one.height = height;
  return one;
}

// The film with its change: limit is the change, of a grey range of 1, that 127 steps stand for.
export function changed(film, change, limit) {
  const grey = film.grey.map((value, i) => value + ((change.grey[i] - 128) / 127) * limit * 255);
  return { ...film, grey };
}

// The film as it is seen through a window, on a canvas.
// window and level are per cent of the grey range: what is below level - window / 2 is black.
export function lit(film, { window, level, invert }) {
  const low = level - window / 2, table = new Uint8ClampedArray(256);
  for (let i = 0; i < 256; i++) {
    const share = ((i / 2.55 - low) / window) * 255;
    table[i] = invert ? 255 - share : share;
  }
  return painted(film, (out, at, i) => {
    out[at] = out[at + 1] = out[at + 2] = table[film.grey[i]];
    out[at + 3] = 255;
  });
}

// Orange where it is brighter, blue where it is darker, and nothing where it is the same; strongest is opaque.
export function tinted(change, strongest) {
  return painted(change, (out, at, i) => {
    const step = change.grey[i] - 128, colour = step > 0 ? ORANGE : BLUE;
    for (let k = 0; k < 3; k++) out[at + k] = colour[k];
    out[at + 3] = 255 * strongest * Math.min(1, Math.sqrt(Math.abs(step) / 127));
  });
}

// Lines about what changed by a threshold, of a grey range of 1, or more.
export function outlined(change, limit, threshold) {
  const { width, height, grey } = change, least = (threshold / limit) * 127;
  const side = new Int8Array(grey.length);
  for (let i = 0; i < grey.length; i++) {
    const step = grey[i] - 128;
    side[i] = step >= least ? 1 : step <= -least ? -1 : 0;
  }
  const other = (i, x, y, dx, dy) => {
    const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
    return inside && side[i + dy * width + dx] !== side[i];
  };
  return painted(change, (out, at, i) => {
    if (!side[i]) return;
    const x = i % width, y = (i - x) / width;
    if (!(other(i, x, y, 1, 0) || other(i, x, y, -1, 0) || other(i, x, y, 0, 1) || other(i, x, y, 0, -1))) return;
    const colour = side[i] > 0 ? ORANGE : BLUE;
    for (let k = 0; k < 3; k++) out[at + k] = colour[k];
    out[at + 3] = 255;
  });
}

function painted({ width, height, grey }, paint) {
  const made = sheet(width, height), context = made.getContext("2d"), image = context.createImageData(width, height);
  for (let i = 0; i < grey.length; i++) paint(image.data, 4 * i, i);
  context.putImageData(image, 0, 0);
  return made;
}
