// One picture of an edit: factual, synthetic and difference side by side, with what it is in words below and within.
import { blob } from "./asking.js";
import { sheet } from "./pixels.js";
import { crc32 } from "./zip.js";

const SIDE = 512, GAP = 8, LINE = 22, HEAD = 8 + 25; // bytes of a PNG before its second chunk

const sentences = (text) => text?.match(/\S.*?\.(?= |$)/g) ?? [];

export async function sheetOf({ file }, one) {
  const lines = [
    `${file.name}; asked for: ${one.request}; seed ${one.seed}, strength ${one.strength}; ${one.method}, ${one.weights} ${one.digest.slice(0, 16)}, Causaray ${one.version}`,
    ...sentences(one.verdict?.text),
    ...sentences(one.interpretation),
    one.notice,
  ];
  const canvas = sheet(3 * SIDE + 2 * GAP, SIDE + LINE * (lines.length + 2)), context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = "15px system-ui, sans-serif";
  const names = { factual: "factual", counterfactual: "SYNTHETIC", difference: "difference: blue darker, orange brighter" };
  for (const [i, name] of Object.keys(names).entries()) {
    const left = i * (SIDE + GAP);
    context.drawImage(await createImageBitmap(blob(one.images[name])), left, LINE, SIDE, SIDE);
    context.fillStyle = name === "counterfactual" ? "#ffb18a" : "#fff";
    context.fillText(names[name], left + 6, 16);
  }
  context.fillStyle = "#fff";
  lines.forEach((line, i) => context.fillText(line, 6, SIDE + LINE * (i + 2), canvas.width - 12));
  const png = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return withWords(new Uint8Array(await png.arrayBuffer()), ["Synthetic counterfactual", ...lines].join(" "));
}

// The same PNG with words in an iTXt chunk "Description", where programs look for them.
function withWords(png, words) {
  const body = new TextEncoder().encode(`iTXtDescription\0\0\0\0\0${words}`);
  const chunk = new Uint8Array(body.length + 8), numbers = new DataView(chunk.buffer);
  numbers.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  numbers.setUint32(body.length + 4, crc32(body));
  return new Blob([png.subarray(0, HEAD), chunk, png.subarray(HEAD)], { type: "image/png" });
}
