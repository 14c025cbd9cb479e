// How far the server is with what was asked of it: its place in the queue, its steps, and the seconds that are left.
import { $ } from "./asking.js";

const WAITING = "Waiting for its turn …";
const seconds = (left) => (left === undefined ? "" : `, about ${Math.max(1, Math.round(left))} s`);

// Whether something is asked for: it can be cancelled, and not asked for twice.
export function working(on) {
  $("run").disabled = on;
  $("cancel").hidden = $("progress").hidden = !on;
  $("progress").removeAttribute("value");
  $("busy").textContent = on ? WAITING : "";
}

// A line of the answer; words: what is said of so many steps done, such as "Edited 2 of 6 images".
export function tell({ done, total, before, left }, words) {
  if (before !== undefined) {
    $("busy").textContent = before ? `Waiting: ${before} before it${seconds(left)} …` : WAITING;
    return;
  }
  $("busy").textContent = `${words(done, total)}${seconds(left)} …`;
  if (total > 1) { $("progress").max = total; $("progress").value = done; }
}
