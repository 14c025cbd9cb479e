// A set, read one image after another. What is chosen is kept when Enter is pressed, not before.
import { made } from "./parts.js";

const at = (id) => document.getElementById(id);
const SIDES = { ArrowLeft: ["right", "← Right"], ArrowUp: ["bilateral", "↑ Both"], ArrowRight: ["left", "Left →"] };
const RESERVED = "r"; // for the remark

let set;
let letters = {};
let place = 0;
let chosen = {};
const spent = {}; // seconds for each image, those before it was last left
let since = null; // when the clock began to run, null while it stands still

function mnemonics(names) {
  // A letter for each finding: one of its own where it is free, else any.
  const taken = new Set(RESERVED);
  const found = {};
  for (const name of names) {
    const own = [...name.toLowerCase(), ..."abcdefghijklmnopqrstuvwxyz"].filter((one) => /[a-z]/.test(one));
    const letter = own.find((one) => !taken.has(one));
    taken.add(letter);
    found[letter] = name;
  }
  return found;
}

function runClock() {
  since ??= document.hidden ? null : performance.now();
}

function stopClock() {
  if (since === null) return;
  const image = set.images[place];
  spent[image] = (spent[image] || 0) + (performance.now() - since) / 1000;
  since = null;
}

function choice(group, value, label, key) {
  const button = made("button");
  button.type = "button";
  button.value = value;
  if (key) button.append(made("kbd", key), " ");
  button.append(label);
  button.addEventListener("click", () => choose(group, value));
  return button;
}

function choose(group, value) {
  if (group === "side" && !set.findings[chosen.finding]?.length) return;
  chosen[group] = chosen[group] === value && group === "side" ? "" : value;
  if (group === "finding" && !set.findings[value].length) chosen.side = "";
  at("error").textContent = "";
  mark();
}

function mark() {
  for (const [group, id] of [["finding", "findings"], ["side", "sides"], ["real", "reals"]]) {
    for (const button of at(id).children) {
      button.setAttribute("aria-pressed", String(button.value === String(chosen[group] ?? "")));
    }
  }
  const sided = chosen.finding !== undefined && set.findings[chosen.finding].length > 0;
  at("side-group").setAttribute("aria-disabled", String(!sided));
  for (const button of at("sides").children) button.disabled = !sided;
}

function show(number) {
  place = number;
  const image = set.images[place];
  const before = set.answers[image];
  chosen = before ? { finding: before.finding, side: before.side ?? "", real: before.real } : { side: "" };
  at("remark").value = before?.remark ?? "";
  at("error").textContent = "";
  at("intro").hidden = at("done").hidden = true;
  at("room").hidden = false;
  mark();
  count();
  document.activeElement?.blur();
  scrollTo(0, 0);
  const picture = at("image");
  picture.style.visibility = "hidden"; // until it is there, no other is to be seen, and no time passes
  picture.onload = () => {
    picture.style.visibility = "";
    runClock();
  };
  picture.alt = `Radiograph ${place + 1}`;
  picture.src = `images/${image}`;
}

function count() {
  const done = Object.keys(set.answers).length;
  at("where").textContent = `Image ${place + 1} of ${set.images.length}`;
  at("answered").textContent = `${done} answered`;
  at("progress").max = set.images.length;
  at("progress").value = done;
  at("live").textContent = `${at("where").textContent}, ${at("answered").textContent}.`;
}

function finish() {
  at("room").hidden = true;
  at("done").hidden = false;
  at("thanks").textContent = `All ${set.images.length} images are answered.`;
  at("done").focus();
}

function missing() {
  if (chosen.finding === undefined) return "Choose a finding, by its letter.";
  if (set.findings[chosen.finding].length && !chosen.side) return "Choose a side, by an arrow.";
  return chosen.real === undefined ? "Say how real it looks, from 1 to 5." : "";
}

function changed(before) {
  const now = [chosen.finding, chosen.side, chosen.real, at("remark").value];
  return !before || now.join("\n") !== [before.finding, before.side ?? "", before.real, before.remark].join("\n");
}

async function keep(image) {
  const answer = { image, ...chosen, remark: at("remark").value, seconds: (spent[image] || 0) };
  const headers = { "Content-Type": "application/json" };
  const kept = await fetch("answer", { method: "POST", headers, body: JSON.stringify(answer) });
  if (!kept.ok) throw new Error((await kept.json()).error);
  set.answers[image] = { ...answer, remark: answer.remark.split(/\s+/).filter(Boolean).join(" ") };
}

let busy = false;
async function next() {
  const lacks = missing();
  at("error").textContent = lacks;
  if (lacks || busy) return;
  busy = true;
  const image = set.images[place];
  stopClock();
  try {
    if (changed(set.answers[image])) await keep(image);
  } catch (error) {
    const away = error instanceof TypeError; // what fetch throws where nobody answers
    at("error").textContent = away ? "Not kept: the reading room has ended; start it again, then press Enter." : error.message;
    runClock();
    return;
  } finally {
    busy = false;
  }
  const left = set.images.findIndex((name) => !set.answers[name]);
  if (place + 1 < set.images.length) show(place + 1);
  else if (left >= 0) show(left);
  else finish();
}

function previous() {
  if (!at("done").hidden) show(set.images.length - 1);
  else if (place > 0 && !busy) {
    stopClock();
    show(place - 1);
  }
}

function begin() {
  const left = set.images.findIndex((name) => !set.answers[name]);
  if (left < 0) finish();
  else show(left);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !set) return;
  const typing = event.target === at("remark");
  if (event.key === "Enter") return enter(event);
  if (typing) {
    if (event.key === "Escape") at("remark").blur();
    return;
  }
  const act = action(event.key);
  if (!act) return;
  event.preventDefault();
  act();
}

function enter(event) {
  // A button that was reached by Tab and is not yet chosen is pressed by Enter as buttons are.
  const button = event.target.closest?.("button");
  if (event.shiftKey || (button && button.getAttribute("aria-pressed") !== "true")) return;
  event.preventDefault();
  if (!at("intro").hidden) begin();
  else if (!at("room").hidden) next();
}

function action(key) {
  if (key === "Backspace" && at("intro").hidden) return previous;
  if (at("room").hidden) return null;
  if (key === "ArrowDown") return () => choose("side", "bilateral");
  if (SIDES[key]) return () => choose("side", SIDES[key][0]);
  if (/^[1-5]$/.test(key)) return () => choose("real", Number(key));
  if (key.toLowerCase() === RESERVED) return () => at("remark").focus();
  const finding = letters[key.toLowerCase()];
  return finding ? () => choose("finding", finding) : null;
}

async function start() {
  set = await (await fetch("set")).json();
  letters = mnemonics(Object.keys(set.findings));
  at("notice").textContent = set.notice;
  at("findings").append(...Object.entries(letters).map(([key, name]) => choice("finding", name, name, key)));
  at("sides").append(...Object.values(SIDES).map(([value, label]) => choice("side", value, label)));
  at("reals").append(...[1, 2, 3, 4, 5].map((value) => choice("real", value, String(value))));
  for (const [image, answer] of Object.entries(set.answers)) spent[image] = answer.seconds ?? 0;
  if (Object.keys(set.answers).length) at("begin").textContent = "Go on";
  at("begin").addEventListener("click", begin);
  at("next").addEventListener("click", next);
  at("previous").addEventListener("click", previous);
  at("back").addEventListener("click", previous);
  document.addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stopClock();
    else if (!at("room").hidden) runClock();
  });
  at("begin").disabled = false;
}

start();
