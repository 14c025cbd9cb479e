// What has been tried, in this tab alone: whose each is, and the way back to it.
import { $ } from "./asking.js";
import { film, onFilm, use } from "./film.js";
import { made } from "./parts.js";
import { changed, lit, sheet } from "./pixels.js";
import { asked, askFor, onRequest } from "./request.js";
import { preview, result, show } from "./result.js";

const tried = [];
const SMALL = 96;

// An edit that came back: of a film, as it was asked for. It is shown, whatever the form says by now.
export async function keep(edit) {
  tried.unshift(edit);
  await show(edit, 0);
  edit.thumbnail = thumbnail(edit);
  list();
  compareWithForm();
}

function thumbnail({ film, changes, made: [first] }) {
  const small = sheet(SMALL, SMALL), by = SMALL / Math.max(film.width, film.height);
  const whole = lit(changed(film, changes[0], first.difference_limit), { window: 100, level: 50, invert: false });
  small.getContext("2d").drawImage(whole, 0, 0, film.width * by, film.height * by);
  return small.toDataURL("image/png");
}

function list() {
  $("past").hidden = !tried.length;
  $("history").replaceChildren(...tried.map((edit) => {
    const item = made("li"), button = made("button"), image = made("img"), words = made("span");
    const more = edit.made.length > 1 ? `, and ${edit.made.length - 1} more` : "";
    image.src = edit.thumbnail;
    image.alt = "";
    words.append(`${edit.file.name}: ${edit.made[0].request}, strength ${edit.made[0].strength}, seed ${edit.made[0].seed}${more}`);
    button.type = "button";
    button.setAttribute("aria-current", String(edit === result.edit));
    button.append(image, words);
    button.addEventListener("click", () => restore(edit));
    item.append(button);
    return item;
  }));
}

// File, request and settings as they were, and what came of them.
async function restore(edit) {
  use(edit.file, edit.film, edit.warned);
  askFor(edit.asked);
  await show(edit, 0);
  list();
  compareWithForm();
}

// What is shown is of the form, or it is said whose it is.
export function compareWithForm() {
  const { edit } = result;
  const differs = edit && (edit.film !== film.grey || Object.entries(asked()).some(([id, value]) => edit.asked[id] !== value));
  $("stale").hidden = !differs;
  $("viewer").classList.toggle("old", Boolean(differs));
  if (differs) $("whystale").textContent = `What is shown is of ${edit.file.name}, asked for “${edit.made[0].request}”; the form asks for something else by now.`;
}

$("restore").addEventListener("click", () => restore(result.edit));
onRequest(compareWithForm);
onFilm(() => {
  preview(film.grey, film.file);
  list();
  compareWithForm();
});
// Nothing of this is stored anywhere, so one is asked before it is lost.
window.addEventListener("beforeunload", (event) => { if (tried.length) event.preventDefault(); });
