// What the judge says of an edit, as sentences and tables.
import { $ } from "./asking.js";

export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const change = ({ before, after }) => after - before;
const judged = (one) => Object.entries(one.measured).filter(([, value]) => typeof value === "object");

// A change of less than two standard deviations is none that the judge sees clearly.
const clear = (both, sd) => Math.abs(change(both)) >= 2 * sd && Math.abs(change(both)) >= 0.005;

function told(name, both, sd) {
  const figures = `${both.before.toFixed(2)} to ${both.after.toFixed(2)}`;
  if (!clear(both, sd)) return `${name.toLowerCase()} does not clearly change (${figures})`;
  return `${name.toLowerCase()} ${change(both) > 0 ? "rises" : "falls"} from ${figures}`;
}

export function rows(body, cells) {
  body.replaceChildren(...cells.map(([head, ...values]) => {
    const row = document.createElement("tr"), first = document.createElement("th");
    first.scope = "row";
    first.textContent = head;
    row.append(first);
    for (const value of values) row.insertCell().textContent = value;
    return row;
  }));
}

const cells = (entries, sds) => entries.map(([name, both]) => [
  name, both.before.toFixed(2), both.after.toFixed(2), `${signed(change(both))} ± ${sds[name].toFixed(2)}`,
]);

// How much of the picture changed, and how much of that outside of the chest.
export function sized({ measured, verdict, strength }) {
  const outside = verdict && verdict.outside !== null ? `; ${Math.round(100 * verdict.outside)} % of the change lies outside of lungs and heart` : "";
  $("size").textContent = `At strength ${strength}, ${Math.round(100 * measured.changed_fraction)} % of the pixels changed, by ${measured.mean_abs_change.toFixed(3)} of the grey range on average over the picture${outside}.`;
}

// What was asked for, and apart from it all that was not.
export function findings(one) {
  const asked = judged(one), sds = one.change_sd;
  const others = Object.entries(one.unasked).sort(([, a], [, b]) => Math.abs(change(b)) - Math.abs(change(a)));
  const sees = asked.map(([name, both]) => told(name, both, sds[name])).join("; ");
  $("sees").textContent = sees ? `The judge's probability: ${sees}.` : "The judge does not know what was asked for.";
  rows($("measured"), cells(asked, sds));
  $("measuredtable").hidden = !asked.length;
  $("offtarget").hidden = !others.length;
  if (!others.length) return;
  const moved = others.find(([name, both]) => clear(both, sds[name]));
  $("largest").textContent = moved
    ? `Of the ${others.length} findings not asked for the judge's answer changes most clearly on this: ${told(...moved, sds[moved[0]])}.`
    : `The judge's answer on none of the ${others.length} findings not asked for changes by more than it wavers.`;
  rows($("unasked"), cells(others, sds));
}

// The same request with several seeds: mean and range of the probability after.
export function over(made) {
  const seeds = new Set(made.map((one) => one.seed)), several = seeds.size > 1 && judged(made[0]).length > 0;
  $("seeds").hidden = !several;
  if (!several) return;
  rows($("overseeds"), judged(made[0]).map(([name, { before }]) => {
    const after = made.map((one) => one.measured[name].after), mean = after.reduce((a, b) => a + b) / after.length;
    return [name, before.toFixed(2), mean.toFixed(2), `${Math.min(...after).toFixed(2)} to ${Math.max(...after).toFixed(2)}`];
  }));
}
