// How the films are moved, lit and divided: by the mouse, by fingers, by keys, and by the fields below them.
import { $ } from "./asking.js";
import { MOST, STRIP, pieces, redraw, relight, reset, restrike, scale, view } from "./viewer.js";

const NEAR = { mouse: 10, touch: 22, pen: 16 }; // pixels from the divider that still take hold of it
const stage = $("stage"), fingers = new Map();
let hold = null; // what the pointer that is down does: "divider", "move" or "light"

const within = (value, low, high) => Math.min(high, Math.max(low, value));
const place = (event) => {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

export function layout(name) {
  view.layout = name;
  $(`layout${name}`).checked = true;
  redraw();
}

function divide(share) {
  view.split = within(share, 0, 1);
  redraw();
}

// A change of the light as large as the way of the pointer: across for the window, up for the level.
function light(dx, dy) {
  view.window = within(view.window + dx / 3, 5, 300);
  view.level = within(view.level + dy / 4, -50, 150);
  relight();
}

function move(dx, dy) {
  const by = scale(pieces()[0].width);
  view.x = within(view.x - dx / by / view.film.width, 0, 1);
  view.y = within(view.y - dy / by / view.film.height, 0, 1);
  redraw();
}

// Enlarges by a factor; what lies below a place of the view stays there.
function enlarge(factor, at) {
  const piece = pieces().find((one) => at.x >= one.from && at.x <= one.from + one.width) || pieces()[0];
  const before = scale(piece.width), zoom = within(view.zoom * factor, 1, MOST);
  const grown = zoom / view.zoom, dx = at.x - piece.from - piece.width / 2, dy = at.y - (stage.clientHeight - STRIP) / 2;
  view.zoom = zoom;
  if (zoom === 1) Object.assign(view, { x: 0.5, y: 0.5 });
  else {
    view.x = within(view.x + (dx / before / view.film.width) * (1 - 1 / grown), 0, 1);
    view.y = within(view.y + (dy / before / view.film.height) * (1 - 1 / grown), 0, 1);
  }
  redraw();
}

const middle = () => ({ x: stage.clientWidth / 2, y: (stage.clientHeight - STRIP) / 2 });

stage.addEventListener("pointerdown", (event) => {
  if (!view.film || event.button > 1) return;
  fingers.set(event.pointerId, place(event));
  const { x } = place(event), near = Math.abs(x - view.split * stage.clientWidth) <= NEAR[event.pointerType || "mouse"];
  const divided = view.made && view.layout === "divider";
  hold = divided && near ? "divider" : event.pointerType === "touch" || event.button === 1 || event.shiftKey ? "move" : "light";
  stage.setPointerCapture(event.pointerId);
  if (event.button === 1) event.preventDefault();
});

stage.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId), now = place(event);
  if (!before) return;
  if (fingers.size === 2) pinch(event.pointerId, before, now);
  else if (hold === "divider") divide(now.x / stage.clientWidth);
  else if (hold === "move" && view.zoom > 1) move(now.x - before.x, now.y - before.y);
  else if (hold === "light") light(now.x - before.x, now.y - before.y);
  fingers.set(event.pointerId, now);
});

function pinch(id, before, now) {
  const [[, other]] = [...fingers].filter(([one]) => one !== id);
  const far = (one) => Math.hypot(one.x - other.x, one.y - other.y);
  enlarge(far(now) / Math.max(far(before), 1), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
}

for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) hold = null;
  });
}

stage.addEventListener("wheel", (event) => {
  if (!view.film) return;
  event.preventDefault();
  enlarge(Math.exp(-event.deltaY / 400), place(event));
}, { passive: false });
stage.addEventListener("dblclick", reset);

const STEP = 40; // pixels that an arrow moves the film by
const KEYS = {
  ArrowLeft: () => (view.zoom > 1 ? move(STEP, 0) : divide(view.split - 0.02)),
  ArrowRight: () => (view.zoom > 1 ? move(-STEP, 0) : divide(view.split + 0.02)),
  ArrowUp: () => move(0, view.zoom > 1 ? STEP : 0),
  ArrowDown: () => move(0, view.zoom > 1 ? -STEP : 0),
  "+": () => enlarge(1.25, middle()),
  "-": () => enlarge(0.8, middle()),
  b: blink,
  d: () => layout("divider"),
  s: () => layout("beside"),
  i: () => { view.invert = !view.invert; relight(); },
  r: reset,
};

// The other of the two films, in the same place.
function blink() {
  if (view.layout === "blink") view.synthetic = !view.synthetic;
  layout("blink");
}

stage.addEventListener("keydown", (event) => {
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || !view.film || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});

for (const name of ["divider", "beside", "blink"]) $(`layout${name}`).addEventListener("change", () => layout(name));
$("swap").addEventListener("click", blink);
$("slider").addEventListener("input", () => divide(Number($("slider").value) / 100));
$("zoom").addEventListener("input", () => enlarge(Number($("zoom").value) / view.zoom, middle()));
$("window").addEventListener("input", () => { view.window = within(Number($("window").value) || 100, 5, 300); relight(); });
$("level").addEventListener("input", () => { view.level = within(Number($("level").value), -50, 150); relight(); });
$("invert").addEventListener("input", () => { view.invert = $("invert").checked; relight(); });
$("reset").addEventListener("click", reset);
for (const id of ["showdifference", "showcontours", "showlesions", "opacity", "threshold"]) {
  $(id).addEventListener("input", () => {
    $("tint").hidden = !$("showdifference").checked;
    $("lines").hidden = !$("showcontours").checked;
    $("asklines").hidden = !$("showlesions").checked;
    $("least").textContent = `${$("threshold").value} %`;
    restrike();
  });
}
