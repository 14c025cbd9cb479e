// Elements that tables and bars are made of.

export function made(name, text, className) {
  const one = document.createElement(name);
  if (text !== undefined) one.textContent = text;
  if (className) one.className = className;
  return one;
}

export function row(cells, head) {
  const line = document.createElement("tr");
  cells.forEach((cell, i) => {
    const one = made(i === 0 || head ? "th" : "td");
    if (i === 0 || head) one.scope = head ? "col" : "row";
    one.append(cell);
    line.append(one);
  });
  return line;
}

export function bar(parts, most) {
  // parts: [[value, class]]; each takes its share of `most`
  const track = made("span", "", "bar");
  for (const [value, name] of parts) {
    const piece = made("span", "", name);
    piece.style.width = `${most > 0 ? 100 * Math.min(1, value / most) : 0}%`;
    track.append(piece);
  }
  return track;
}
