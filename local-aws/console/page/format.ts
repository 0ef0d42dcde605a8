/** How things are written here. */
export const format = {
  /** 1,234 */
  count: (value: number): string => value.toLocaleString("en-GB"),
  /** `2 connectors`, `1 connector` */
  counted: (value: number, noun: string): string => `${format.count(value)} ${noun}${value === 1 ? "" : "s"}`,
  /** `0:07`, `12:34:56` */
  duration: (ms: number): string => {
    const seconds = Math.max(0, Math.floor(ms / 1_000));
    const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
    const texts = parts.map((part) => String(part).padStart(2, "0"));
    return parts[0] ? texts.join(":") : `${parts[1]}:${texts[2]}`;
  },
  /** How long ago, in one unit. */
  age: (ms: number): string => {
    const seconds = Math.max(0, Math.round(ms / 1_000));
    if (seconds < 2) return "now";
    if (seconds < 90) return `${seconds} s ago`;
    if (seconds < 5_400) return `${Math.round(seconds / 60)} min ago`;
    return `${Math.round(seconds / 3_600)} h ago`;
  },
  bytes: (value: number): string => {
    if (value < 1_000_000) return `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)} kB`;
    return `${(value / 1_000_000).toFixed(1)} MB`;
  },
  /** Of the local day, to the second. */
  time: (iso: string): string => new Date(iso).toLocaleTimeString("en-GB"),
  retention: (hours: number): string =>
    hours === 0 ? "not kept" : hours % 24 === 0 && hours > 48 ? `${hours / 24} d` : `${hours} h`,
  /** An id's beginning, which is enough to tell one from the others. */
  short: (id: string): string => (id.length > 12 ? `${id.slice(0, 8)}…` : id),
};
