/** Numbers as people read them: counts, bytes, lengths of time. Not for machines, and not exact. */

/** `1 entry`, `12,345 entries`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${digits(count)} ${count === 1 ? one : many}`;
}

/** `12,345`, the same on every machine. */
export function digits(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `812 B`, `20.1 KiB`, `1.4 GiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    // What would be rounded up to four digits belongs to the next unit.
    if (value < 999.5) return `${unit === "B" ? digits(value) : rounded(value)} ${unit}`;
    value /= 1024;
  }
  return `${value < 99.95 ? rounded(value) : digits(value)} TiB`;
}

/** `4 ms`, `1.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${rounded(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours === 0) return joined(minutes, "min", seconds % 60, "s");
  if (hours < 48) return joined(hours, "h", minutes % 60, "min");
  return joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** One decimal below 100, none above. */
function rounded(value: number): string {
  return value < 99.95 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}
