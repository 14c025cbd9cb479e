// What the pages share. What is uploaded and what comes back is kept in this tab alone, and forgotten with it.
export const $ = (id) => document.getElementById(id);

export function say(text) { $("error").textContent = text; }

export async function answer(response) {
  if (response.ok) return response;
  let why = "The server did not answer as expected.";
  try { why = (await response.json()).error || why; } catch { /* no sentence came along */ }
  throw new Error(why);
}

export function form(fields) {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
}

export const png = (data) => `data:image/png;base64,${data}`;

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
