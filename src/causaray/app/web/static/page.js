import { $, answer, form, png, say } from "./shared.js";

const state = { file: null, made: [], shown: 0, abort: null, order: null };

async function known() {
  const found = await (await answer(await fetch("v1/findings"))).json();
  const fill = (id, values) => values.forEach((value) => $(id).add(new Option(value.toLowerCase(), value.toLowerCase())));
  fill("finding", found.findings);
  fill("severity", found.severities);
  fill("side", found.sides);
}

// 1. the radiograph

async function take(file) {
  if (!file) return;
  say("");
  state.file = null;
  $("named").textContent = file.name;
  try {
    const response = await answer(await fetch("seen", { method: "POST", body: form([["image", file]]) }));
    const url = URL.createObjectURL(await response.blob());
    state.file = file;
    state.made = [];
    $("factual").src = url;
    for (const id of ["counterfactual", "difference", "wipe", "tagright", "told"]) $(id).hidden = true;
    $("film").replaceChildren();
    $("viewer").hidden = false;
    look();
  } catch (error) {
    $("viewer").hidden = true;
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
  if (!prompt) { $("understood").textContent = ""; return; }
  let text, bad = false;
  try {
    const response = await answer(await fetch("understood", { method: "POST", body: form([["prompt", prompt]]) }));
    text = `Understood: ${(await response.json()).request}`;
  } catch (error) { text = error.message; bad = true; }
  if (mine !== asking) return;
  $("understood").textContent = text;
  $("understood").classList.toggle("bad", bad);
}
let later;
$("prompt").addEventListener("input", () => { clearTimeout(later); later = setTimeout(understand, 250); });
$("add").addEventListener("click", () => {
  const words = ["state", "severity", "side", "finding"].map((id) => $(id).value).filter(Boolean).join(" ");
  $("prompt").value = [$("prompt").value.trim(), words].filter(Boolean).join(", ");
  understand();
});

// 3. the edit

function ordered(format) {
  const seed = Number($("seed").value) || 0;
  const fields = [["image", state.file], ["prompt", $("prompt").value.trim()], ["strength", $("strength").value], ["format", format]];
  const seeds = $("versions").value === "seeds" ? [0, 1, 2, 3].map((i) => seed + i) : [seed];
  for (const one of seeds) fields.push(["seed", String(one)]);
  if ($("versions").value === "film") for (const one of ["mild", "moderate", "severe"]) fields.push(["severity", one]);
  return fields;
}

function working(on) {
  $("run").disabled = on;
  $("cancel").hidden = !on;
  $("busy").textContent = on ? "Editing …" : "";
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if (!state.file) { say("Choose a radiograph first."); $("image").focus(); return; }
  if (!$("prompt").value.trim()) { say("Say what to show."); $("prompt").focus(); return; }
  state.abort = new AbortController();
  state.order = ordered("json");
  working(true);
  try {
    const body = form(state.order);
    const response = await answer(await fetch("v1/edit", { method: "POST", body, signal: state.abort.signal }));
    const first = await response.json();
    keep([first, ...first.further]);
  } catch (error) {
    say(error.name === "AbortError" ? "Cancelled." : error.message);
  } finally { working(false); }
});
$("cancel").addEventListener("click", () => state.abort && state.abort.abort());

// the result

function keep(made) {
  show(made, 0);
  const file = state.file, order = state.order;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `${made[0].request} (strength ${made[0].strength}, seed ${made[0].seed})`;
  button.addEventListener("click", () => { state.file = file; state.order = order; show(made, 0); });
  const item = document.createElement("li");
  item.append(button);
  $("history").prepend(item);
  $("past").hidden = false;
}

function show(made, i) {
  state.made = made;
  state.shown = i;
  const one = made[i];
  $("factual").src = png(one.images.factual);
  $("counterfactual").src = png(one.images.counterfactual);
  $("difference").src = png(one.images.difference);
  for (const id of ["viewer", "counterfactual", "wipe", "tagright", "told"]) $(id).hidden = false;
  $("text").textContent = one.text;
  const rows = Object.entries(one.measured).filter(([, value]) => typeof value === "object").map(([name, value]) => {
    const row = document.createElement("tr");
    for (const cell of [name, value.before.toFixed(2), value.after.toFixed(2)]) row.insertCell().textContent = cell;
    return row;
  });
  $("measured").replaceChildren(...rows);
  film(made, i);
  look();
}

function film(made, chosen) {
  if (made.length < 2) { $("film").replaceChildren(); return; }
  $("film").replaceChildren(...made.map((one, i) => {
    const button = document.createElement("button"), image = document.createElement("img");
    button.type = "button";
    button.setAttribute("aria-pressed", String(i === chosen));
    image.src = png(one.images.counterfactual);
    image.alt = "";
    button.append(image, $("versions").value === "seeds" ? `seed ${one.seed}` : one.request);
    button.addEventListener("click", () => show(made, i));
    return button;
  }));
}

function look() {
  const share = Number($("slider").value), compared = !$("wipe").hidden;
  $("counterfactual").style.clipPath = `inset(0 0 0 ${share}%)`;
  $("difference").hidden = !(compared && $("showdiff").checked);
  const light = `contrast(${$("contrast").value}) brightness(${$("brightness").value}) invert(${$("invert").checked ? 1 : 0})`;
  for (const id of ["factual", "counterfactual"]) $(id).style.filter = light;
  for (const id of ["factual", "counterfactual", "difference"]) $(id).style.transform = `scale(${$("zoom").value})`;
}
for (const id of ["slider", "showdiff", "invert", "contrast", "brightness", "zoom"]) $(id).addEventListener("input", look);

for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", async () => {
    say("");
    const one = state.made[state.shown], format = button.dataset.format;
    const fields = [["image", state.file], ["prompt", one.request], ["strength", one.strength], ["seed", one.seed], ["format", format]];
    try {
      const response = await answer(await fetch("v1/edit", { method: "POST", body: form(fields) }));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await response.blob());
      link.download = `counterfactual.${{ dicom: "dcm" }[format] || format}`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) { say(error.message); }
  });
}

known().catch((error) => say(error.message));
