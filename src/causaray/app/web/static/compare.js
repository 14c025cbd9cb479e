// The page on which two editors show one request on one film, moved, lit and divided together.
import { $, ask, blob, follow, say } from "./asking.js";
import { film, onFilm, showExamples, take } from "./film.js";
import "./gestures.js";
import { made, row } from "./parts.js";
import { decoded } from "./pixels.js";
import { tell, working } from "./progress.js";
import { lacks } from "./ready.js";
import { asked, offer, onRequest, recall } from "./request.js";
import { panes } from "./viewer.js";

const SIDES = ["left", "right"];
let abort = null, shown = null; // what is shown is of this film and these fields
const fields = () => ({ ...asked(), left: $("left").value, right: $("right").value });

async function begin() {
  recall();
  const { editors } = await (await ask("v1/editors")).json();
  for (const side of SIDES) $(side).replaceChildren(...editors.map(({ name }) => new Option(name, name)));
  $("right").selectedIndex = Math.min(1, editors.length - 1);
  const adding = editors.filter((one) => one.adds_only).map((one) => one.name);
  $("editors").textContent = adding.length ? `Takes no finding away: ${adding.join(", ")}.` : "";
  offer(await (await ask("v1/findings")).json());
  showExamples(await (await ask("examples")).json());
  take($("image").files[0]); // after Back the browser still has it
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if ($("run").disabled || (await lacks())) return;
  abort = new AbortController();
  const now = { film: film.grey, file: film.file, fields: fields() };
  working(true);
  try {
    const answers = [];
    for (const side of SIDES) answers.push(await edited(now, now.fields[side]));
    await show(now, answers);
  } catch (error) {
    say(error.name === "AbortError" ? "Cancelled; nothing of it is shown." : error.message);
  } finally { working(false); }
});
$("cancel").addEventListener("click", () => abort.abort());

// The edit of one editor, or the sentence why it makes none: the other is shown all the same.
async function edited({ file, fields: { prompt, strength, seed } }, editor) {
  const form = [["image", file], ["prompt", prompt], ["strength", strength], ["seed", seed], ["editor", editor]];
  try { return await follow("edited", form, abort.signal, (line) => tell(line, () => `${editor} edits`)); }
  catch (error) {
    if (error.name === "AbortError") throw error;
    return { wrong: error.message };
  }
}

async function show(now, answers) {
  shown = now;
  await Promise.all(answers.map((one, i) => pane(now, one, i)));
  const both = answers.filter((one) => !one.wrong);
  $("told").hidden = !both.length;
  if (both.length) table(now, answers);
  differs();
  if (matchMedia("(max-width: 52rem)").matches) $("viewer").scrollIntoView({ behavior: "smooth" });
}

async function pane({ film: grey, file, fields: now }, one, i) {
  const side = SIDES[i], editor = now[side], pane = panes[i], frame = pane.stage.closest(".frame");
  say(one.wrong || "", `${side}wrong`);
  const verdict = $(`${side}verdict`);
  verdict.hidden = Boolean(one.wrong) || !one.verdict;
  frame.querySelector(".how").textContent = one.wrong ? `${file.name}; ${editor} makes no edit` : `${file.name}; ${editor}, asked for ${one.request}; seed ${one.seed}, strength ${one.strength}${one.edited_at ? `; edited at ${one.edited_at} px` : "; edited at the film's own pixels"}`;
  pane.canvas.setAttribute("aria-label", one.wrong ? `The radiograph ${file.name} as it is` : `Left of the divider the radiograph ${file.name} as it is, right of it synthetic, by ${editor}, asked for ${one.request}`);
  if (one.wrong) { pane.look(grey); return; }
  if (one.verdict) {
    verdict.textContent = one.verdict.text;
    verdict.dataset.shown = one.verdict.shown;
  }
  pane.names.synthetic.textContent = `SYNTHETIC, ${editor}: ${one.request}`;
  const { change, lesions } = one.images;
  pane.compare(grey, await decoded(blob(change)), one.difference_limit, lesions && await createImageBitmap(blob(lesions)));
  $("overlays").hidden = false;
}

const share = (value) => (value === null || value === undefined ? "–" : `${Math.round(100 * value)} %`);
const yes = (value) => (value === null ? "no one side was asked for" : value ? "yes" : "no");

function table({ fields: now }, answers) {
  const lines = [
    ["Verdict", (one) => (one.verdict ? one.verdict.shown : "–")],
    ["On the side asked for", (one) => (one.verdict ? yes(one.verdict.on_side) : "–")],
    ["Pixels changed", (one) => share(one.measured.changed_fraction)],
    ["Mean change of the grey range", (one) => one.measured.mean_abs_change.toFixed(3)],
    ["Of it outside of lungs and heart", (one) => share(one.verdict && one.verdict.outside)],
    ...judged(answers).map((name) => [`Judge, ${name.toLowerCase()}, before to after`, (one) => {
      const both = one.measured[name];
      return both ? `${both.before.toFixed(2)} to ${both.after.toFixed(2)}` : "–";
    }]),
  ];
  $("head").replaceChildren(row(["", ...SIDES.map((side) => now[side])], true));
  $("measured").replaceChildren(...lines.map(([name, figure]) => row([name, ...answers.map((one) => made("span", one.wrong ? "no edit" : figure(one)))])));
}

// The findings asked for that the judge knows.
function judged(answers) {
  const names = answers.filter((one) => !one.wrong).flatMap((one) => Object.entries(one.measured)).filter(([, value]) => typeof value === "object");
  return [...new Set(names.map(([name]) => name))];
}

// What is shown is of the form, or it is said whose it is.
function differs() {
  const now = fields(), other = shown && (shown.film !== film.grey || Object.entries(now).some(([id, value]) => shown.fields[id] !== value));
  $("stale").hidden = !other;
  $("viewer").classList.toggle("old", Boolean(other));
  if (other) $("stale").textContent = `What is shown is of ${shown.file.name}, asked for “${shown.fields.prompt}” of ${shown.fields.left} and ${shown.fields.right}; the form asks for something else by now.`;
}

onRequest(differs);
for (const side of SIDES) $(side).addEventListener("change", differs);
onFilm(() => {
  shown = null;
  for (const id of ["told", "overlays", ...SIDES.map((side) => `${side}verdict`)]) $(id).hidden = true;
  for (const side of SIDES) say("", `${side}wrong`);
  $("viewer").hidden = !film.grey;
  differs();
  for (const pane of panes) {
    pane.names.factual.textContent = `factual: ${film.file ? film.file.name : ""}`;
    pane.stage.closest(".frame").querySelector(".how").textContent = "";
    pane.look(film.grey);
  }
});

begin().catch((error) => say(error.message));
