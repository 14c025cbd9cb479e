// Whether there is a film, and something to ask for.
import { $, say } from "./asking.js";
import { film } from "./film.js";
import { request, understand } from "./request.js";

// What is missing or wrong is said beside its field, once, and gone to.
export async function lacks() {
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
