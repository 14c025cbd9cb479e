// Elements that drawings are made of.
const held = document.createElement("div");
held.innerHTML = "<svg></svg>";
const SPACE = held.firstChild.namespaceURI;

export function svg(name, attributes) {
  const one = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

export function text(x, y, words, anchor = "start") {
  const one = svg("text", { x, y, "text-anchor": anchor });
  one.textContent = words;
  return one;
}
