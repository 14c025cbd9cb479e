// The films that are compared, on one canvas: a divider of the view, both side by side, or one in turn with the other.
import { $ } from "./asking.js";
import { changed, lit, outlined, tinted } from "./pixels.js";

const PLAIN = { window: 100, level: 50, invert: false, zoom: 1, x: 0.5, y: 0.5 };
export const STRIP = 22; // pixels below the films, where SYNTHETIC is written and nothing is covered by it
export const MOST = 8; // times that the film is enlarged

// x and y are the place of the film that lies in the middle, split the place of the divider: shares from 0 to 1.
export const view = { ...PLAIN, split: 0.5, layout: "divider", synthetic: true, film: null, made: null, change: null, lesions: null, limit: 1 };
let sheets = {}, waiting = false;

export function reset() {
  Object.assign(view, PLAIN);
  relight();
}

// A film alone, before it is edited.
export function look(film) {
  Object.assign(view, { film, made: null, change: null, lesions: null });
  relight();
}

// A film and its edit: change as it comes from the server, lesions an image of lines or null.
export function compare(film, change, limit, lesions) {
  Object.assign(view, { film, change, limit, lesions, made: changed(film, change, limit) });
  relight();
}

// Window, level or film are others.
export function relight() {
  sheets = {};
  redraw();
}

// The lines about what changed, or the colours, are others.
export function restrike() {
  delete sheets.lines;
  delete sheets.tint;
  redraw();
}

function once(name, make) {
  return (sheets[name] ??= make());
}

export function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}

// What is shown where: pieces of the view in CSS pixels, each of a pane of the same size as the others.
export function pieces() {
  const width = $("stage").clientWidth, whole = { left: 0, right: width, from: 0, width };
  if (!view.made) return [{ ...whole, name: "factual" }];
  if (view.layout === "blink") return [{ ...whole, name: view.synthetic ? "synthetic" : "factual" }];
  const at = width * (view.layout === "beside" ? 0.5 : view.split), half = { width: width / 2 };
  const beside = view.layout === "beside";
  return [
    { ...whole, right: at, name: "factual", ...(beside && half) },
    { ...whole, left: at, name: "synthetic", ...(beside && { ...half, from: at }) },
  ].filter((piece) => piece.right > piece.left);
}

// CSS pixels a pixel of the film, in a pane so wide.
export function scale(width) {
  return view.zoom * Math.min(width / view.film.width, ($("stage").clientHeight - STRIP) / view.film.height);
}

function draw() {
  const stage = $("stage"), canvas = $("picture"), ratio = devicePixelRatio || 1;
  if (!view.film || !stage.clientWidth) return;
  const width = stage.clientWidth, height = stage.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  for (const piece of pieces()) film(context, piece, height - STRIP);
  named(pieces());
}

function film(context, piece, height) {
  const { width, height: rows } = view.film, by = scale(piece.width);
  const left = piece.from + piece.width / 2 - view.x * width * by, top = height / 2 - view.y * rows * by;
  const lay = (one) => one && context.drawImage(one, left, top, width * by, rows * by);
  context.save();
  context.beginPath();
  context.rect(piece.left, 0, piece.right - piece.left, height);
  context.clip();
  lay(once(piece.name, () => lit(piece.name === "synthetic" ? view.made : view.film, view)));
  if (view.change) {
    if ($("showdifference").checked) lay(once("tint", () => tinted(view.change, Number($("opacity").value) / 100)));
    if ($("showcontours").checked) lay(once("lines", () => outlined(view.change, view.limit, Number($("threshold").value) / 100)));
    if (view.lesions && $("showlesions").checked) lay(view.lesions);
  }
  sides(context, Math.max(left, piece.from), Math.min(left + width * by, piece.from + piece.width), Math.max(top, 0));
  context.restore();
  if (piece.name === "synthetic") mark(context, piece, height);
}

// R and L, at the upper corners of what is seen of the film: the patient's right is left in the picture.
function sides(context, left, right, top) {
  context.font = "600 14px system-ui, sans-serif";
  context.fillStyle = "#fff";
  context.strokeStyle = "#000";
  context.lineWidth = 3;
  for (const [text, x, align] of [["R", left + 8, "left"], ["L", right - 8, "right"]]) {
    context.textAlign = align;
    context.strokeText(text, x, top + 20);
    context.fillText(text, x, top + 20);
  }
}

function mark(context, piece, height) {
  context.save();
  context.beginPath();
  context.rect(piece.left, height, piece.right - piece.left, STRIP);
  context.clip();
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "right";
  context.fillStyle = "#ffb18a";
  context.fillText("SYNTHETIC", piece.right - 8, height + 16);
  context.restore();
}

// The names above the films are as wide as what they name, and the divider lies where it is.
function named(shown) {
  const width = $("stage").clientWidth;
  for (const name of ["factual", "synthetic"]) {
    const piece = shown.find((one) => one.name === name), label = $(`is${name}`);
    label.hidden = !piece;
    if (piece) label.style.width = `${(100 * (piece.right - piece.left)) / width}%`;
  }
  const divided = Boolean(view.made) && view.layout === "divider";
  $("edge").hidden = $("wipe").hidden = !divided;
  $("edge").style.left = `${100 * view.split}%`;
  $("slider").value = Math.round(100 * view.split);
  $("swap").hidden = !view.made || view.layout !== "blink";
  for (const name of ["window", "level"]) if (document.activeElement !== $(name)) $(name).value = Math.round(view[name]);
  $("zoom").value = view.zoom;
  $("invert").checked = view.invert;
  $("stage").style.touchAction = view.zoom > 1 ? "none" : "pan-y";
}

new ResizeObserver(redraw).observe($("stage"));
