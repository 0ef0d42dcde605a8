/** A position in a call: `0:42.3`, `1:02:03`. @param digits after the point, cut off, not rounded: a position is not passed before it is */
export function positionText(ms: number, digits = 0): string {
  const unit = 10 ** (3 - digits);
  const cut = Math.floor(Math.max(0, ms) / unit + 1e-6) * unit;
  const seconds = Math.floor(cut / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  const fraction =
    digits > 0
      ? `.${String(Math.round(cut % 1000))
          .padStart(3, "0")
          .slice(0, digits)}`
      : "";
  return `${h > 0 ? `${h}:${two(m)}` : m}:${two(s)}${fraction}`;
}

/** How long something is: `640 ms`, `1.2 s`, `2 min 5 s`, `10 h 3 min`; cut off, not rounded, as positions are. */
export function lengthText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.floor(ms / 100 + 1e-6) / 10} s`;
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h > 0) return `${h} h${m > 0 ? ` ${m} min` : ""}`;
  return `${m} min${s > 0 ? ` ${s} s` : ""}`;
}

/** `23 Nov 2026, 09:25:56 UTC`. */
export function momentText(iso: string): string {
  const [date = "", time = ""] = new Date(iso).toISOString().split("T");
  const [year, month, day] = date.split("-");
  const names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  return `${Number(day)} ${names[Number(month) - 1]} ${year}, ${time.slice(0, 8)} UTC`;
}
