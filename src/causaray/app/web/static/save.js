// Exports. Pictures and records come from this tab; what has more pixels than it holds is made again by the server.
import { $, ask, bytes, hand, say } from "./asking.js";
import { result } from "./result.js";
import { sheetOf } from "./sheet.js";
import { zipped } from "./zip.js";

const LAYERS = ["counterfactual", "difference"];
const plain = (text) => text.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);

// Of which film, what was asked for, how much and which seed.
function stem(edit, one) {
  return `${plain(edit.file.name.replace(/\.[^.]+$/, ""))}--${plain(one.request)}--strength-${one.strength}-seed-${one.seed}`;
}

function record(one) {
  const { images, ...rest } = one;
  return new TextEncoder().encode(`${JSON.stringify(rest, null, 2)}\n`);
}

function all({ edit }) {
  return zipped(edit.made.flatMap((one) => [
    ...LAYERS.map((name) => [`${stem(edit, one)}-${name}.png`, bytes(one.images[name])]),
    [`${stem(edit, one)}.json`, record(one)],
  ]));
}

async function made(edit, versions, format) {
  const [first] = versions;
  const fields = [["image", edit.file], ["strength", first.strength], ["format", format]];
  if (versions.length > 1) {
    fields.push(["prompt", edit.asked.prompt], ...[...new Set(versions.map((one) => one.seed))].map((seed) => ["seed", seed]));
    if (edit.asked.versions === "film") fields.push(...["mild", "moderate", "severe"].map((word) => ["severity", word]));
  } else fields.push(["prompt", first.request], ["seed", first.seed]);
  return (await ask("v1/edit", fields)).blob();
}

const KINDS = {
  picture: async ({ edit }, one) => [await sheetOf(edit, one), `${stem(edit, one)}.png`],
  record: async ({ edit }, one) => [new Blob([record(one)], { type: "application/json" }), `${stem(edit, one)}.json`],
  all: async (shown) => [all(shown), `${stem(shown.edit, shown.edit.made[0])}-all.zip`],
  dicom: async ({ edit }, one) => [await made(edit, [one], "dicom"), `${stem(edit, one)}.dcm`],
  zip: async ({ edit }) => [await made(edit, edit.made, "zip"), `${stem(edit, edit.made[0])}-full-size.zip`],
};

for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("");
    try { hand(...(await KINDS[button.dataset.kind](result, result.edit.made[result.shown]))); }
    catch (error) { say(error.message); }
    finally { button.disabled = false; }
  });
}
$("print").addEventListener("click", () => window.print());
