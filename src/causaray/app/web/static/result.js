// The result: what is said of it, and the films to look at.
import { $, blob } from "./asking.js";
import { intext } from "./intext.js";
import { decoded } from "./pixels.js";
import { signs } from "./signs.js";
import { strip } from "./strip.js";
import { panes } from "./viewer.js";
import { findings, over, sized } from "./words.js";

// edit: {file, film, warned, asked, made, changes, lesions}; shown is the number of the version that is looked at.
export const result = { edit: null, shown: 0 };
const PARTS = ["told", "overlays", "verdict"];

// A radiograph that is not edited yet, or none.
export function preview(film, file) {
  result.edit = null;
  for (const id of [...PARTS, "film", "curve"]) $(id).hidden = true;
  $("viewer").hidden = !film;
  if (!film) return;
  $("isfactual").textContent = `factual: ${file.name}`;
  $("how").textContent = shownAt(film);
  $("picture").setAttribute("aria-label", `The radiograph ${file.name} as it is`);
  panes[0].look(film);
}

// Version number i of an edit.
export async function show(edit, i) {
  const one = edit.made[i];
  edit.changes ??= await Promise.all(edit.made.map(({ images }) => decoded(blob(images.change))));
  edit.lesions ??= await Promise.all(edit.made.map(({ images }) => images.lesions && createImageBitmap(blob(images.lesions))));
  Object.assign(result, { edit, shown: i });
  for (const id of ["viewer", ...PARTS]) $(id).hidden = false;
  $("islesions").hidden = !edit.lesions[i];
  $("isfactual").textContent = `factual: ${edit.file.name}`;
  $("issynthetic").textContent = `SYNTHETIC, asked for: ${one.request}`;
  $("how").textContent = `${edit.file.name}; asked for ${one.request}; seed ${one.seed}, strength ${one.strength}; ${one.edited_at ? `edited at ${one.edited_at} px, ` : ""}${shownAt(edit.film, one)}`;
  $("picture").setAttribute("aria-label", `Left of the divider the radiograph ${edit.file.name} as it is, right of it synthetic, asked for ${one.request}`);
  said(one.verdict);
  intext(one);
  $("asked").textContent = one.request;
  sized(one);
  findings(one);
  signs(one);
  over(edit.made);
  strip(edit, i, show);
  panes[0].compare(edit.film, edit.changes[i], one.difference_limit, edit.lesions[i]);
}

function said(verdict) {
  $("verdict").hidden = !verdict;
  if (!verdict) return;
  const [first, ...rest] = verdict.text.split(/(?<=: )/);
  $("verdict").dataset.shown = verdict.shown;
  $("word").textContent = first;
  $("why").textContent = rest.join("");
}

function shownAt(film, one) {
  const side = Math.max(film.width, film.height), whole = one ? Math.max(...one.shape) : side;
  return whole > side ? `shown at ${side} of its ${whole} px` : `shown at its own ${side} px`;
}
