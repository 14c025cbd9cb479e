// The page of edits. What is uploaded and what comes back is kept in this tab alone, and forgotten with it.
import { $, ask, blob, follow, say } from "./asking.js";
import { film, showExamples, take } from "./film.js";
import "./gestures.js";
import { keep } from "./history.js";
import { tell, working } from "./progress.js";
import { lacks } from "./ready.js";
import { asked, offer, recall } from "./request.js";
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

const editing = (done, total) => (total > 1 ? `Editing ${done + 1} of ${total} (${Math.round((100 * done) / total)} %)` : "Editing");

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if ($("run").disabled || (await lacks())) return;
  abort = new AbortController();
  const now = asked(), edit = { file: film.file, film: film.grey, warned: film.warned, asked: now };
  working(true);
  try {
    const { further, ...first } = await follow("edited", ordered(now), abort.signal, (line) => tell(line, editing));
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
