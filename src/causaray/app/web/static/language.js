// The page in the visitor's language. What stands on it, or comes onto it, is English: where the catalogue of the
// language has it, it is shown in the visitor's words. No other script knows of this.
const NAMES = { en: "English", de: "Deutsch", fr: "Français", es: "Español" };
const KEY = "causaray-language", SPOKEN = ["aria-label", "placeholder", "title"], SILENT = "script, style, textarea, [translate=no]";
const PLACE = /^(.*?)((?:upper|middle|lower) (?:lobe|zone)|basal|apical|perihilar|retrocardiac|diffuse) (.+)$/;
const FREE = /^(n\d|file|amount)$/; // what a pattern may hold without its being known
const shown = new WeakMap(); // text or element -> { "text" or an attribute: [English, what is shown in its place] }
let words = { texts: {}, places: {} }, patterns = [], known = new Map(), watching = false;

function kept() {
  try { return sessionStorage.getItem(KEY); } catch { return null; }
}

const own = () => navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in NAMES) || "en";

// "{file}: {request}, seed {n1}" as a pattern: n and a digit is a figure, the rest anything.
function pattern(text) {
  const escaped = text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>${/^n\d$/.test(name) ? "[−+-]?[\\d.,]+(?: %)?" : ".+?"})`)}$`);
}

// A request with a place: "mild left basal atelectasis" is that without the place, and what the place adds.
function placed(plain) {
  const [, before, place, name] = plain.match(PLACE) || [], ending = words.places[name]?.[place], told = words.texts[before + name];
  return ending === undefined || told === undefined ? undefined : told + ending;
}

function among(plain) {
  if (Object.hasOwn(words.texts, plain)) return words.texts[plain];
  if (!known.has(plain)) known.set(plain, composed(plain));
  return known.get(plain);
}

function composed(plain) {
  return several(plain, /(?<=\.) (?=[A-Z\d])/, " ") ?? several(plain, "; ", "; ") ?? filled(plain) ?? placed(plain)
    ?? several(plain, ", ", ", ") ?? several(plain, " and ", ` ${words.texts.and} `) ?? several(plain, " or ", ` ${words.texts.or} `)
    ?? stopped(plain);
}

// A text that a pattern fits, and of which all that stands in its places is known.
function filled(plain) {
  for (const [english, template] of patterns) {
    const found = plain.match(english);
    if (!found) continue;
    const told = Object.entries(found.groups).map(([name, said]) => [name, among(said) ?? (FREE.test(name) ? said : undefined)]);
    if (told.every(([, said]) => said !== undefined)) return told.reduce((text, [name, said]) => text.replace(`{${name}}`, () => said), template);
  }
  return undefined;
}

// A text of parts, each of which is known.
function several(plain, by, joint) {
  const parts = plain.split(by);
  if (parts.length < 2) return undefined;
  const told = parts.map(among);
  return told.includes(undefined) ? undefined : told.join(joint);
}

function stopped(plain) {
  const told = plain.endsWith(".") ? among(plain.slice(0, -1)) : undefined;
  return told === undefined ? undefined : `${told}.`;
}

function translated(english) {
  const [, before, plain, after] = english.match(/^(\s*)(.*?)(\s*)$/s);
  const told = plain && among(plain.replace(/\u00ad/g, "").replace(/\s+/g, " "));
  return told === undefined || told === "" ? english : before + told + after;
}

// The English of a place on the page is what a script put there last.
function speak(node, slot, now, put) {
  const slots = shown.get(node) || {}, [english, last] = slots[slot] || [];
  const text = last === now ? english : now, told = translated(text);
  shown.set(node, { ...slots, [slot]: [text, told] });
  if (told !== now) put(told);
}

function element(one) {
  if (one.matches("option:not([value])")) one.value = one.textContent; // which is its text where none is given
  for (const name of SPOKEN) if (one.hasAttribute(name)) speak(one, name, one.getAttribute(name), (told) => one.setAttribute(name, told));
  for (const child of one.childNodes) all(child);
}

function all(node) {
  const around = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  if (!around || around.closest(SILENT)) return;
  if (node.nodeType === Node.TEXT_NODE) speak(node, "text", node.data, (told) => { node.data = told; });
  else if (node.nodeType === Node.ELEMENT_NODE) element(node);
}

const watcher = new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "childList") addedNodes.forEach(all);
    else all(target);
  }
});

async function set(code) {
  const answer = code === "en" ? null : await fetch(`words/${code}`);
  if (answer && !answer.ok) return; // the page stays as it is
  words = answer ? await answer.json() : { texts: {}, places: {} };
  const longest = Object.entries(words.texts).filter(([text]) => text.includes("{")).sort(([one], [other]) => other.length - one.length);
  patterns = longest.map(([text, own]) => [pattern(text), own]);
  known = new Map();
  document.documentElement.lang = code;
  if (code !== "en" || watching) all(document.documentElement);
  if (!watching && code !== "en") {
    watcher.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: SPOKEN });
    watching = true;
  }
}

function offer() {
  const choice = document.createElement("select");
  choice.id = "language";
  choice.setAttribute("aria-label", "Language");
  for (const [code, name] of Object.entries(NAMES)) {
    const option = new Option(name, code);
    option.setAttribute("translate", "no");
    option.lang = code;
    choice.add(option);
  }
  choice.addEventListener("change", () => {
    try { sessionStorage.setItem(KEY, choice.value); } catch { /* it is forgotten with the page */ }
    set(choice.value);
  });
  document.querySelector(".top").append(choice);
  return choice;
}

const choice = offer();
choice.value = [kept(), own()].find((one) => one in NAMES);
await set(choice.value);
