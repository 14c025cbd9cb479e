// What stands beside the films as text: what is seen before, and after, by the maps and the measures of the record.
import { $ } from "./asking.js";

const LEAST = 0.02; // share of a lung below which nothing is said of a map, as in the record of a film

export function intext(one) {
  $("before").textContent = film(one, "before", "factual");
  $("after").textContent = film(one, "after", "counterfactual");
  $("interpretation").textContent = one.interpretation;
  $("where").textContent = one.where;
  $("written").hidden = !one.written;
  $("written").textContent = one.written ? `The editor itself writes: “${one.written}”` : "";
}

function film(one, time, signs) {
  return [filled(one.lesions, time), heart(one.signs && one.signs[signs])].filter(Boolean).join(" ") || "Nothing is measured of this film.";
}

// Which findings the editor's maps see, and how much of either lung each of them fills.
function filled(lesions, time) {
  if (!lesions) return "";
  const parts = Object.entries(lesions).flatMap(([name, sides]) => Object.entries(sides)
    .filter(([, areas]) => areas[time] >= LEAST)
    .map(([side, areas]) => `${name.toLowerCase()} in ${Math.round(100 * areas[time])} % of the ${side} lung`));
  return parts.length ? `The editor's maps see ${parts.join(", ")}.` : "The editor's maps see no finding that fills 2 % of a lung.";
}

function heart(signs) {
  const ratio = signs && signs.cardiothoracic_ratio;
  return ratio === null || ratio === undefined ? "" : `The heart is ${Math.round(100 * ratio)} % as wide as the chest inside.`;
}
