// What every page needs to ask the server. What is uploaded and what comes back is kept in this tab alone.

export const $ = (id) => document.getElementById(id);

// One sentence beside the field that it is about; none takes it away.
export function say(text, field = "error") {
  $(field).textContent = text;
  if (text) $(field).scrollIntoView({ block: "nearest" });
}

function form(fields) {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
}

const STRANGE = "The server did not answer as expected.";

// The answer to a form; what is refused is thrown with the server's sentence.
export async function ask(path, fields, signal) {
  const response = await fetch(path, fields && { method: "POST", body: form(fields), signal });
  if (response.ok) return response;
  let why = STRANGE;
  try { why = (await response.json()).error || why; } catch { /* no sentence came along */ }
  throw new Error(why);
}

export const png = (data) => `data:image/png;base64,${data}`;

export const bytes = (data) => Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
export const blob = (data) => new Blob([bytes(data)], { type: "image/png" });

// The same for an answer in lines of JSON: tells each {before, left} and {done, total, left}, and gives the last line.
export async function follow(path, fields, signal, tell) {
  const reader = (await ask(path, fields, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(STRANGE);
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines.filter(Boolean).map((text) => JSON.parse(text))) {
      if (line.error) throw new Error(line.error);
      if (!("done" in line || "before" in line)) return line;
      tell(line);
    }
  }
}

// A file for the visitor to keep.
export function hand(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
