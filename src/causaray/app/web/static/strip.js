// The versions of an edit side by side, beginning with the radiograph as it is, and how far they go.
import { $, png } from "./asking.js";
import { made } from "./parts.js";
import { svg, text } from "./svg.js";

export function strip(edit, shown, show) {
  const versions = edit.made, graded = isGraded(versions);
  $("film").hidden = versions.length < 2;
  $("curve").hidden = !graded;
  if (versions.length < 2) return;
  $("film").replaceChildren(factual(versions[0]), ...versions.map((one, i) => {
    const button = made("button"), image = made("img");
    button.type = "button";
    button.setAttribute("aria-pressed", String(i === shown));
    image.src = png(one.images.counterfactual);
    image.alt = "";
    button.append(image, graded ? one.request : `seed ${one.seed}`, made("br"), one.verdict ? one.verdict.shown : "");
    button.addEventListener("click", async () => { await show(edit, i); $("film").querySelectorAll("button")[i].focus(); });
    return button;
  }));
  if (graded) curve(versions);
}

const isGraded = (versions) => versions.some((one) => one.request !== versions[0].request);

function factual(one) {
  const cell = made("div"), image = made("img");
  image.src = png(one.images.factual);
  image.alt = "";
  cell.append(image, "factual");
  return cell;
}

const WIDE = 300, HIGH = 110, LEFT = 34, BASE = 84, TOP = 12;

// Mean change, and the judge's probability where it knows the finding, over the severities from none on.
function curve(versions) {
  const change = [0, ...versions.map((one) => one.measured.mean_abs_change)];
  const judged = Object.entries(versions[0].measured).find(([, value]) => typeof value === "object");
  const most = Math.max(...change, 0.001);
  const x = (i) => LEFT + (i * (WIDE - LEFT - 14)) / (change.length - 1);
  const y = (share) => BASE - share * (BASE - TOP);
  const picture = $("plot");
  picture.replaceChildren(svg("line", { class: "axis", x1: LEFT, x2: WIDE - 8, y1: BASE, y2: BASE }), text(2, y(1) + 4, most.toFixed(3)), text(2, BASE, "0"));
  line(picture, change.map((value, i) => [x(i), y(value / most)]), "change", "dot");
  if (judged) {
    const values = [judged[1].before, ...versions.map((one) => one.measured[judged[0]].after)];
    line(picture, values.map((value, i) => [x(i), y(value)]), "judge", "judgedot");
  }
  ["factual", ...versions.map((one) => one.request.split(" ")[0])].forEach((word, i) => picture.append(text(x(i), HIGH - 8, word, "middle")));
  $("curvetext").textContent = `Line: mean change of the grey values, up to ${most.toFixed(3)}.${judged ? ` Dashes: the judge's probability of ${judged[0].toLowerCase()}, 0 to 1.` : ""}`;
}

function line(picture, points, name, dot) {
  picture.append(svg("polyline", { class: name, points: points.map((one) => one.join(",")).join(" ") }));
  for (const [cx, cy] of points) picture.append(svg("circle", { class: dot, cx, cy, r: 3 }));
}
