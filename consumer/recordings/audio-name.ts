const HASH_DIGITS = 12;

/** The file name of a recording's audio: of the first one, or, with `sha256`, of one whose name is taken. */
export function audioNameOf(name: string, sha256?: string): string {
  return sha256 === undefined ? `${name}.wav` : `${name}_${sha256.slice(0, HASH_DIGITS)}.wav`;
}

/**
 * The file name in a sidecar's location, if it is one that {@link audioNameOf} gives. Where the file is, the store knows:
 * recordings may have been moved, and a sidecar is not to be believed when something is removed.
 */
export function audioNameIn(location: string, name: string): string | undefined {
  const file = location.slice(location.lastIndexOf("/") + 1);
  if (file === `${name}.wav`) return file;
  const isByContent = file.startsWith(`${name}_`) && /^[0-9a-f]{12}\.wav$/.test(file.slice(name.length + 1));
  return isByContent ? file : undefined;
}
