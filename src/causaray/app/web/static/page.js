// What is uploaded and what comes back is kept in this tab alone, and forgotten with it.
import { $, ask, follow, say } from "./asking.js";
import { preview, show } from "./result.js";

const state = { file: null, abort: null };

async function known() {
  const found = await (await ask("v1/findings")).json();
  const fill = (id, values) => values.forEach((value) => $(id).add(new Option(value.toLowerCase(), value.toLowerCase())));
  fill("finding", found.findings);
  fill("severity", found.severities);
  fill("side", found.sides);
}

// 1. the radiograph

let taking = 0;
async function take(file) {
  if (!file) return;
  say("");
  state.file = null;
  const mine = ++taking;
  $("named").textContent = file.name;
  try {
    const picture = await (await ask("seen", [["image", file]])).blob();
    if (mine !== taking) return;
    state.file = file;
    preview(URL.createObjectURL(picture));
  } catch (error) {
    if (mine !== taking) return;
    $("viewer").hidden = $("told").hidden = true;
    say(error.message);
  }
}

$("image").addEventListener("change", () => take($("image").files[0]));
for (const event of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(event, (e) => {
    e.preventDefault();
    $("drop").classList.toggle("over", event === "dragover");
    if (event === "drop") take(e.dataTransfer.files[0]);
  });
}

// 2. the request

let asking = 0;
async function understand() {
  const prompt = $("prompt").value.trim();
  const mine = ++asking;
  let text = "", bad = false;
  if (prompt) {
    try { text = `Understood: ${(await (await ask("understood", [["prompt", prompt]])).json()).request}`; }
    catch (error) { text = error.message; bad = true; }
  }
  if (mine !== asking) return;
  $("understood").textContent = text;
  $("understood").classList.toggle("bad", bad);
}

let later;
$("prompt").addEventListener("input", () => { clearTimeout(later); later = setTimeout(understand, 250); });
$("prompt").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!$("run").disabled) $("form").requestSubmit();
});
$("add").addEventListener("click", () => {
  const words = ["state", "severity", "side", "finding"].map((id) => $(id).value).filter(Boolean).join(" ");
  $("prompt").value = [$("prompt").value.trim(), words].filter(Boolean).join(", ");
  understand();
});

// 3. the edit

function ordered() {
  const seed = Number($("seed").value) || 0, versions = $("versions").value;
  const seeds = versions === "seeds" ? [0, 1, 2, 3].map((i) => seed + i) : [seed];
  const severities = versions === "film" ? ["mild", "moderate", "severe"] : [];
  return [
    ["image", state.file], ["prompt", $("prompt").value.trim()], ["strength", $("strength").value],
    ...seeds.map((one) => ["seed", String(one)]), ...severities.map((one) => ["severity", one]),
  ];
}

function working(on) {
  $("run").disabled = on;
  $("cancel").hidden = $("progress").hidden = !on;
  $("progress").removeAttribute("value");
  $("busy").textContent = on ? "Waiting for its turn …" : "";
}

function tell(done, total) {
  $("busy").textContent = total > 1 ? `Editing ${done + 1} of ${total} (${Math.round((100 * done) / total)} %) …` : "Editing …";
  if (total > 1) { $("progress").max = total; $("progress").value = done; }
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if (!state.file) { say("Choose a radiograph first."); $("image").focus(); return; }
  if (!$("prompt").value.trim()) { say("Say what to show."); $("prompt").focus(); return; }
  state.abort = new AbortController();
  const order = ordered();
  working(true);
  try {
    const { further, ...first } = await follow("edited", order, state.abort.signal, tell);
    keep([first, ...further], order[0][1]);
  } catch (error) {
    say(error.name === "AbortError" ? "Cancelled." : error.message);
  } finally { working(false); }
});
$("cancel").addEventListener("click", () => state.abort.abort());

function keep(made, file) {
  show(made, 0, file);
  const button = document.createElement("button"), item = document.createElement("li");
  button.type = "button";
  button.textContent = `${file.name}: ${made[0].request}, strength ${made[0].strength}, seed ${made[0].seed}`;
  if (made.length > 1) button.textContent += ` and ${made.length - 1} more`;
  button.addEventListener("click", () => show(made, 0, file));
  item.append(button);
  $("history").prepend(item);
  $("past").hidden = false;
}

known().catch((error) => say(error.message));
