// Files in an archive, as they are: nothing is made smaller.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let code = n;
  for (let k = 0; k < 8; k++) code = code & 1 ? 0xedb88320 ^ (code >>> 1) : code >>> 1;
  return code >>> 0;
});

export function crc32(bytes) {
  let code = 0xffffffff;
  for (const byte of bytes) code = TABLE[(code ^ byte) & 255] ^ (code >>> 8);
  return (code ^ 0xffffffff) >>> 0;
}

// Numbers of so many bytes, the lowest first.
function packed(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) for (let k = 0; k < size; k++) bytes[at++] = Math.floor(value / 256 ** k) & 255;
  return bytes;
}

const DAY = 0x21; // 1 January 1980, as the time of day is nobody's

// files: [name, Uint8Array] each.
export function zipped(files) {
  const parts = [], directory = [];
  let at = 0;
  for (const [name, content] of files) {
    const title = new TextEncoder().encode(name);
    const about = [[20, 2], [0x800, 2], [0, 2], [0, 2], [DAY, 2], [crc32(content), 4], [content.length, 4], [content.length, 4], [title.length, 2], [0, 2]];
    const head = packed([0x04034b50, 4], ...about);
    parts.push(head, title, content);
    directory.push(packed([0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), title);
    at += head.length + title.length + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = packed([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [at, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
