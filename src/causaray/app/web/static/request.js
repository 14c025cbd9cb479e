// What is asked for: in words, by chips, or put together; and what the server understands of it.
import { $, ask, say } from "./asking.js";
import { made } from "./parts.js";

const CHIPS = ["moderate left pleural effusion", "cardiomegaly", "edema", "right lower lobe consolidation", "left pneumothorax", "no pneumonia", "no finding"];
const KEPT = "causaray-request", FIELDS = ["prompt", "strength", "seed", "versions"].filter($);
const told = new Set();
let asking = 0, later;

export const request = { wrong: "" };
// Be told when something else is asked for.
export const onRequest = (listener) => told.add(listener);
export const asked = () => Object.fromEntries(FIELDS.map((id) => [id, $(id).value.trim()]));

export function askFor(fields) {
  for (const id of FIELDS) if (id in fields) $(id).value = fields[id];
  changed();
  understand();
}

function changed() {
  $("amount").textContent = Number($("strength").value).toFixed(2);
  say("");
  say(/^\d+$/.test($("seed").value) ? "" : "A seed is a whole number from 0.", "seederror");
  try { sessionStorage.setItem(KEPT, JSON.stringify(asked())); } catch { /* it is forgotten with the page */ }
  for (const listener of told) listener();
}

// Whether this is the last word, and not one that another has overtaken.
export async function understand() {
  const prompt = $("prompt").value.trim(), mine = ++asking;
  let text = "", wrong = "";
  if (prompt) {
    try { text = `Understood: ${(await (await ask("understood", [["prompt", prompt]])).json()).request}`; }
    catch (error) { text = wrong = error.message; }
  }
  if (mine !== asking) return false;
  request.wrong = wrong;
  $("understood").textContent = text;
  $("understood").classList.toggle("bad", Boolean(wrong));
  return true;
}

$("prompt").addEventListener("input", () => { clearTimeout(later); later = setTimeout(understand, 250); });
for (const id of FIELDS) $(id).addEventListener("input", changed);
$("prompt").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!$("run").disabled) $("form").requestSubmit();
});
$("add").addEventListener("click", () => {
  const words = ["state", "severity", "side", "finding"].map((id) => $(id).value).filter(Boolean).join(" ");
  askFor({ prompt: [$("prompt").value.trim(), words].filter(Boolean).join(", ") });
});

// What these weights know: the lists, and of the chips those that they can be asked.
export function offer({ findings, severities, sides }) {
  const fill = (id, values) => values.forEach((value) => $(id).add(new Option(value.toLowerCase(), value.toLowerCase())));
  fill("finding", findings);
  fill("severity", severities);
  fill("side", sides);
  const known = CHIPS.filter((text) => findings.some((name) => text.endsWith(name.toLowerCase())));
  $("chips").replaceChildren(...known.map((text) => {
    const button = made("button", text);
    button.type = "button";
    button.addEventListener("click", () => askFor({ prompt: text }));
    return button;
  }));
}

// What was asked for before the page was loaded anew.
export function recall() {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(KEPT)); } catch { /* nothing is kept */ }
  askFor(kept || asked());
}
