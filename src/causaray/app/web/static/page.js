// The page of edits. What is uploaded and what comes back is kept in this tab alone, and forgotten with it.
import { $, ask, blob, follow, say } from "./asking.js";
import { film, showExamples, take } from "./film.js";
import "./gestures.js";
import { keep } from "./history.js";
import { asked, offer, recall, request, understand } from "./request.js";
import "./save.js";

let abort = null;

function ordered({ prompt, strength, seed, versions }) {
  const first = Number(seed);
  const seeds = versions === "seeds" ? [0, 1, 2, 3].map((i) => first + i) : [first];
  const severities = versions === "film" ? ["mild", "moderate", "severe"] : [];
  return [
    ["image", film.file], ["prompt", prompt], ["strength", strength],
    ...seeds.map((one) => ["seed", String(one)]), ...severities.map((one) => ["severity", one]),
  ];
}

function working(on) {
  $("run").disabled = on;
  $("cancel").hidden = $("progress").hidden = !on;
  $("progress").removeAttribute("value");
  $("busy").textContent = on ? "Waiting for its turn …" : "";
}

const seconds = (left) => (left === undefined ? "" : `, about ${Math.max(1, Math.round(left))} s`);

function tell({ done, total, before, left }) {
  if (before !== undefined) {
    $("busy").textContent = before ? `Waiting: ${before} before it${seconds(left)} …` : "Waiting for its turn …";
    return;
  }
  $("busy").textContent = total > 1 ? `Editing ${done + 1} of ${total} (${Math.round((100 * done) / total)} %)${seconds(left)} …` : `Editing${seconds(left)} …`;
  if (total > 1) { $("progress").max = total; $("progress").value = done; }
}

// What is missing or wrong is said beside its field, once, and gone to.
async function lacks() {
  if (!film.file) {
    if (!$("filmerror").textContent) say("Choose a radiograph first.", "filmerror");
    $("image").focus();
    return true;
  }
  if (!$("prompt").value.trim()) {
    $("understood").textContent = "Say what to show.";
    $("understood").classList.add("bad");
    $("prompt").focus();
    return true;
  }
  while (!(await understand()));
  if (request.wrong) $("prompt").focus();
  else if ($("seederror").textContent) $("seed").focus();
  return Boolean(request.wrong || $("seederror").textContent);
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if ($("run").disabled || (await lacks())) return;
  abort = new AbortController();
  const now = asked(), edit = { file: film.file, film: film.grey, warned: film.warned, asked: now };
  working(true);
  try {
    const { further, ...first } = await follow("edited", ordered(now), abort.signal, tell);
    abort.signal.throwIfAborted(); // what came in the same moment is not shown either
    await keep({ ...edit, made: [first, ...further] });
    if (matchMedia("(max-width: 52rem)").matches) $("verdict").scrollIntoView({ behavior: "smooth" });
  } catch (error) {
    say(error.name === "AbortError" ? "Cancelled." : error.message);
  } finally { working(false); }
});
$("cancel").addEventListener("click", () => abort.abort());

async function begin() {
  recall();
  const handed = sessionStorage.getItem("causaray-film");
  sessionStorage.removeItem("causaray-film");
  if (handed) take(new File([blob(handed)], "from-the-cohort.png", { type: "image/png" }));
  else take($("image").files[0]); // after Back the browser still has it
  const known = await (await ask("v1/findings")).json();
  offer(known);
  showExamples(await (await ask("examples")).json());
}

begin().catch((error) => say(error.message));
