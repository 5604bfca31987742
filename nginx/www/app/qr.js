// QR codes (ISO/IEC 18004), byte mode, error correction M: qrMatrix(text) → rows of booleans, and QrCode to draw them.
import { html } from './dom.js';

// Per version from 1: codewords in all, error correction codewords of a block, blocks.
const kVersions = [
  [26, 10, 1], [44, 16, 1], [70, 26, 1], [100, 18, 2], [134, 24, 2], [172, 16, 4], [196, 18, 4], [242, 22, 4],
  [292, 22, 5], [346, 26, 5], [404, 30, 5], [466, 22, 8], [532, 22, 9], [581, 24, 9], [655, 24, 10], [733, 28, 10],
  [815, 28, 11], [901, 26, 13], [991, 26, 14], [1085, 26, 16],
];

const kExp = new Uint8Array(512);
const kLog = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; ++power) {
  kExp[power] = kExp[power + 255] = value;
  kLog[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? kExp[kLog[a] + kLog[b]] : 0);

// The remainder of data × x^count by the generator polynomial of `count` roots.
function correction(data, count) {
  let generator = [1];
  for (let root = 0; root < count; ++root) {
    const next = [...generator, 0];
    generator.forEach((factor, at) => { next[at + 1] ^= times(factor, kExp[root]); });
    generator = next;
  }
  const rest = new Uint8Array(data.length + count);
  rest.set(data);
  for (let at = 0; at < data.length; ++at) {
    const lead = rest[at];
    if (lead) generator.forEach((factor, more) => { rest[at + more] ^= times(factor, lead); });
  }
  return rest.slice(data.length);
}

function codewords(text) {
  const bytes = new TextEncoder().encode(text);
  const version = 1 + kVersions.findIndex(([all, each, blocks], at) =>
    bytes.length + (at < 9 ? 2 : 3) <= all - each * blocks);
  if (version === 0) throw new RangeError('too long for a QR code');
  const [all, each, blocks] = kVersions[version - 1];
  const room = all - each * blocks;
  const bits = [];
  const put = (value, count) => { while (count--) bits.push((value >> count) & 1); };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => put(byte, 8));
  put(0, Math.min(4, room * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  for (let pad = 0; bits.length < room * 8; ++pad) put(pad % 2 ? 0x11 : 0xec, 8);
  const data = Uint8Array.from({ length: room }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8).join(''), 2));

  const short = Math.floor(room / blocks);
  const long = room % blocks;  // so many blocks at the end have one more
  const parts = [];
  for (let block = 0, from = 0; block < blocks; ++block) {
    const size = short + (block >= blocks - long ? 1 : 0);
    parts.push(data.slice(from, from + size));
    from += size;
  }
  const fixes = parts.map((part) => correction(part, each));
  const out = [];
  for (let at = 0; at <= short; ++at) for (const part of parts) if (at < part.length) out.push(part[at]);
  for (let at = 0; at < each; ++at) for (const fix of fixes) out.push(fix[at]);
  return { version, out };
}

const kMasks = [
  (r, c) => (r + c) % 2, (r) => r % 2, (r, c) => c % 3, (r, c) => (r + c) % 3,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2, (r, c) => ((r * c) % 2) + ((r * c) % 3),
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2, (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2,
];

// `value` and its remainder by `divisor`, as format and version information are written.
function checked(value, divisor, count) {
  let rest = value << count;
  const top = 31 - Math.clz32(divisor);
  for (let bit = 31 - Math.clz32(rest || 1); rest && bit >= top; bit = 31 - Math.clz32(rest || 1)) rest ^= divisor << (bit - top);
  return (value << count) | rest;
}

function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = version * 4 + 10;
  const step = Math.ceil((last - 6) / (count - 1) / 2) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => last - step * (count - 2 - at))];
}

