// What stands beside the films as text: what is seen before, and after, by the maps and the measures of the record.
import { $ } from "./asking.js";

const LEAST = 0.02; // share of a lung below which nothing is said of a map, as in the record of a film
const SEEN = 0.2; // the judge's probability from which it sees what a map sees: maps give healthy lungs a little, too

export function intext(one) {
  $("before").textContent = film(one, "before", "factual");
  $("after").textContent = film(one, "after", "counterfactual");
  $("interpretation").textContent = one.interpretation;
  $("where").textContent = one.where;
  $("written").hidden = !one.written;
  $("written").textContent = one.written ? `The editor itself writes: “${one.written}”` : "";
}

function film(one, time, signs) {
  return [filled(one, time), heart(one.signs && one.signs[signs])].filter(Boolean).join(" ") || "Nothing is measured of this film.";
}

// Which findings the editor's maps see and the judge too, or the edit changes, and how much of either lung each fills.
function filled(one, time) {
  if (!one.lesions) return "";
  const parts = Object.entries(one.lesions).flatMap(([name, sides]) => {
    const judged = one.measured[name] ?? one.unasked[name];
    return Object.entries(sides)
      .filter(([, areas]) => areas[time] >= LEAST)
      .filter(([, { before, after }]) => Math.abs(after - before) >= LEAST || (judged && judged[time] >= SEEN))
      .map(([side, areas]) => `${name.toLowerCase()} in ${Math.round(100 * areas[time])} % of the ${side} lung`);
  });
  return parts.length ? `The editor's maps see ${parts.join(", ")}.` : "No finding is seen that fills 2 % of a lung.";
}

function heart(signs) {
  const ratio = signs && signs.cardiothoracic_ratio;
  return ratio === null || ratio === undefined ? "" : `The heart is ${Math.round(100 * ratio)} % as wide as the chest inside.`;
}
