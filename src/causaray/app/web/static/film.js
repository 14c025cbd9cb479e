// The radiograph that is to be edited: chosen, dropped anywhere on the page, or one of the examples.
import { $, ask, say } from "./asking.js";
import { made } from "./parts.js";
import { decoded } from "./pixels.js";

// file: what is sent to the server; grey: its pixels as they are shown; warned: what is wrong with it, or null.
export const film = { file: null, grey: null, warned: null };
const told = new Set();
let taking = 0;

// Be told when there is another radiograph.
export const onFilm = (listener) => told.add(listener);

export async function take(file) {
  if (!file) return;
  const mine = ++taking;
  say("");
  set(file, null, null);
  try {
    const grey = await decoded(await (await ask("seen", [["image", file]])).blob());
    if (mine !== taking) return;
    set(file, grey, null);
    const warned = await (await ask("warned", [["image", file]])).json();
    if (mine === taking) set(file, grey, warned);
  } catch (error) {
    if (mine === taking && !film.grey) say(error.message, "filmerror");
  }
}

// A radiograph that has been read before.
export function use(file, grey, warned) {
  taking++;
  const held = new DataTransfer();
  held.items.add(file);
  $("image").files = held.files;
  set(file, grey, warned);
}

function set(file, grey, warned) {
  const other = film.grey !== grey;
  Object.assign(film, { file: grey && file, grey, warned });
  say("", "filmerror");
  $("named").textContent = file.name;
  warn(warned || {});
  if (other) tell();
}

function tell() {
  for (const listener of told) listener();
}

function warn({ unlike, unread }) {
  $("unlike").hidden = !unlike;
  if (unlike) $("distance").textContent = `distance ${unlike.distance}, where 99 % of real ones lie within ${unlike.limit}`;
  $("unread").hidden = !unread;
  $("whyunread").textContent = unread || "";
}

$("image").addEventListener("change", () => take($("image").files[0]));

let inside = 0;
const dragged = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    inside = { dragenter: inside + 1, dragover: inside, dragleave: inside - 1, drop: 0 }[name];
    $("dropping").hidden = inside < 1;
    if (name === "drop") take(event.dataTransfer.files[0]);
  });
}

export function showExamples(examples) {
  $("examples").replaceChildren(...examples.map(({ name, about }) => {
    const button = made("button"), image = made("img");
    button.type = "button";
    image.src = `examples/${name}`;
    image.alt = "";
    button.append(image, about);
    button.addEventListener("click", async () => {
      try { take(new File([await (await ask(`examples/${name}`)).blob()], name, { type: "image/jpeg" })); }
      catch (error) { say(error.message, "filmerror"); }
    });
    return button;
  }));
}
