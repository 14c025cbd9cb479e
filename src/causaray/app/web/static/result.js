// The result: images to compare, and what the judge says of them.
import { $, ask, png, say } from "./asking.js";
import { signs } from "./signs.js";
import { findings, over } from "./words.js";

const state = { file: null, made: [], shown: 0 };
const LAYERS = ["factual", "counterfactual", "difference", "contours", "lesions"];
const RESULTS = ["counterfactual", "wipe", "edge", "tagright", "told", "overlays"];

// A radiograph that has not been edited yet.
export function preview(url) {
  $("factual").src = url;
  for (const id of [...RESULTS, "film"]) $(id).hidden = true;
  $("viewer").hidden = false;
  look();
}

// Number i of the counterfactuals that were made of a file.
export function show(made, i, file) {
  Object.assign(state, { made, shown: i, file });
  const one = made[i];
  for (const id of LAYERS) if (one.images[id]) $(id).src = png(one.images[id]);
  $("islesions").hidden = !one.images.lesions;
  for (const id of ["viewer", ...RESULTS]) $(id).hidden = false;
  $("where").textContent = one.where;
  $("asked").textContent = one.request;
  warn(one.typicality);
  findings(one);
  signs(one);
  over(made);
  $("low").textContent = `darker by ${one.difference_limit.toFixed(2)}`;
  $("high").textContent = `brighter by ${one.difference_limit.toFixed(2)}`;
  film();
  look();
}

function warn(typicality) {
  $("unlike").hidden = !(typicality && typicality.unlike);
  if (typicality) $("distance").textContent = `distance ${typicality.distance}, where 99 % of real ones lie within ${typicality.limit}`;
}

function film() {
  const { made, shown, file } = state;
  $("film").hidden = made.length < 2;
  const graded = made.some((one) => one.request !== made[0].request);
  $("film").replaceChildren(...made.map((one, i) => {
    const button = document.createElement("button"), image = document.createElement("img");
    button.type = "button";
    button.setAttribute("aria-pressed", String(i === shown));
    image.src = png(one.images.counterfactual);
    image.alt = "";
    button.append(image, graded ? one.request : `seed ${one.seed}`);
    button.addEventListener("click", () => { show(made, i, file); $("film").children[i].focus(); });
    return button;
  }));
}

function look() {
  const share = $("slider").value, compared = !$("wipe").hidden;
  $("counterfactual").style.clipPath = `inset(0 0 0 ${share}%)`;
  $("edge").style.left = `${share}%`;
  for (const id of ["difference", "contours", "lesions"]) $(id).hidden = !(compared && $(`show${id}`).checked && !($(`is${id}`) || {}).hidden);
  $("scale").hidden = $("difference").hidden;
  $("lines").hidden = $("contours").hidden;
  $("asklines").hidden = $("lesions").hidden;
  const light = `contrast(${$("contrast").value}) brightness(${$("brightness").value}) invert(${$("invert").checked ? 1 : 0})`;
  for (const id of ["factual", "counterfactual"]) $(id).style.filter = light;
}

// The middle of what is seen stays in the middle.
function zoom() {
  const stage = $("stage"), middle = ["Left", "Top"].map((side) => (stage[`scroll${side}`] + stage.clientWidth / 2) / stage.scrollWidth);
  $("layers").style.width = `${100 * $("zoom").value}%`;
  stage.scrollTo(...middle.map((share) => share * stage.scrollWidth - stage.clientWidth / 2));
}

for (const id of ["slider", "showdifference", "showcontours", "showlesions", "invert", "contrast", "brightness"]) $(id).addEventListener("input", look);
$("zoom").addEventListener("input", zoom);
$("reset").addEventListener("click", () => {
  for (const id of ["contrast", "brightness", "zoom"]) $(id).value = 1;
  $("invert").checked = false;
  look();
  zoom();
});

async function save(format) {
  say("");
  const one = state.made[state.shown];
  const fields = [["image", state.file], ["prompt", one.request], ["strength", one.strength], ["seed", one.seed], ["format", format]];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await (await ask("v1/edit", fields)).blob());
  link.download = `counterfactual.${{ dicom: "dcm" }[format] || format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try { await save(button.dataset.format); }
    catch (error) { say(error.message); }
    finally { button.disabled = false; }
  });
}