function patterns(version) {
  const size = version * 4 + 17;
  const grid = Array.from({ length: size }, () => new Array(size).fill(null));
  const square = (row, column, reach, dark) => {
    for (let r = -reach; r <= reach; ++r) {
      for (let c = -reach; c <= reach; ++c) {
        if (grid[row + r] && grid[row + r][column + c] !== undefined) grid[row + r][column + c] = dark(Math.max(Math.abs(r), Math.abs(c)));
      }
    }
  };
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(row, column, 4, (far) => far !== 2 && far !== 4);
  const places = alignments(version);
  for (const row of places) {
    for (const column of places) if (grid[row][column] === null) square(row, column, 2, (far) => far !== 1);
  }
  for (let at = 8; at < size - 8; ++at) grid[6][at] = grid[at][6] = at % 2 === 0;
  grid[size - 8][8] = true;
  return grid;
}

// Format (mask) and version information; level M is 00.
function inform(grid, version, mask) {
  const size = grid.length;
  const format = checked(mask, 0x537, 10) ^ 0x5412;
  for (let bit = 0; bit < 15; ++bit) {
    const dark = Boolean((format >> bit) & 1);
    if (bit < 6) grid[bit][8] = dark;
    else if (bit < 8) grid[bit + 1][8] = dark;
    else grid[8][bit === 8 ? 7 : 14 - bit] = dark;
    if (bit < 8) grid[8][size - 1 - bit] = dark;
    else grid[size - 15 + bit][8] = dark;
  }
  if (version < 7) return;
  const words = checked(version, 0x1f25, 12);
  for (let bit = 0; bit < 18; ++bit) {
    const [near, far] = [Math.floor(bit / 3), size - 11 + (bit % 3)];
    grid[near][far] = grid[far][near] = Boolean((words >> bit) & 1);
  }
}

function penalty(grid) {
  const size = grid.length;
  let sum = 0;
  let dark = 0;
  for (const turned of [false, true]) {
    for (let row = 0; row < size; ++row) {
      const line = grid.map((_, at) => (turned ? grid[at][row] : grid[row][at]) ? '1' : '0').join('');
      for (const run of line.match(/0{5,}|1{5,}/g) || []) sum += run.length - 2;
      for (let at = 0; at + 11 <= size; ++at) if (['10111010000', '00001011101'].includes(line.slice(at, at + 11))) sum += 40;
      if (!turned) dark += line.split('1').length - 1;
    }
  }
  for (let r = 0; r + 1 < size; ++r) {
    for (let c = 0; c + 1 < size; ++c) if (grid[r][c] === grid[r][c + 1] && grid[r][c] === grid[r + 1][c] && grid[r][c] === grid[r + 1][c + 1]) sum += 3;
  }
  return sum + 10 * Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size));
}

export function qrMatrix(text) {
  const { version, out } = codewords(text);
  const fixed = patterns(version);
  inform(fixed, version, 0);
  const size = fixed.length;
  const places = [];
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; ++step) {
      const row = up ? size - 1 - step : step;
      for (const column of [right, right - 1]) if (fixed[row][column] === null) places.push([row, column]);
    }
  }
  const drawn = kMasks.map((masks, mask) => {
    const grid = fixed.map((row) => [...row]);
    places.forEach(([row, column], at) => {
      const bit = ((out[at >> 3] || 0) >> (7 - (at & 7))) & 1;
      grid[row][column] = Boolean(bit) !== (masks(row, column) === 0);
    });
    inform(grid, version, mask);
    return grid;
  });
  return drawn.map((grid) => [penalty(grid), grid]).reduce((best, next) => (next[0] < best[0] ? next : best))[1];
}

export function QrCode({ text, label }) {
  const grid = qrMatrix(text);
  const path = grid.flatMap((row, r) => row.map((dark, c) => (dark ? `M${c + 4} ${r + 4}h1v1h-1z` : ''))).join('');
  const side = grid.length + 8;
  return html`<svg class="qr" viewBox=${`0 0 ${side} ${side}`} role="img" aria-label=${label} shape-rendering="crispEdges">
    <rect width=${side} height=${side} fill="#fff" /><path d=${path} fill="#000" /></svg>`;
}
